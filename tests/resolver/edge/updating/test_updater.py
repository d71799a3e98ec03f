"""The updater with lists that live in memory and threads the test controls."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from blocklist.errors import OperatorFault, TransferFault
from blocklist.trust.local.audit import Event, Facts
from blocklist.trust.outcome import Kind, Outcome
from blocklist.trust.reasons import Reason
from resolver.edge.updating.hand_over import WAIT_SECONDS
from resolver.edge.updating.updater import Updater
from tests.resolver.edge.fake_lists import FakeList, Surroundings, exemption
from tests.resolver.edge.settings_for_edge import settings


class Updating:
    """A started updater."""

    def __init__(
        self,
        folder: Path,
        *lists: FakeList,
        held: bool = False,
        hint: socket.socket | None = None,
        audit: Callable[[Event, Facts], object] = lambda _event, _facts: None,
    ) -> None:
        self.around = Surroundings(*lists)
        self.around.sources = evolve(self.around.sources, audit=audit)
        self.around.held = [] if held else None
        self.left: list[int] = []
        self.updater = Updater(
            self.around.clock,
            self.around.send,
            lambda _settings: self.around.sources,
            self.around.defer,
            self.left.append,
            uniform=lambda low, high: (low + high) / 2,
        )
        start = {"type": "start", "settings": settings(folder).raw}
        self.updater.receive(start, [] if hint is None else [hint.detach()])

    def hear(self, **message: Any) -> None:
        self.updater.receive(message, [])

    def command(self, verb: str, list_id: str | None = None) -> None:
        self.hear(type="command", id=len(self.around.told("result")) + 1, verb=verb, list_id=list_id, by=None)

    @property
    def results(self) -> list[tuple[bool, str]]:
        return [(each["ok"], each["text"]) for each in self.around.told("result")]


def test_disk_comes_first(tmp_path: Path) -> None:
    """The index from disk, then the status, and only then the network."""
    updating = Updating(tmp_path, FakeList("demo", 1), FakeList("new"), held=True)
    assert [message["type"] for message in updating.around.sent] == ["index", "status"]
    assert updating.around.lists["demo"].calls == []
    status = updating.around.sent[1]
    assert [each["list_id"] for each in status["lists"]] == ["demo", "new", "broken"]
    assert (status["lists"][2]["last_outcome"], status["lists"][2]["last_reason"]) == ("failed", "setting")


def test_lists_are_polled_at_the_interval(tmp_path: Path) -> None:
    """Once at start, then every 15 s, a slow answer moving the next poll; each with a status."""
    updating = Updating(tmp_path, FakeList("demo"), held=True)
    around = updating.around
    around.clock.advance(100)
    assert around.lists["demo"].calls == []
    around.release()
    around.clock.advance(14.9)
    assert around.held == []
    around.clock.advance(0.1)
    around.release()
    assert around.lists["demo"].calls == ["refresh", "refresh"]
    assert len(around.told("status")) == 3


def test_update_is_handed_over_and_marked_good_when_in_force(tmp_path: Path) -> None:
    """A new version goes to the workers; only their word makes it good."""
    updating = Updating(tmp_path, FakeList("demo", 1))
    demo = updating.around.lists["demo"]
    updating.hear(type="activated", generation=7, generation_hint=1)
    demo.version, demo.outcome = 2, Outcome(Kind.UPDATED)
    updating.around.clock.advance(15)
    assert demo.good == [1]
    updating.hear(type="activated", generation=8, generation_hint=2)
    assert demo.good == [1, 2]


def test_failed_refresh_changes_nothing_and_goes_on(tmp_path: Path) -> None:
    """A failure, even an unexpected one, is told; polling continues."""
    updating = Updating(tmp_path, FakeList("demo", 1))
    demo = updating.around.lists["demo"]
    demo.outcome = Outcome(Kind.FAILED, Reason.CUT)
    updating.around.clock.advance(15)
    assert updating.around.told("status")[-1]["lists"][0]["last_reason"] == "cut"
    demo.fails = RuntimeError("secret.example")
    updating.around.clock.advance(15)
    updating.around.clock.advance(15)
    assert demo.calls == ["refresh"] * 4
    assert len(updating.around.told("index")) == 1
    [fault] = updating.around.told("fault")
    assert fault["kind"] == "RuntimeError"
    assert "secret" not in str(updating.around.sent)


def test_damaged_store_keeps_no_other_list_out(tmp_path: Path) -> None:
    """A list whose load breaks is reported; the other is enforced."""
    bad = FakeList("bad")
    bad.fails = ValueError("x")
    updating = Updating(tmp_path, bad, FakeList("demo", 1))
    assert [each["list_id"] for each in updating.around.told("index")[0]["lists"]] == ["demo"]


def test_exemption_needs_no_network(tmp_path: Path) -> None:
    """While a refresh hangs in its thread an exemption is compiled, and answered once in force."""
    updating = Updating(tmp_path, FakeList("demo", 1), held=True)
    updating.hear(type="activated", generation=1, generation_hint=1)
    updating.around.exempt = (exemption(),)
    updating.command("exemptions")
    assert len(updating.around.told("index")) == 2
    assert updating.results == []
    updating.hear(type="activated", generation=2, generation_hint=2)
    assert updating.results == [(True, "the exemptions were read again")]


def test_exemptions_that_do_not_open_are_told(tmp_path: Path) -> None:
    """The index in force stays, and the operator hears why."""
    updating = Updating(tmp_path, FakeList("demo", 1))
    updating.hear(type="activated", generation=1, generation_hint=1)
    updating.around.exempt = (exemption(),)
    updating.around.compile_fault = OperatorFault("sealed", "the exemptions do not open")
    updating.command("exemptions")
    assert updating.results == [(False, "the exemptions do not open")]
    assert len(updating.around.told("index")) == 1


def test_one_call_at_a_time_for_a_list(tmp_path: Path) -> None:
    """A command waits for the refresh under way: a subscription is never used by two threads."""
    updating = Updating(tmp_path, FakeList("demo", 1), held=True)
    updating.command("accept", "demo")
    assert updating.around.held is not None
    assert len(updating.around.held) == 1
    updating.around.release()
    updating.around.release()
    assert updating.around.lists["demo"].calls == ["refresh", "accept"]


def test_result_does_not_wait_for_workers_for_ever(tmp_path: Path) -> None:
    """While the resolver waits for another list no worker confirms; the command says so."""
    updating = Updating(tmp_path, FakeList("demo", 1))
    updating.command("exemptions")
    updating.around.clock.advance(WAIT_SECONDS)
    assert "not confirmed" in updating.results[0][1]


def test_expiry_compiles_anew(tmp_path: Path) -> None:
    """When entries end the index is handed over again, although no list changed; mere looks are not."""
    updating = Updating(tmp_path, FakeList("demo", 1), held=True)
    updating.around.due = 7200.0
    updating.command("exemptions")
    updating.around.clock.advance(3600)
    assert len(updating.around.told("index")) == 1
    updating.around.clock.advance(3600)
    assert len(updating.around.told("index")) == 2


def test_stop_leaves_at_once(tmp_path: Path) -> None:
    """A thread in mid-transfer is not waited for: what is on disk is whole at any moment."""
    updating = Updating(tmp_path, FakeList("demo"), held=True)
    updating.hear(type="stop")
    assert updating.left == [0]


@pytest.mark.parametrize("suspect", [True, False])
def test_suspect_clock_is_told(tmp_path: Path, suspect: bool) -> None:
    """One list's suspicion is the host's."""
    demo = FakeList("demo", 1)
    calm = demo.status
    demo.status = lambda: evolve(calm(), clock_suspect=suspect)  # type: ignore[method-assign]
    assert Updating(tmp_path, demo).around.told("status")[0]["clock_suspect"] is suspect


def newcomers(count: int) -> list[bytes]:
    return [bytes([200, number]) * 8 for number in range(count)]


def test_additions_in_use_are_set_aside_and_the_rest_is_handed_over(tmp_path: Path) -> None:
    """The canary's word on the newest index sets aside what that version added; an older one's says nothing."""
    demo, other = FakeList("demo", 1), FakeList("other", 1)
    updating = Updating(tmp_path, demo, other)
    demo.version, demo.added = 2, newcomers(12)
    updating.command("exemptions")
    assert updating.around.told("index")[-1]["trial"]
    updating.hear(type="in_use", generation_hint=2, lists=["demo"])
    assert "canary 2" not in demo.calls
    updating.hear(type="in_use", generation_hint=3, lists=["demo"])
    assert (demo.calls[-1], other.calls) == ("canary 2", ["refresh"])
    index = updating.around.told("index")[-1]
    assert (index["generation_hint"], index["trial"]) == (4, [])


def test_what_could_not_be_set_aside_is_tried_again(tmp_path: Path) -> None:
    """A full disk enforces nothing that was in use: the same index goes on trial once more, when the list is polled."""
    demo = FakeList("demo", 1)
    updating = Updating(tmp_path, demo)
    demo.added, demo.fails = newcomers(12), OSError(28, "no space left on device")
    updating.command("exemptions")
    updating.hear(type="in_use", generation_hint=2, lists=["demo"])
    assert len(updating.around.told("index")) == 2
    updating.around.clock.advance(15)
    index = updating.around.told("index")[-1]
    assert (index["generation_hint"], len(index["trial"])) == (3, 1)


def test_a_tripped_breaker_sets_additions_aside(tmp_path: Path) -> None:
    """The supervisor's command, answered when the index without them is in force."""
    demo = FakeList("demo", 1)
    updating = Updating(tmp_path, demo)
    demo.added = newcomers(25)
    updating.command("breaker", "demo")
    assert demo.calls[-1] == "breaker 1"
    updating.hear(type="activated", generation_hint=2)
    assert updating.results[-1][0]


def test_self_test_names_are_asked_once_a_list_is_in_force(tmp_path: Path) -> None:
    """Never before; the supervisor gets one word for each list that has such names."""
    demo = FakeList("demo", 1)
    calm = demo.status
    demo.status = lambda: evolve(calm(), selftest=("one.selftest.example",))  # type: ignore[method-assign]
    updating = Updating(tmp_path, demo, FakeList("two", 1))
    updating.around.clock.advance(100)
    assert updating.around.told("selftest") == []
    updating.hear(type="activated", generation=1, generation_hint=1)
    updating.around.clock.advance(2)
    told = {message["list_id"]: message["result"] for message in updating.around.told("selftest")}
    assert told == {"demo": "no_answer", "two": ""}


def test_a_hint_has_all_lists_asked(tmp_path: Path) -> None:
    """The port comes with the settings, and the updater reads it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours, socket.socket(type=socket.SOCK_DGRAM) as client:
        ours.bind(("127.0.0.1", 0))
        client.connect(ours.getsockname())
        updating = Updating(tmp_path, FakeList("demo"), FakeList("two"), hint=ours)
        [listener] = updating.around.clock.readers
        client.send(b"")
        listener.doRead()
        listener.close()
        assert [each.calls for each in updating.around.lists.values()] == [["refresh"] * 2] * 2


def test_what_happens_is_written_down(tmp_path: Path) -> None:
    """A version in force and a decision reach the audit file; one that cannot be written is told with the status."""
    demo, lines = FakeList("demo", 1), []
    updating = Updating(tmp_path, demo, audit=lambda event, _facts: lines.append(event.value))
    updating.hear(type="activated", generation=1, generation_hint=1)
    demo.outcome = Outcome(Kind.UPDATED)
    updating.command("rollback", "demo")
    assert lines == ["version_in_force", "list_rolled_back"]
    assert updating.around.told("status")[-1]["audit_failing"] is False

    def full(_event: object, _facts: object) -> None:
        raise TransferFault("disk", "full")

    updating = Updating(tmp_path, FakeList("demo", 1), audit=full)
    updating.hear(type="activated", generation=1, generation_hint=1)
    updating.around.clock.advance(15)
    assert updating.around.told("status")[-1]["audit_failing"] is True
