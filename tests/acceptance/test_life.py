"""What happens over time: lists come, change, break, end; upstreams go away; modes differ (rows 17-19, 22, 23)."""

from __future__ import annotations

import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import dns.message
import dns.rcode
import pytest

from tests.acceptance.checks import Check, ede_codes, nodata, notice, rcode, real, stale
from tests.support.asking import ask, exchange, query
from tests.support.daemon import Daemon, listing
from tests.support.listbody import ListBody, entry, now
from tests.support.ports import free_port
from tests.support.transports import EVERY, Clients
from tests.support.upstream import Upstream

pytestmark = [pytest.mark.daemon, pytest.mark.peers, pytest.mark.xdist_group("life")]


class Isp:
    """A daemon with its list body; `blk.example` (domain) is listed from the start."""

    def __init__(self, folder: Path, upstream: str, **settings: object) -> None:
        self.base = [entry("blk.example", "domain"), *(entry(f"filler{n}.example") for n in range(20))]
        self.daemon = Daemon(folder / "isp", upstream, [], **settings).encrypt()
        self.body = ListBody(folder, self.daemon.public_key(), list(self.base))
        self.daemon.settings["lists"] = [listing(self.body.root, self.body.url)]
        self._clients = Clients(self.daemon)

    def answers(self, check: Check, name: str, rdtype: str = "A") -> None:
        """Over every transport this is what comes back."""
        asked = query(name, rdtype)
        for transport in EVERY:
            wire = self._clients.exchange(asked.to_wire(), transport, timeout=10)
            assert wire is not None, f"{transport}: no answer"
            check(dns.message.from_wire(wire), asked)

    def stop(self) -> None:
        self._clients.close()
        code = self.daemon.stop()
        self.body.stop()
        assert code == 0, self.daemon.text()


@pytest.fixture
def make_isp(tmp_path: Path, upstream: Upstream) -> Iterator[Callable[..., Isp]]:
    made: list[Isp] = []

    def make(**settings: object) -> Isp:
        made.append(Isp(tmp_path / f"isp{len(made)}", str(settings.pop("upstream", upstream.address)), **settings))
        return made[-1]

    yield make
    for isp in made:
        isp.stop()


def holds(port: int, transport: str, check: Callable[..., None], name: str, rdtype: str = "A") -> None:
    asked = query(name, rdtype)
    wire = exchange(asked.to_wire(), port, transport, timeout=10)
    assert wire is not None, "no answer"
    check(dns.message.from_wire(wire), asked)


def until(condition: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.05)


def is_notice(port: int, name: str, transport: str = "udp") -> bool:
    answer = ask(port, transport, name)
    return bool(answer.answer) and answer.answer[0][0].to_text() == "192.0.2.1"


def test_row17_cached_then_listed_then_withdrawn(make_isp: Callable[..., Isp]) -> None:
    """A name in the cache is blocked on the next query after activation, and answered truthfully after withdrawal."""
    isp = make_isp()
    daemon = isp.daemon.start()
    isp.answers(real("www.example. A 198.51.100.10"), "www.example")
    isp.body.publish([*isp.base, entry("www.example")])
    _wait_for_version(daemon, 2)
    isp.answers(notice(), "www.example")
    isp.body.publish(list(isp.base))
    _wait_for_version(daemon, 3)
    isp.answers(real("www.example. A 198.51.100.10"), "www.example")


def _wait_for_version(daemon: Daemon, version: int) -> None:
    """In force in every worker: the status tells the version only after the workers have said so."""
    daemon.command("list", "refresh", "demo")
    until(lambda: daemon.status()["lists"][0]["version"] == version, f"version {version}")


DAMAGES = ("truncated", "empty-file", "valid-but-empty", "bad-signature", "older-version", "expired")


@pytest.mark.parametrize("damage", DAMAGES)
def test_row18_damaged_lists_change_nothing(make_isp: Callable[..., Isp], damage: str, tmp_path: Path) -> None:
    """The last good list stays enforced, one reason counter rises, and `mamori status` exits 2."""
    isp = make_isp()
    daemon = isp.daemon.start()
    old = tmp_path / "old"
    shutil.copytree(isp.body.out, old)
    isp.body.publish([*isp.base, entry("second.example")])
    _wait_for_version(daemon, 2)
    assert daemon.command("status").returncode == 0
    _damage(isp, damage, old)
    until(lambda: _failures(daemon) > 0, "the failure is counted")
    isp.answers(notice(), "blk.example")
    isp.answers(notice(), "second.example")
    assert daemon.command("status").returncode == 2
    assert daemon.metric('mamori_enforcing{list_id="demo"}') == 1


def _damage(isp: Isp, damage: str, old: Path) -> None:
    out, metadata = isp.body.out, isp.body.out / "metadata"
    if damage == "truncated":
        isp.body.publish([*isp.base, entry("third.example")])
        for file in (path for form in ("full", "delta") for path in (out / "targets").rglob(f"*.3.{form}")):
            file.write_bytes(file.read_bytes()[:-40])
    elif damage == "empty-file":
        (metadata / "timestamp.json").write_bytes(b"")
    elif damage == "valid-but-empty":
        isp.body.publish_empty()
    elif damage == "bad-signature":
        isp.body.publish([*isp.base, entry("third.example")])
        path = metadata / "timestamp.json"
        path.write_bytes(path.read_bytes().replace(b'"sig": "', b'"sig": "00').replace(b'"sig":"', b'"sig":"00'))
    elif damage == "older-version":
        shutil.copytree(old, out, dirs_exist_ok=True)
    elif damage == "expired":
        isp.body.body.stamp(now() - timedelta(days=2))


def _failures(daemon: Daemon) -> float:
    daemon.command("list", "refresh", "demo")
    lines = [line for line in daemon.metrics().splitlines() if line.startswith("mamori_list_update_failures_total{")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def test_row19_wait_is_not_ready_until_the_list_comes(make_isp: Callable[..., Isp]) -> None:
    """A node that never had a list waits: no READY, /ready 503; with the list it filters from the first answer."""
    isp = make_isp()
    hidden = isp.body.out.rename(isp.body.out.with_name("hidden"))
    daemon = isp.daemon.start(wait=False)
    assert daemon.child is not None
    daemon.child.wait_for(lambda: _ready_status(daemon) == 503, "/ready 503")
    assert "READY " not in daemon.text()
    asked = query("blk.example").to_wire()
    answer = exchange(asked, daemon.port, "udp", timeout=1)
    assert answer is None or not dns.message.from_wire(answer).answer
    hidden.rename(isp.body.out)
    until(lambda: _ready_status(daemon) == 200, "/ready 200", 30)
    isp.answers(notice(), "blk.example")
    assert "READY " in daemon.text()


def test_row19_open_answers_unfiltered_and_says_so(make_isp: Callable[..., Isp]) -> None:
    """`start.without_list: open` answers at once, and the enforcing gauge is 0."""
    isp = make_isp(start={"without_list": "open"})
    isp.body.out.rename(isp.body.out.with_name("hidden"))
    daemon = isp.daemon.start()
    isp.answers(real("www.example. A 198.51.100.10"), "www.example")
    isp.answers(real("blk.example. A 203.0.113.66"), "blk.example")
    assert daemon.metric('mamori_enforcing{list_id="demo"}') == 0


def test_row19_last_good_list_filters_from_the_first_answer(make_isp: Callable[..., Isp]) -> None:
    """List body gone and machine restarted: the list on disk is enforced before anything is answered."""
    isp = make_isp()
    daemon = isp.daemon.start()
    until(lambda: daemon.status()["ready"], "ready")
    assert daemon.stop() == 0
    isp.body.out.rename(isp.body.out.with_name("hidden"))
    daemon.start(wait=False)
    asked = query("blk.example")
    notice()(_first_answer(asked, daemon.port), asked)
    isp.answers(notice(), "blk.example")


def _first_answer(asked: dns.message.Message, port: int) -> dns.message.Message:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        wire = exchange(asked.to_wire(), port, "udp", timeout=0.2)
        if wire is not None:
            return dns.message.from_wire(wire)
    raise AssertionError("no answer within 30 s")


def _ready_status(daemon: Daemon) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{daemon.metrics_port}/ready", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return int(error.code)
    except OSError:
        return 0


@pytest.mark.parametrize("how", ["refused", "silent"])
def test_row22_upstream_down(make_isp: Callable[..., Isp], how: str) -> None:
    """Listed: as ever. Not cached: SERVFAIL with EDE 22 or 23."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1] if how == "silent" else free_port()
        isp = make_isp(upstream=f"127.0.0.1:{port}")
        isp.daemon.start()
        isp.answers(notice(), "blk.example")
        isp.answers(rcode("SERVFAIL", ede=(22, 23)), "www.example")


@pytest.fixture
def own_upstream(tmp_path: Path) -> Iterator[Upstream]:
    """One that may be stopped."""
    (tmp_path / "own-upstream").mkdir()
    upstream = Upstream(tmp_path / "own-upstream")
    yield upstream
    upstream.stop()


def test_row22_cached_answers_survive_a_dead_upstream(own_upstream: Upstream, make_isp: Callable[..., Isp]) -> None:
    """What is cached and fresh is answered while no upstream is up, and new names work when it returns."""
    isp = make_isp(upstream=own_upstream.address)
    daemon = isp.daemon.start()
    isp.answers(real("www.example. A 198.51.100.10"), "www.example")
    own_upstream.stop_resolver()
    isp.answers(real("www.example. A 198.51.100.10"), "www.example")
    isp.answers(rcode("SERVFAIL", ede=(22, 23)), "notblk.example")
    own_upstream.start_resolver()
    until(lambda: bool(ask(daemon.port, "udp", "child.exact.example").answer), "recovery", 15)


def test_row22_old_answers_while_no_upstream_answers(own_upstream: Upstream, make_isp: Callable[..., Isp]) -> None:
    """Past its end an answer is given with EDE 3, NXDOMAIN with EDE 19; a list counts as ever; then the new answer."""
    isp = make_isp(upstream=own_upstream.address, cache={"max_ttl": 1})
    daemon = isp.daemon.start()
    www = "www.example. A 198.51.100.10"
    for name in ("www.example", "notblk.example", "nothing.example"):
        ask(daemon.port, "udp", name)
    own_upstream.stop_resolver()
    for name in ("www.example", "notblk.example", "nothing.example"):
        until(lambda name=name: _extended_errors(daemon, name) != [], f"the end of {name}")  # type: ignore[misc]
    isp.answers(stale(3, www), "www.example")
    isp.answers(stale(19), "nothing.example")
    isp.body.publish([*isp.base, entry("notblk.example")])
    _wait_for_version(daemon, 2)
    isp.answers(notice(), "notblk.example")
    own_upstream.start_resolver()
    until(lambda: _extended_errors(daemon, "www.example") == [], "recovery", 15)
    isp.answers(real(www), "www.example")


def _extended_errors(daemon: Daemon, name: str) -> list[int]:
    return ede_codes(ask(daemon.port, "udp", name))


def test_row23_dns_only(make_isp: Callable[..., Isp]) -> None:
    """In `dns-only` mode a listed name has no address at all: NODATA, SOA and the row-15 EDE."""
    isp = make_isp(answer={"mode": "dns-only"})
    isp.daemon.start()
    for rdtype in ("A", "AAAA", "HTTPS", "SVCB"):
        isp.answers(nodata(), "blk.example", rdtype)


@pytest.mark.parametrize("code", [15, 16, 17])
def test_row15_ede_is_chosen_per_list(make_isp: Callable[..., Isp], code: int) -> None:
    """The EDE of NODATA policy answers says on what ground the list stands."""
    isp = make_isp()
    isp.daemon.settings["lists"][0]["ede"] = code
    isp.daemon.start()
    isp.answers(nodata(ede=code), "blk.example", "HTTPS")


def test_row2_no_ipv6_notice_address(make_isp: Callable[..., Isp]) -> None:
    """AAAA of a listed name is NODATA when there is no IPv6 notice address, never the real one."""
    isp = make_isp()
    del isp.daemon.settings["notices"]["default"]["ipv6"]
    isp.daemon.start()
    isp.answers(nodata(), "blk.example", "AAAA")


def test_relay_mode_answers_by_policy_and_caches_nothing(make_isp: Callable[..., Isp]) -> None:
    """In relay mode listed names are answered by policy, without our EDE, and every other question goes upstream."""
    daemon = make_isp(mode="relay").daemon.start()
    answer = ask(daemon.port, "udp", "blk.example")
    assert answer.answer[0][0].to_text() == "192.0.2.1"
    assert not answer.options
    before = _upstream_queries(daemon)
    for _ in range(3):
        holds(daemon.port, "udp", real("www.example. A 198.51.100.10"), "www.example")
    assert _upstream_queries(daemon) - before == 3


def _upstream_queries(daemon: Daemon) -> float:
    lines = [line for line in daemon.metrics().splitlines() if line.startswith("mamori_upstream_queries_total{")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)
