"""What the updater writes into the audit file."""

from __future__ import annotations

from typing import Any

import pytest

from blocklist.errors import TransferFault
from blocklist.trust.local.audit import Event, Facts
from blocklist.trust.outcome import Kind, Outcome
from blocklist.trust.reasons import Reason
from resolver.edge.updating.chronicle import MOST_WAITING, Chronicle


class Book:
    """A file that the test makes full, and exemptions whose end cannot be told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, Facts]] = []
        self.full = False
        self.unsettled: Exception | None = None
        self.chronicle = Chronicle(self.append, lambda: self.unsettled)

    def append(self, event: Event, facts: Facts) -> None:
        if self.full:
            raise TransferFault("disk", "no space")
        self.lines.append((event.value, facts))


@pytest.fixture
def book() -> Book:
    return Book()


def words(version: int = 4, *guards: str, withdrawn: int = 0) -> dict[str, Any]:
    held = {"held_by": guards, "held_entries": len(guards) * 7}
    return {"list_id": "demo", "version": version, "withdrawn": withdrawn} | held


def test_a_hold_is_told_once_by_its_guard(book: Book) -> None:
    """The canary and the breaker have their own events; the same guard is told again for another version only."""
    for statuses in ([words()], [words(4, "adds")], [words(4, "adds")], [words(4, "adds", "breaker")]):
        book.chronicle.look(statuses)
    book.chronicle.look([words(5, "canary")])
    assert [event for event, _ in book.lines] == ["held", "breaker", "canary"]
    assert book.lines[0][1] == {"list_id": "demo", "version": 4, "guard": "adds", "entries": 7}


def test_withdrawals_are_told_when_their_number_changes(book: Book) -> None:
    """Taken out, more of them, and in again."""
    for count in (0, 2, 2, 3, 0):
        book.chronicle.look([words(withdrawn=count)])
    assert [(event, facts["entries"]) for event, facts in book.lines] == [("withdrawn", count) for count in (2, 3, 0)]


def test_a_version_in_force_is_told_once(book: Book) -> None:
    """An exemption or an end of entries changes the index, not the version."""
    for version in (4, 4, 5):
        book.chronicle.in_force({"demo": version})
    assert book.lines == [("version_in_force", {"list_id": "demo", "version": version}) for version in (4, 5)]


@pytest.mark.parametrize(
    ("verb", "held", "outcome", "event"),
    [
        ("accept", ("adds",), Outcome(Kind.UPDATED), "list_accepted"),
        ("reject", ("adds",), Outcome(Kind.UNCHANGED), "list_rejected"),
        ("rollback", (), Outcome(Kind.UPDATED), "list_rolled_back"),
        ("accept", (), Outcome(Kind.UPDATED), "list_accepted"),  # what was rejected before
        ("accept", (), Outcome(Kind.UNCHANGED), None),
        ("rollback", (), Outcome(Kind.FAILED, Reason.NO_PREVIOUS), None),
        ("refresh", ("adds",), Outcome(Kind.UNCHANGED), None),
    ],
)
def test_decisions_are_told_when_they_changed_something(
    book: Book, verb: str, held: tuple[str, ...], outcome: Outcome, event: str | None
) -> None:
    """With what was held before; a command that found nothing to decide, or failed, is none."""
    book.chronicle.decided(verb, words(4, *held), outcome, "noc")
    assert [each for each, _ in book.lines] == ([event] if event else [])
    assert all((facts["guards"], facts["by"]) == (" ".join(held), "noc") for _, facts in book.lines)


def test_what_a_full_disk_refused_is_written_later(book: Book) -> None:
    """In order, and not twice; until then it is told as failing."""
    book.full = True
    book.chronicle.in_force({"demo": 4})
    book.chronicle.look([words(4, "adds")])
    assert (book.chronicle.failing, book.lines) == (True, [])
    book.full = False
    book.chronicle.look([words(4, "adds")])
    assert [event for event, _ in book.lines] == ["version_in_force", "held"]
    assert not book.chronicle.failing


def test_what_waits_has_a_limit(book: Book) -> None:
    """A disk that stays full for ever does not cost all memory."""
    book.full = True
    for version in range(MOST_WAITING + 5):
        book.chronicle.in_force({"demo": version})
    book.full = False
    book.chronicle.look([])
    assert len(book.lines) == MOST_WAITING


def test_an_end_that_cannot_be_told_is_failing_too(book: Book) -> None:
    """An exemption that ended stays in its file until the audit file says so."""
    book.unsettled = TransferFault("disk", "no space")
    book.chronicle.look([])
    assert book.chronicle.failing
    book.unsettled = None
    book.chronicle.look([])
    assert not book.chronicle.failing
