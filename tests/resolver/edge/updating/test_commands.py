"""Operators' commands, in an updater whose workers confirm at once."""

from __future__ import annotations

import os

import pytest
from twisted.internet.defer import Deferred, succeed

from blocklist.trust.outcome import Kind, Outcome
from blocklist.trust.reasons import Reason
from resolver.edge.updating.commands import Commands, Result
from resolver.edge.users import user_name
from tests.resolver.edge.fake_lists import FakeList, Surroundings


class Desk:
    """Two lists; whether the workers confirm is the test's."""

    def __init__(self) -> None:
        self.around = Surroundings(FakeList("demo", 1), FakeList("two"))
        self.lists = self.around.lists
        self.confirmed, self.fault = True, ""
        self.decisions: list[tuple[str, int, str]] = []
        self.commands = Commands(
            self.around.sources,
            lambda list_id, verb: succeed(verb(self.lists[list_id])),
            lambda list_id: succeed(self.lists[list_id].refresh()),
            lambda: self.fault,
            lambda verb, before, _outcome, by: self.decisions.append((verb, before["version"], by)),
            self._in_force,
        )

    def _in_force(self, additions: bool) -> Deferred[bool]:
        self.waited_for_additions = additions
        return succeed(self.confirmed)

    def run(self, verb: str, list_id: str | None = None) -> Result:
        done: Deferred[Result] = self.commands.run(verb, list_id, os.getuid())
        got: list[Result] = []
        done.addCallback(got.append)
        return got[0]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_happened_is_told_in_words(desk: Desk) -> None:
    """Refresh of one list or of all; one failure makes the whole fail, with its reason."""
    desk.lists["two"].outcome = Outcome(Kind.FAILED, Reason.TLS, "the certificate is not valid")
    assert desk.run("refresh", "demo") == Result(True, "demo: unchanged")
    assert desk.waited_for_additions
    assert desk.run("refresh") == Result(False, "demo: unchanged; two: failed (the certificate is not valid)")


@pytest.mark.parametrize("verb", ["accept", "reject", "rollback"])
def test_decisions_are_about_one_list(desk: Desk, verb: str) -> None:
    """Each is done there, and told on with what the list was before."""
    assert desk.run(verb, "demo").ok
    assert desk.lists["demo"].calls == [verb]
    assert desk.decisions == [(verb, 1, user_name(os.getuid()))]
    assert not desk.waited_for_additions
    assert desk.run(verb) == Result(False, f"{verb} needs the id of one list")


@pytest.mark.parametrize("verb", ["accept", "refresh", "explain"])
def test_lists_that_are_not_there_are_named(desk: Desk, verb: str) -> None:
    """An unknown one with those known; one whose own settings are wrong with what is wrong."""
    assert desk.run(verb, "nowhere") == Result(False, "there is no such list; known: demo, two")
    assert desk.run(verb, "broken") == Result(False, "lists[9].root: no such file")


def test_the_breaker_sets_the_present_version_aside(desk: Desk) -> None:
    """The supervisor saw what it saw under the version now in force."""
    desk.run("breaker", "demo")
    assert desk.lists["demo"].calls == ["breaker 1"]


def test_exemptions_say_what_is_wrong(desk: Desk) -> None:
    """Done when they were read, and the reason where they were not."""
    assert desk.run("exemptions").ok
    desk.fault = "the exemptions do not open"
    assert desk.run("exemptions") == Result(False, "the exemptions do not open")


def test_late_workers_are_told(desk: Desk) -> None:
    """What was decided stands, but is not in force everywhere yet; an explanation waits for nobody."""
    desk.confirmed = False
    assert "not confirmed" in desk.run("accept", "demo").text
    assert desk.run("explain", "demo") == Result(True, "", {"list_id": "demo", "todo": ["nothing"]})
