"""Two lists of two bodies on one resolver, as an operator sees it: precedence, self-tests, hints, decisions."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_life import until
from tests.resolver.edge.fake_upstream import FakeUpstream
from tests.support.asking import ask
from tests.support.daemon import Daemon, listing
from tests.support.listbody import ListBody, entry, now
from tests.support.ports import free_port

pytestmark = [pytest.mark.daemon, pytest.mark.xdist_group("operations")]

FIRST, SECOND, REAL = "192.0.2.1", "192.0.2.2", "192.0.2.10"
LISTED = {
    "first": [entry("both.example", "domain"), entry("exempt.example", "domain"), entry("st.first.example", test=True)],
    "second": [
        entry("both.example", "domain"),
        entry("second.example", "domain"),
        entry("deep.exempt.example"),
        entry("st.second.example", test=True),
    ],
}


class World:
    """The resolver, polling so seldom that only a hint or a command brings news, and the bodies of both its lists."""

    def __init__(self, folder: Path) -> None:
        self.upstream = FakeUpstream()
        self.hint = ("127.0.0.1", free_port())
        poll = {"interval": 300, "hint": f"{self.hint[0]}:{self.hint[1]}"}
        self.daemon = Daemon(folder / "isp", self.upstream.address, [], poll=poll)
        key = self.daemon.public_key()
        self.bodies = {name: ListBody(folder / name, key, listed, name) for name, listed in LISTED.items()}
        other = self.daemon.notice() | {"ipv4": SECOND, "listen": [f"127.0.0.1:{free_port()}"]}
        self.daemon.settings["notices"]["other"] = other
        self.daemon.settings["lists"] = [
            listing(body.root, body.url, id=name, notice={"first": "default", "second": "other"}[name])
            for name, body in self.bodies.items()
        ]
        self.daemon.exempt("exempt.example", "domain")  # before there is any resolver
        self.daemon.start()

    def stop(self) -> None:
        code = self.daemon.stop()
        for body in self.bodies.values():
            body.stop()
        self.upstream.close()
        assert code == 0, self.daemon.text()

    def hint_until(self, condition: Callable[[], bool], what: str) -> None:
        """Hint until it shows: one hint may come while the resolver still asks after the last."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:

            def hinted() -> bool:
                sender.sendto(b"", self.hint)
                return condition()

            until(hinted, what, 60)

    def address(self, name: str) -> str:
        [rrset] = ask(self.daemon.port, "udp", name).answer
        return str(rrset[0])

    def list(self, list_id: str) -> dict[str, Any]:
        [found] = [each for each in self.daemon.status()["lists"] if each["list_id"] == list_id]
        return dict(found)

    def audit(self) -> list[dict[str, Any]]:
        shown = self.daemon.command("audit", "show", "--json").stdout
        return [json.loads(line) for line in shown.splitlines()]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("operations"))
    yield world
    world.stop()


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("both.example", FIRST),  # on both: the page of the first in the settings
        ("www.both.example", FIRST),
        ("second.example", SECOND),  # union
        ("exempt.example", REAL),  # equal depth: exempt wins
        ("www.exempt.example", REAL),
        ("deep.exempt.example", SECOND),  # most specific wins
        ("www.deep.exempt.example", REAL),
        ("other.example", REAL),
    ],
)
def test_lists_and_exemption_have_one_order(world: World, name: str, address: str) -> None:
    """The most specific rule wins, an exemption at equal depth, the first list of those that match."""
    assert world.address(name) == address


@pytest.mark.parametrize("list_id", list(LISTED))
def test_test_names_are_asked_from_end_to_end(world: World, list_id: str) -> None:
    """Each list's own, with its own notice address, by the running resolver itself."""
    until(lambda: world.list(list_id)["self_test"] != "", "the first round", 60)
    assert world.list(list_id)["self_test"] == "ok"
    assert world.daemon.metric(f'mamori_selftest_total{{list_id="{list_id}",result="ok"}}') >= 1


def test_hints_bring_a_version_and_a_withdrawal_and_both_are_timed(world: World) -> None:
    """Long before the next poll; what each took stands in status and metrics, and both in the audit file."""
    body, before, new = world.bodies["first"], world.list("first")["version"], entry("new.example")
    body.publish([*LISTED["first"], new])
    world.hint_until(lambda: world.address("new.example") == FIRST, "the hinted version")
    body.body.withdraw([new.id], now())
    world.hint_until(lambda: world.address("new.example") == REAL, "the hinted withdrawal")
    until(lambda: world.list("first")["withdrawn"] == 1, "status")
    told = world.list("first")
    assert (told["version"], told["withdrawals_refused"]) == (before + 1, 0)
    for way in ("publish", "withdraw"):
        assert told[f"{way}_to_enforce_seconds"] >= 0
        assert world.daemon.metric(f'mamori_list_{way}_to_enforce_seconds_count{{list_id="first"}}') == 1
    written = [(line["event"], line["facts"]["version"]) for line in world.audit() if "version" in line["facts"]]
    assert {("version_in_force", before + 1), ("withdrawn", before + 1)} <= set(written)


def test_decisions_are_explained_and_written_down(world: World) -> None:
    """A version far larger than usual is held; explained with its limit; rejected, which stands in the audit file."""
    many = [entry(f"many{number}.example") for number in range(60)]
    world.bodies["second"].publish([*LISTED["second"], *many])
    world.daemon.command("list", "refresh", "second")
    assert world.list("second")["held_by"] == ["adds"]
    told = json.loads(world.daemon.command("list", "explain", "--json", "second").stdout)
    assert (told["guards"][0]["guard"], told["guards"][0]["count"]) == ("adds", 60)
    shown = world.daemon.command("list", "explain", "second").stdout
    assert "To do: Ask the list body" in shown
    assert "many" not in shown
    assert world.daemon.command("list", "reject", "second").returncode == 0
    assert (world.list("second")["held_by"], world.address("many1.example")) == ([], REAL)
    events = [line["event"] for line in world.audit() if line["facts"].get("list_id") == "second"]
    assert events.index("held") < events.index("list_rejected")


def test_the_audit_file_is_whole_and_holds_no_name(world: World) -> None:
    """It began with the exemption, before the resolver did; head and length of now hold later."""
    assert world.audit()[0]["event"] == "exemption_added"
    head = json.loads(world.daemon.command("audit", "head", "--json").stdout)
    world.daemon.exempt("another.example", "host")
    known = ("--length", str(head["length"]), "--head", head["head"])
    assert world.daemon.command("audit", "verify", *known).returncode == 0
    assert "example" not in (world.daemon.state / "audit.jsonl").read_text()


def test_the_disk_explains_when_no_resolver_runs(world: World, tmp_path: Path) -> None:
    """With the same words about versions, and a word that nobody answered."""
    config = tmp_path / "resolver.yaml"
    copied = _without_socket(world.daemon, tmp_path / "state")
    config.write_text(json.dumps(world.daemon.settings | {"state": str(copied)}))
    result = world.daemon.run("list", "explain", "second", "--config", str(config))
    assert (result.returncode, "no resolver runs" in result.stderr) == (0, True)
    assert "is in force with" in result.stdout


def _without_socket(daemon: Daemon, copy: Path) -> Path:
    shutil.copytree(daemon.state, copy, ignore=shutil.ignore_patterns("*.sock", "*.new"))
    return copy
