"""Views through the real daemon: other lists and another notice by prefix and by listening address, and a reload."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator

import dns.exception
import dns.message
import dns.query
import pytest
from attrs import define, field

from tests.support.daemon import Daemon, listing
from tests.support.listbody import ListBody, entry
from tests.support.upstream import Upstream

pytestmark = [pytest.mark.daemon, pytest.mark.peers, pytest.mark.xdist_group("views")]

NOTICE, WEST = ["192.0.2.1"], ["192.0.2.2"]
BLK, EXACT = ["203.0.113.66"], ["203.0.113.67"]
ANYBODY, MAIL, FEW = "127.0.0.1", "127.0.0.25", "127.0.0.26"
FIRST, SECOND = "127.0.0.1", "127.0.0.2"


def addresses(answer: dns.message.Message) -> list[str]:
    return [record.to_text() for rrset in answer.answer for record in rrset]


class Isp:
    """A daemon at two addresses, over TLS too, with two lists: demo has blk.example, other has exact.example."""

    def __init__(self, upstream: Upstream, tmp: pytest.TempPathFactory) -> None:
        folder = tmp.mktemp("views")
        self.daemon = daemon = Daemon(folder / "isp", upstream.address, []).encrypt()
        daemon.settings["listen"] = [f"{host}:{daemon.port}" for host in (FIRST, SECOND)]
        daemon.settings["notices"]["west"] = daemon.notice() | {"ipv4": WEST[0], "listen": []}
        key = daemon.public_key()
        listed = {
            "demo": [entry("blk.example", "domain"), entry("self-test.example", test=True)],
            "other": [entry("exact.example")],
        }
        self.bodies = [ListBody(folder / name, key, entries, name) for name, entries in listed.items()]
        daemon.settings["lists"] = [
            listing(body.root, body.url, id=name) for name, body in zip(listed, self.bodies, strict=True)
        ]
        daemon.settings["views"] = self.views()

    def views(self) -> list[dict[str, object]]:
        return [
            {"name": "mail", "from": [f"{MAIL}/32"], "lists": []},
            {"name": "few", "from": [f"{FEW}/32"], "lists": ["other"]},
            {"name": "west", "listen": [f"{SECOND}:{self.daemon.port}"], "notices": {"demo": "west"}},
            {"name": "secret", "listen": [f"{FIRST}:{self.daemon.dot_port}"], "lists": ["demo"]},
        ]

    def ask(self, name: str, client: str = ANYBODY, host: str = FIRST, transport: str = "udp") -> list[str]:
        """The addresses in the answer; no answer raises."""
        question = dns.message.make_query(name, "A", use_edns=0)
        port, verify = self.daemon.port, {"server_hostname": Daemon.tls_name, "ssl_context": self.trust}
        if transport == "dot":
            return addresses(dns.query.tls(question, host, 10, self.daemon.dot_port, client, **verify))
        way: Callable[..., dns.message.Message] = dns.query.udp if transport == "udp" else dns.query.tcp
        return addresses(way(question, host, 10, port, source=client))

    @property
    def trust(self) -> ssl.SSLContext:
        return self.daemon.trust()


@pytest.fixture(scope="module")
def isp(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Isp]:
    made = Isp(upstream, tmp_path_factory)
    made.daemon.start()
    yield made
    assert made.daemon.stop() == 0, made.daemon.text()
    for body in made.bodies:
        body.stop()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize(
    ("client", "host", "blk", "exact"),
    [
        (ANYBODY, FIRST, NOTICE, NOTICE),
        (MAIL, FIRST, BLK, EXACT),
        (FEW, FIRST, BLK, NOTICE),
        (ANYBODY, SECOND, WEST, NOTICE),
        (MAIL, SECOND, BLK, EXACT),  # the first view that fits wins
    ],
)
def test_each_client_meets_its_view(
    isp: Isp, client: str, host: str, blk: list[str], exact: list[str], transport: str
) -> None:
    """Blocked, open, or another page; the second time from what is kept."""
    for _ in range(2):
        assert isp.ask("blk.example", client, host, transport) == blk
        assert isp.ask("exact.example", client, host, transport) == exact


def test_a_view_by_the_address_of_another_transport(isp: Isp) -> None:
    """What DoT clients meet is not what the same clients meet over UDP."""
    assert isp.ask("exact.example", transport="dot") == EXACT
    assert isp.ask("blk.example", transport="dot") == NOTICE
    assert isp.ask("exact.example") == NOTICE


def test_the_self_test_expects_what_each_address_promises(isp: Isp) -> None:
    """Two pages at two addresses are both right; the list without test names is not asked for."""
    deadline = time.monotonic() + 30
    while not (words := {each["list_id"]: each["self_test"] for each in isp.daemon.status()["lists"]})["demo"]:
        assert time.monotonic() < deadline, words
        time.sleep(0.2)
    assert words == {"demo": "ok", "other": ""}


def test_status_shows_views_and_metrics_do_not(isp: Isp) -> None:
    """For people at the machine; a series by view would count single customers."""
    assert [each["name"] for each in isp.daemon.status()["views"]] == ["mail", "few", "west", "secret"]
    assert f"view mail · from {MAIL}/32 · NO LISTS" in isp.daemon.command("status").stdout
    metrics = isp.daemon.metrics()
    assert not [name for name in ("mail", "secret", "west") if f'"{name}"' in metrics]


@define
class Asking:
    """Asks on and on, as one client; what was answered, and how often nothing was."""

    isp: Isp
    answers: list[list[str]] = field(factory=list)
    lost: int = 0
    _ended: threading.Event = field(factory=threading.Event)
    _thread: threading.Thread = field(init=False)

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                self.answers.append(self.isp.ask("blk.example", MAIL))
            except (OSError, dns.exception.DNSException):
                self.lost += 1

    def __enter__(self) -> Asking:
        self._thread = threading.Thread(target=self.run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


def test_a_reload_changes_views_without_losing_a_query(isp: Isp) -> None:
    """A client whose view goes is blocked from then on, and open again when it is back; every query is answered."""
    daemon = isp.daemon
    assert isp.ask("blk.example", MAIL) == BLK
    with Asking(isp) as asking:
        for views, expected in ((isp.views()[1:], NOTICE), (isp.views(), BLK)):
            daemon.settings["views"] = views
            daemon.write_config()
            reloaded = daemon.command("reload")
            assert reloaded.returncode == 0, reloaded.stdout + reloaded.stderr
            assert isp.ask("blk.example", MAIL) == expected
    assert asking.lost == 0
    assert {tuple(each) for each in asking.answers} == {tuple(BLK), tuple(NOTICE)}


def test_what_cannot_be_meant_is_refused_and_nothing_changes(isp: Isp) -> None:
    """A view below one that takes all of its clients."""
    daemon, before = isp.daemon, isp.views()
    daemon.settings["views"] = [*before, {"name": "never", "from": [f"{MAIL}/32"]}]
    daemon.write_config()
    refused = daemon.command("reload")
    assert refused.returncode != 0
    assert "can never be reached" in refused.stdout + refused.stderr
    assert isp.ask("blk.example", MAIL) == BLK
    daemon.settings["views"] = before
    daemon.write_config()
