"""Upstreams over TLS, over kept connections and for zones of their own, on the real daemon."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import pytest

from tests.acceptance.test_life import until
from tests.support.asking import ask
from tests.support.certificates import Authority, Issued, authority
from tests.support.daemon import Daemon
from tests.support.ports import free_port
from tests.support.processes import Child
from tests.support.quick_upstream import QuickUpstream, address_of
from tests.support.tools import require

pytestmark = [pytest.mark.daemon, pytest.mark.xdist_group("upstreams")]

NAME = "dns.example"
Start = Callable[..., Daemon]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[Daemon] = []

    def begin(upstreams: list[dict[str, Any]], **settings: Any) -> Daemon:
        daemon = Daemon(tmp_path / "isp", "", [], workers=1, upstreams=upstreams, **settings).start()
        running.append(daemon)
        return daemon

    yield begin
    for daemon in running:
        assert daemon.stop() == 0, daemon.text()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ca"))


def secure(upstream: QuickUpstream, ca: Path, name: str = NAME) -> dict[str, Any]:
    return {"address": upstream.address, "tls": {"name": name, "ca": str(ca)}}


def found(answer: dns.message.Message) -> str:
    return answer.answer[0][0].to_text() if answer.answer else dns.rcode.to_text(answer.rcode())


def ask_many(daemon: Daemon, names: list[str]) -> list[str]:
    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(lambda name: found(ask(daemon.port, "udp", name)), names))


def test_an_upstream_over_tls_gets_padded_queries_on_few_connections(start: Start, ours: Authority) -> None:
    """200 questions, each answered; when the server hangs up, the next ones are asked on a new connection."""
    with QuickUpstream(ours.issue(NAME)) as upstream:
        daemon = start([secure(upstream, ours.pem)])
        names = [f"n{number}.example" for number in range(200)]
        assert ask_many(daemon, names) == [address_of(name) for name in names]
        assert 1 <= upstream.connections < 20, "four, and what takes the place of one that a busy machine kept silent"
        assert {len(query) % 128 for query in upstream.queries} == {0}
        upstream.hang_up()
        names = [f"again{number}.example" for number in range(20)]
        assert ask_many(daemon, names) == [address_of(name) for name in names]


@pytest.mark.peers
def test_unbound_is_asked_over_tls(start: Start, ours: Authority, tmp_path: Path) -> None:
    """A real server's TLS: many questions at once, and an answer of 20 kB."""
    port, child = unbound_over_tls(tmp_path, ours.issue("unbound.example"))
    try:
        daemon = start([{"address": f"127.0.0.1:{port}", "tls": {"name": "unbound.example", "ca": str(ours.pem)}}])
        names = [f"n{number}.example" for number in range(100)]
        assert ask_many(daemon, names) == ["198.51.100.10"] * 100
        assert len(ask(daemon.port, "tcp", "big.example", "TXT").answer[0]) == 100
        assert daemon.status()["upstreams"][0]["up"]
    finally:
        child.stop()


def unbound_over_tls(folder: Path, shown: Issued) -> tuple[int, Child]:
    port, config = free_port(), folder / "unbound.conf"
    texts = "".join(f"  local-data: 'big.example. TXT \"{number:0200}\"'\n" for number in range(100))
    config.write_text(
        f'server:\n  interface: 127.0.0.1@{port}\n  tls-port: {port}\n  username: ""\n  chroot: ""\n  pidfile: ""\n'
        f'  directory: "{folder}"\n  use-syslog: no\n  tls-service-pem: "{shown.certificate}"\n'
        f'  tls-service-key: "{shown.key}"\n  local-zone: "example." redirect\n'
        '  local-data: "example. A 198.51.100.10"\n  local-zone: "big.example." static\n'
        f"{texts}remote-control:\n  control-enable: no\n"
    )
    child = Child([require("unbound")["unbound"], "-d", "-p", "-c", str(config)], folder / "unbound.out")
    child.wait_for(lambda: listens(port), "unbound")
    return port, child


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_an_upstream_without_the_right_certificate_gets_no_question(
    start: Start, ours: Authority, tmp_path: Path
) -> None:
    """Another name, another authority: down at once, with the reason, and every question goes to the sound one."""
    stranger = authority(tmp_path / "stranger", "stranger.test")
    with (
        QuickUpstream(ours.issue("other.example")) as misnamed,
        QuickUpstream(stranger.issue(NAME)) as untrusted,
        QuickUpstream(ours.issue(NAME, ips=["127.0.0.1"])) as sound,
    ):
        daemon = start(
            [secure(misnamed, ours.pem), secure(untrusted, ours.pem), secure(sound, ours.pem, name="127.0.0.1")]
        )
        names = [f"n{number}.example" for number in range(20)]
        assert ask_many(daemon, names) == [address_of(name) for name in names]
        assert misnamed.queries == untrusted.queries == []
        assert misnamed.connections and untrusted.connections
        told = {each["name"]: (each["up"], each["trouble"]) for each in daemon.status()["upstreams"]}
        assert told == {
            misnamed.address: (False, "wrong_name"),
            untrusted.address: (False, "untrusted"),
            sound.address: (True, "none"),
        }
        assert "DOWN: its certificate is for another name" in daemon.command("status").stdout


def test_a_server_that_speaks_no_tls_gets_no_question(start: Start, ours: Authority) -> None:
    """There is no way back to clear text: SERVFAIL, and not one readable byte."""
    with QuickUpstream() as clear:
        daemon = start([secure(clear, ours.pem)])
        assert found(ask(daemon.port, "udp", "secret.example")) == "SERVFAIL"
        assert not any(b"secret" in query.lower() for query in clear.queries)


def test_an_upstream_over_tls_is_back_at_once(start: Start, ours: Authority) -> None:
    """Silent for a while, then answering: its own probes over TLS find out within two seconds."""
    with QuickUpstream(ours.issue(NAME)) as upstream:
        daemon = start([secure(upstream, ours.pem)])
        upstream.is_silent = True
        assert set(ask_many(daemon, [f"out{number}.example" for number in range(20)])) == {"SERVFAIL"}
        up = f'mamori_upstream_up{{upstream="{upstream.address}"}}'
        until(lambda: not daemon.metric(up), "a silent upstream to be down")
        assert daemon.status()["upstreams"][0]["trouble"] == "silent"
        upstream.is_silent = False
        returned = time.monotonic()
        until(lambda: bool(daemon.metric(up)), "a probe that is answered")
        assert time.monotonic() < returned + 3, "a second to the next probe, and what a busy machine takes"
        assert found(ask(daemon.port, "udp", "back.example")) == address_of("back.example")
        assert "." in upstream.names()


def test_zones_have_upstreams_of_their_own(start: Start) -> None:
    """The longest match; a private reverse zone in place of the built-in one; a DS at the apex goes to the parent's."""
    with QuickUpstream() as everyone, QuickUpstream() as corp, QuickUpstream() as lab:
        forward = [
            {"zones": ["corp.example", "10.in-addr.arpa"], "upstreams": [{"address": corp.address}]},
            {"zones": ["lab.corp.example"], "upstreams": [{"address": lab.address}]},
        ]
        daemon = start([{"address": everyone.address}], forward=forward)
        asked = {
            everyone: [("www.example", "A"), ("corp.example", "DS"), ("1.0.168.192.in-addr.arpa", "PTR")],
            corp: [("corp.example", "A"), ("a.b.corp.example", "A"), ("1.2.3.10.in-addr.arpa", "PTR")],
            lab: [("lab.corp.example", "A"), ("x.lab.corp.example", "A")],
        }
        for questions in asked.values():
            for name, rdtype in questions:
                ask(daemon.port, "udp", name, rdtype)
        assert everyone.names() == ["www.example", "corp.example"], "the other reverse zone is answered here"
        assert corp.names() == [name for name, _ in asked[corp]]
        assert lab.names() == [name for name, _ in asked[lab]]
        for each in (everyone, corp, lab):
            assert daemon.metric(f'mamori_upstream_up{{upstream="{each.address}"}}') == 1


def test_a_new_authority_is_taken_up_by_a_reload(start: Start, ours: Authority, tmp_path: Path) -> None:
    """The same file with other contents; one that holds no certificate changes nothing."""
    other, ca = authority(tmp_path / "other", "other.test"), tmp_path / "upstream-ca.pem"
    ca.write_bytes(ours.pem.read_bytes())
    with QuickUpstream(other.issue(NAME)) as upstream:
        daemon = start([secure(upstream, ca)])
        assert found(ask(daemon.port, "udp", "before.example")) == "SERVFAIL"
        ca.write_text("no certificate")
        refused = daemon.command("reload")
        assert refused.returncode == 1
        assert "upstreams[0].tls.ca" in refused.stderr
        ca.write_bytes(other.pem.read_bytes())
        assert daemon.command("reload").returncode == 0
        assert found(ask(daemon.port, "udp", "after.example")) == address_of("after.example")
