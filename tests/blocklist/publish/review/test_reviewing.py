"""Seeing and approving."""

from __future__ import annotations

from datetime import timedelta

import pytest

from blocklist.errors import OperatorFault
from blocklist.publish.faults import Refusal
from tests.blocklist.publish.support import NOW, Office, entry


def test_approve_all_signs_only_what_was_shown(office: Office) -> None:
    """An entry that came after the diff is not signed unseen; nor is anything without a diff."""
    office.add([entry("seen.example")])
    with pytest.raises(Refusal, match="not what you were shown"):
        office.desk.approve_all(office.bob, NOW)
    shown = office.desk.diff(office.bob, NOW)
    office.add([entry("late.example")])
    with pytest.raises(Refusal, match="not what you were shown"):
        office.desk.approve_all(office.bob, NOW)
    with pytest.raises(Refusal, match="not what you were shown"):
        office.desk.approve_all(office.bob, NOW, shown.digest)
    shown = office.desk.diff(office.alice, NOW)
    assert office.desk.approve_all(office.bob, NOW, shown.digest) == 2
    assert office.desk.approve_all(office.bob, NOW, shown.digest) == 0


def test_a_state_written_in_the_master_is_none_she_saw(office: Office) -> None:
    """Whoever changes the desk after a diff cannot book the new state as seen."""
    office.add([entry("seen.example")])
    office.desk.diff(office.bob, NOW)
    office.add([entry("late.example")])
    state = office.desk.diff(office.alice, NOW).digest
    for mark in (state, office.desk._master.seen("alice")):
        office.desk._master.put_seen("bob", str(mark))
        with pytest.raises(Refusal, match="not what you were shown"):
            office.desk.approve_all(office.bob, NOW)


def test_an_entry_changed_after_it_was_shown_is_not_approved(office: Office) -> None:
    """Her key covers the entry she was shown, so that the one that took its place proves nothing."""
    shown = entry("shown.example")
    office.add([shown], office.alice)
    office.desk._master._db.execute("UPDATE entries SET facts = replace(facts, 'host', 'domain')")
    assert office.desk.approve_shown(office.bob, [shown]) == 1
    assert list(office.desk.assembled(office.bob, NOW, mine_only=True).entries) == []
    with pytest.raises(OperatorFault, match="nothing was approved"):
        office.desk.approve_shown(office.bob, [entry("never.example")])


def test_approving_or_removing_an_unknown_id_changes_nothing(office: Office) -> None:
    """All or none."""
    one = entry()
    office.add([one])
    with pytest.raises(OperatorFault, match="nothing was approved"):
        office.desk.approve(office.bob, [one.id, "01AAAAAAAAAAAAAAAAAAAAAAAA"])
    with pytest.raises(OperatorFault, match="nothing was changed"):
        office.desk.remove([one.id, "01AAAAAAAAAAAAAAAAAAAAAAAA"], office.bob, NOW)
    assert office.desk.diff(office.bob, NOW).waiting == (one.id,)


def test_the_diff_counts_what_waits_and_what_expired(office: Office) -> None:
    """Ids only, against the published version."""
    done, waits, old = entry("done.example"), entry("waits.example"), entry("old.example", not_after=NOW.date())
    office.add([done, old], office.alice, office.bob)
    office.publish()
    office.add([waits], office.alice)
    shown = office.desk.diff(office.carol, NOW + timedelta(days=1))
    assert (shown.added, shown.removed, shown.waiting, shown.expired) == (
        (waits.id,), (old.id,), (waits.id,), (old.id,),
    )  # fmt: skip
