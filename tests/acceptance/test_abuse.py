"""Abuse and identity on the real daemon: a flood and its neighbour, cookies over two workers, padding, discovery."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dns.edns
import dns.message
import dns.rcode
import dns.rdtypes.svcbbase as svcb
import pytest

from resolver.core.access import packed_address
from resolver.core.cookies import Cookies
from resolver.core.limits import Limits
from tests.support.asking import exchange, query
from tests.support.daemon import Daemon
from tests.support.ports import free_port
from tests.support.transports import Clients

pytestmark = pytest.mark.daemon

LOCAL = "x.home.arpa"  # answered without an upstream
QUERIES, BURST = 50, 200
FLOOD_SECONDS = 3.0
PACE = 0.0005  # seconds between two queries of the flood: many times the limit, less than a worker reads
COOKIE = b"8 bytes."
NSID = "tokyo-1"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """Two workers without lists; nobody is exempt from the limit, and nothing is asked upstream."""
    daemon = Daemon(
        tmp_path_factory.mktemp("abuse"),
        f"127.0.0.1:{free_port()}",
        [],
        workers=2,
        rate_limit={"queries": QUERIES, "burst": BURST, "exempt": []},
        identity={"nsid": NSID},
    ).encrypt()
    daemon.start()
    yield daemon
    assert daemon.stop() == 0, daemon.text()


@pytest.fixture
def clients(daemon: Daemon) -> Iterator[Clients]:
    with Clients(daemon) as clients:
        yield clients


class Flood(threading.Thread):
    """One client that asks without end; what comes back is counted by kind."""

    def __init__(self, port: int, host: str) -> None:
        super().__init__()
        self.sent = self.cut = self.answered = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.connect(("127.0.0.1", port))
        self._socket.setblocking(False)

    def run(self) -> None:
        wire, end = query(LOCAL).to_wire(), time.monotonic() + FLOOD_SECONDS
        while time.monotonic() < end:
            self._socket.send(wire)
            self.sent += 1
            self._read()
            time.sleep(PACE)
        time.sleep(0.2)
        self._read()
        self._socket.close()

    def _read(self) -> None:
        while True:
            try:
                answer = self._socket.recv(4096)
            except BlockingIOError:
                return
            if answer[2] & 2:
                self.cut += 1
            else:
                self.answered += 1


def from_host(host: str, port: int, wire: bytes) -> bytes | None:
    """Ask over UDP from one of loopback's addresses, three times a second apart as a stub does."""
    for _ in range(3):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.settimeout(1.0)
            line.bind((host, 0))
            line.connect(("127.0.0.1", port))
            line.send(wire)
            try:
                return line.recv(4096)
            except TimeoutError:
                continue
    return None


def test_one_prefix_floods_and_another_gets_all_its_answers(daemon: Daemon) -> None:
    """The flood gets its burst and its rate, then TC or nothing; whoever is behind its address is served over TCP."""
    flood = Flood(daemon.port, "127.0.0.2")
    flood.start()
    neighbour = []
    for _ in range(100):
        neighbour.append(from_host("127.0.0.3", daemon.port, query(LOCAL).to_wire()))
        time.sleep(0.02)
    flood.join()
    assert all(answer is not None and not answer[2] & 2 for answer in neighbour)
    workers, steps = 2, 2 * 100
    assert 0 < flood.answered <= workers * (BURST + QUERIES * (FLOOD_SECONDS + 1)) + steps
    assert flood.cut > 0
    assert flood.answered + flood.cut < flood.sent
    assert daemon.metric("mamori_rate_limited_queries_total") > 0
    assert daemon.metric("mamori_dropped_queries_total") > 0


def test_whoever_shares_the_address_of_a_flood_is_served_over_tcp(daemon: Daemon) -> None:
    """That is where TC sends it."""
    flood = Flood(daemon.port, "127.0.0.1")
    flood.start()
    answers = [exchange(query(LOCAL).to_wire(), daemon.port, "tcp") for _ in range(20)]
    flood.join()
    assert flood.cut > 0
    assert {answer and dns.message.from_wire(answer).rcode() for answer in answers} == {dns.rcode.NXDOMAIN}


def test_all_workers_agree_on_cookies(daemon: Daemon) -> None:
    """A server cookie is confirmed wherever the kernel sends the query (RFC 7873 section 5.4)."""
    first = exchange(without_question(), daemon.port, "udp", "::1")
    assert first is not None
    cookie = server_cookie(first)
    told = [exchange(without_question(cookie), daemon.port, way, "::1") for way in ("udp", "tcp") * 20]
    assert {answer and dns.message.from_wire(answer).rcode() for answer in told} == {dns.rcode.NOERROR}
    wrong = exchange(without_question(bytes(16)), daemon.port, "udp", "::1")
    assert wrong is not None
    assert dns.message.from_wire(wrong).rcode() == dns.rcode.BADCOOKIE


def without_question(server: bytes = b"") -> bytes:
    message = dns.message.Message()
    message.use_edns(0, options=[dns.edns.CookieOption(COOKIE, server)])
    return message.to_wire()


def server_cookie(answer: bytes) -> bytes:
    (option,) = dns.message.from_wire(answer).options
    assert isinstance(option, dns.edns.CookieOption)
    assert option.client == COOKIE
    return option.server


@pytest.mark.parametrize(
    ("transport", "codes"), [("udp", {3}), ("tcp", {3, 11}), ("dot", {3, 11, 12}), ("doh", {3, 12})]
)
def test_options_are_answered_where_they_mean_something(clients: Clients, transport: str, codes: set[int]) -> None:
    """NSID everywhere, keepalive on TCP and DoT, padding to one block on DoT and DoH; all are asked for."""
    options = [dns.edns.GenericOption(code, b"") for code in (3, 11)] + [dns.edns.GenericOption(12, bytes(20))]
    answer = clients.exchange(dns.message.make_query(LOCAL, "A", use_edns=0, options=options).to_wire(), transport)
    assert answer is not None
    found = {int(option.otype): option for option in dns.message.from_wire(answer).options}
    assert set(found) == codes
    assert found[3].to_wire() == NSID.encode()
    assert (len(answer) % 468 == 0) is (12 in codes)


@pytest.mark.parametrize("transport", ["udp", "tcp", "dot", "doh"])
def test_clients_find_the_encrypted_ways_in(daemon: Daemon, clients: Clients, transport: str) -> None:
    """RFC 9462: with port, path and address as the daemon really listens."""
    answer = clients.exchange(query("_dns.resolver.arpa", "SVCB").to_wire(), transport)
    assert answer is not None
    dot, doh = sorted(dns.message.from_wire(answer).answer[0], key=lambda rdata: rdata.priority)
    key = svcb.ParamKey
    assert [str(each.target) for each in (dot, doh)] == [f"{daemon.tls_name}."] * 2
    assert (dot.params[key.ALPN].ids, dot.params[key.PORT].port) == ((b"dot",), daemon.dot_port)
    assert (doh.params[key.ALPN].ids, doh.params[key.PORT].port) == ((b"h2",), daemon.doh_port)
    assert doh.params[key.DOHPATH].value.decode() == daemon.doh_path + "{?dns}"
    assert dot.params[key.IPV4HINT].addresses == ("127.0.0.1",)


def test_an_open_resolver_does_not_start_by_accident(tmp_path: Path) -> None:
    """Nothing is answered; the operator is told what to write."""
    config = tmp_path / "resolver.yaml"
    config.write_text('upstreams: [{address: "127.0.0.1:53"}]\naccess: {allow: ["0.0.0.0/1", "128.0.0.0/1"]}\n')
    daemon = Daemon(tmp_path / "open", "127.0.0.1:53", [])
    for verb in ("check-config", "run"):
        result = daemon.run(verb, *([str(config)] if verb == "check-config" else ["--config", str(config)]))
        assert result.returncode != 0
        assert "access.open_resolver: true" in result.stdout + result.stderr


def test_a_reload_takes_up_the_secrets_of_a_file(daemon: Daemon) -> None:
    """Every worker then makes cookies that another server with that secret believes."""
    path = daemon.folder / "cookie-secrets"
    path.write_text("00112233445566778899aabbccddeeff\n")
    path.chmod(0o600)
    daemon.settings["cookies"] = {"secrets": str(path)}
    daemon.write_config()
    reloaded = daemon.command("reload")
    assert reloaded.returncode == 0, reloaded.stdout + reloaded.stderr
    other = Cookies([bytes.fromhex(path.read_text())], time.time, Limits())
    for way in ("udp", "tcp") * 10:
        answer = exchange(without_question(), daemon.port, way, "::1")
        assert answer is not None
        assert other.holds(COOKIE + server_cookie(answer), packed_address("::1"))
