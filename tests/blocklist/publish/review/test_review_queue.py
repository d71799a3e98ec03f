"""What waits on a desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import asdict, fields

from blocklist.publish.review.review_queue import ReviewItem, Worklist, review_queue, worklist
from tests.blocklist.publish.support import NOW, Office, entry

DAY = NOW.date()


def dated(name: str, review: int, last: int) -> Any:
    return entry(name, review_by=DAY + timedelta(days=review), not_after=DAY + timedelta(days=last))


def test_the_queue_is_blind_and_gives_nobody_her_own(office: Office) -> None:
    """Due ones only, most urgent first; an item has no field for who listed or approved it."""
    due, late, later = dated("due.example", 0, 40), dated("late.example", -3, 40), dated("later.example", 1, 40)
    office.desk.insert([due, late], office.alice)
    office.desk.insert([later], office.bob)
    office.desk.approve(office.carol, [due.id])
    assert [one.id for one in review_queue(office.desk, DAY)] == [late.id, due.id]
    assert [one.id for one in review_queue(office.desk, DAY + timedelta(days=1), "alice")] == [later.id]
    assert {field.name for field in fields(ReviewItem)}.isdisjoint({"drafted_by", "approved_by", "name"})
    told = repr(asdict(review_queue(office.desk, DAY)[0]))
    assert not {"alice", "bob", "carol", "late.example"} & set(told.replace("'", " ").split())


def test_what_was_extended_is_not_asked_for_again(office: Office) -> None:
    """Until the extension is rejected."""
    one = dated("one.example", 0, 5)
    office.add([one])
    new = office.desk.extend([one.id], office.bob, NOW, DAY + timedelta(days=50))[one.id]
    assert review_queue(office.desk, DAY) == ()
    assert worklist(office.desk, DAY, DAY).ending_within_7_days == ()
    office.desk.reject([new], office.alice, NOW, "not_verified")
    assert [item.id for item in review_queue(office.desk, DAY)] == [one.id]


def test_the_worklist_names_everything_that_waits(office: Office) -> None:
    """Approvals, reviews, ends, suspensions, requests, objections."""
    week, month, long_ = dated("w.example", 2, 7), dated("m.example", 9, 30), dated("l.example", 31, 31)
    gone = dated("g.example", -2, -1)
    office.add([week, month, long_, gone])
    for editor in (office.alice, office.bob):
        office.desk.approve(editor, [week.id, month.id, gone.id])
    office.desk.suspend([month.id], office.carol, NOW, "doubt")
    office.desk.request_removal([week.id, long_.id], office.bob, NOW, "hotline", DAY)
    office.desk.remove([long_.id], office.bob, NOW)
    first = office.desk.open_objection([week.id], office.bob, NOW, received=DAY).ticket
    second = office.desk.open_objection([], office.bob, NOW, received=DAY - timedelta(days=8)).ticket
    office.desk.acknowledge_objection(second, office.bob, NOW, DAY)
    assert worklist(office.desk, DAY, DAY) == Worklist(
        waiting_for_approval=(),
        taken_off_before=(),
        to_review=(gone.id,),
        ending_within_7_days=(week.id,),
        ending_within_30_days=(week.id, month.id),
        expired=(gone.id,),
        suspended=(month.id,),
        asked_at_source=(week.id,),
        objections_to_acknowledge=(first,),
        objections_to_decide=(first, second),
        objections_overdue=(second,),
    )


def test_what_waits_for_approval(office: Office) -> None:
    """One approval is not enough."""
    one, two = entry("one.example"), entry("two.example")
    office.add([one, two], office.alice)
    office.desk.approve(office.bob, [two.id])
    assert worklist(office.desk, DAY, DAY).waiting_for_approval == (one.id,)


def test_what_was_listed_in_error_once_is_pointed_out(office: Office) -> None:
    """A hand-over that brings it again is taken in, but nobody approves it unawares."""
    wrong, old, plain = entry("wrong.example"), entry("old.example"), entry("plain.example")
    office.add([wrong, old, plain], office.alice, office.bob)
    office.desk.remove([wrong.id], office.bob, NOW, "listed_in_error")
    office.desk.remove([plain.id], office.bob, NOW)
    ticket = office.desk.open_objection([old.id], office.bob, NOW, received=DAY).ticket
    office.desk.decide_objection(ticket, office.carol, NOW, "upheld")
    again = [entry("wrong.example"), entry("old.example"), entry("plain.example"), entry("new.example")]
    office.add(again, office.alice)
    expected = tuple(sorted([again[0].id, again[1].id]))
    assert worklist(office.desk, DAY, DAY).taken_off_before == expected
    office.desk.approve(office.bob, [again[0].id])
    assert worklist(office.desk, DAY, DAY).taken_off_before == (again[1].id,)
