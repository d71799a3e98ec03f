"""Opening one entry of the public record to its owner."""

from __future__ import annotations

import pytest

from blocklist.errors import OperatorFault
from blocklist.public_log import verify
from blocklist.publish.faults import Refusal
from blocklist.publish.versions import public_log
from tests.blocklist.publish.support import NOW, Office, entry


def objected(office: Office, *ids: str) -> str:
    return office.desk.open_objection(ids, office.alice, NOW, received=NOW.date()).ticket


def test_the_owner_is_shown_her_entry_and_no_other(office: Office) -> None:
    """After removal, too: the record still proves that it was in version 1; nothing else of the list is told."""
    mine, others = entry("mine.example"), [entry(f"other{number}.example") for number in range(6)]
    office.add([mine, *others], office.alice, office.bob)
    office.publish()
    office.desk.remove([mine.id], office.alice, NOW)
    office.publish()
    ticket = objected(office, mine.id)
    word = office.desk.control_word(mine.id, ticket, office.alice)
    assert word.startswith("mamori-control=") and len(word) == 47
    opening = office.desk.open_entry(mine.id, ticket, f' "{word}" ', office.bob)
    lines = (office.out / "log.jsonl").read_bytes().splitlines()
    head = public_log.head(lines)
    assert verify(opening, head.root, head.size).version == 1
    assert opening.entry == mine.to_bytes()
    shown = opening.to_bytes()
    assert not any(one.id.encode() in shown or one.name.encode() in shown for one in others)
    with pytest.raises(OperatorFault, match="no entry of version 2"):
        office.desk.open_entry(mine.id, ticket, word, office.bob, version=2)
    with pytest.raises(OperatorFault, match="version 9 has no line"):
        office.desk.open_entry(mine.id, ticket, word, office.bob, version=9)


def test_without_proof_of_control_nothing_is_opened(office: Office) -> None:
    """The word is of this ticket, this entry and this desk; a ticket about something else opens nothing."""
    mine, other = entry("mine.example"), entry("other.example")
    office.add([mine, other], office.alice, office.bob)
    office.publish()
    ticket, foreign = objected(office, mine.id), objected(office, other.id)
    words = {
        office.desk.control_word(mine.id, ticket, office.alice),
        office.desk.control_word(other.id, foreign, office.bob),
    }
    assert len(words) == 2
    with pytest.raises(Refusal, match="nothing was opened"):
        office.desk.open_entry(mine.id, ticket, office.desk.control_word(other.id, foreign, office.alice), office.alice)
    with pytest.raises(OperatorFault, match="not about"):
        office.desk.control_word(mine.id, foreign, office.alice)


def test_what_was_never_published_has_no_proof(office: Office) -> None:
    """A draft an objection was raised about."""
    mine = entry("mine.example")
    office.add([mine], office.alice)
    ticket = objected(office, mine.id)
    word = office.desk.control_word(mine.id, ticket, office.alice)
    with pytest.raises(OperatorFault, match="never published"):
        office.desk.open_entry(mine.id, ticket, word, office.alice)
