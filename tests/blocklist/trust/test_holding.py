"""What one host holds of a list through updates, withdrawals, set-asides and restarts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from attrs import evolve

from blocklist.manifest import Bulk, Manifest, RekeyOf
from blocklist.names import to_wire
from blocklist.tokens import domain_token
from blocklist.trust.outcome import Kind
from blocklist.trust.reasons import Reason
from blocklist.trust.rules.token_sets import holds
from blocklist.trust.subscription import Subscription
from tests.blocklist.trust.conftest import Isp
from tests.blocklist.trust.list_body import ListBody, names, twisted

TEN, MANY = names(*range(10)), names(*range(40))
HOUR = 3600.0


@pytest.fixture
def subscription(isp: Isp, body: ListBody) -> Subscription:
    """A subscriber whose workers have version 1 of ten names in force."""
    body.publish(TEN)
    return renewed(isp.subscribe(), isp, 1)


def renewed(subscription: Subscription, isp: Isp, good: int = 0) -> Subscription:
    assert subscription.refresh().kind in (Kind.UPDATED, Kind.HELD)
    if good:
        subscription.mark_good(good)
    isp.clock.pass_seconds(60)
    return subscription


def blocked(subscription: Subscription, listed: Sequence[str]) -> set[str]:
    """Which of some names the image blocks."""
    image = subscription.image(())
    assert image is not None
    return {name for name in listed if holds(image.records, domain_token(image.token_key, to_wire(name)))}


def on_trial(subscription: Subscription) -> int:
    """How many entries the canary has still to try."""
    return len(subscription.unproven()) // 16


def counts(subscription: Subscription) -> tuple[int, int, int, int]:
    """Entries in force, held, withdrawn, and withdrawals refused."""
    status = subscription.status()
    return status.entries, status.held_entries, status.withdrawn, status.withdrawals_refused


# --- withdrawals ------------------------------------------------------------------------------------------


def test_new_entries_are_withdrawn_whole_and_old_ones_up_to_the_cap(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """Thirty added a minute ago: all out. Of the first list three; the fourth is refused and alarmed."""
    body.publish(MANY, isp.clock.utc)
    renewed(subscription, isp)
    body.withdraw(MANY[6:], isp.clock.utc)
    renewed(subscription, isp)
    assert counts(subscription) == (7, 0, 33, 1)
    assert subscription.status().failures[Reason.WITHDRAW_CAP] == 1
    assert counts(isp.subscribe()) == (7, 0, 33, 1)


def test_entries_are_old_after_72_hours(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """By this host's own clock, since it first enforced them."""
    body.publish(MANY, isp.clock.utc)
    renewed(subscription, isp)
    isp.clock.pass_seconds(72 * HOUR - 60)
    body.withdraw(MANY[10:], isp.clock.utc)
    renewed(subscription, isp)
    assert counts(subscription) == (37, 0, 3, 27)


def test_withdrawn_entries_come_back_after_72_hours_unless_confirmed(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """The image has them by the time alone, and the next refresh alarms; naming them again changes nothing."""
    body.withdraw(TEN[:2], isp.clock.utc)
    renewed(subscription, isp)
    lapse = subscription.next_lapse(isp.clock.now())
    assert lapse == isp.clock.now() - 60 + 72 * HOUR
    isp.clock.pass_seconds(lapse - isp.clock.now())
    assert blocked(subscription, TEN) == set(TEN)
    body.withdraw(TEN[:2], isp.clock.utc)
    assert subscription.refresh().kind is Kind.UPDATED
    assert counts(subscription) == (10, 0, 0, 2)
    assert subscription.status().failures[Reason.WITHDRAW_LAPSED] == 1
    assert subscription.refresh().kind is Kind.UNCHANGED


def test_confirmed_withdrawal_is_over(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """The editors' next version lacks the entry: no removal to the guards, and nothing left to lapse."""
    body.withdraw(TEN[:3], isp.clock.utc)
    renewed(subscription, isp)
    body.publish(TEN[3:], isp.clock.utc, twist=twisted(withdrawals_seen=2))
    assert subscription.refresh().kind is Kind.UPDATED
    assert counts(subscription) == (7, 0, 0, 0)
    assert subscription.next_lapse(isp.clock.now()) is None


def test_announced_accident_is_undone_whole(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Announced, added after the wait, found wrong an hour later: all out at once, and the editors' confirmation is no
    mass removal to the guard."""
    accident = names(*range(1000, 1300))
    body.publish(TEN, isp.clock.utc, bulk=Bulk(3, len(accident), 0))
    renewed(subscription, isp, 2)
    isp.clock.pass_seconds(HOUR)
    body.publish((*TEN, *accident), isp.clock.utc)
    renewed(subscription, isp, 3)
    assert counts(subscription) == (310, 0, 0, 0)
    isp.clock.pass_seconds(HOUR)
    serial = body.withdraw(accident, isp.clock.utc)
    renewed(subscription, isp)
    assert counts(subscription) == (10, 0, 300, 0)
    body.publish(TEN, isp.clock.utc, twist=twisted(withdrawals_seen=serial))
    renewed(subscription, isp)
    assert counts(subscription) == (10, 0, 0, 0)


def test_editors_overrule_a_withdrawal(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """A version that saw the serial and still lists the entry counts at once, and no guard calls it an addition."""
    serial = body.withdraw(TEN[:3], isp.clock.utc)
    renewed(subscription, isp)
    body.publish(TEN, isp.clock.utc, twist=twisted(withdrawals_seen=serial))
    assert subscription.refresh().kind is Kind.UPDATED
    assert counts(subscription) == (10, 0, 0, 0)
    assert on_trial(subscription) == 0


def test_withdrawal_before_its_addition(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """A host that is behind knows the withdrawal already: the entry never comes into force."""
    body.withdraw(names(20), isp.clock.utc)
    renewed_unchanged(subscription, isp)
    body.publish((*TEN, *names(20, 21)), isp.clock.utc)
    renewed(subscription, isp)
    assert blocked(subscription, MANY) == {*TEN, *names(21)}
    isp.clock.pass_seconds(72 * HOUR)
    body.stamp(isp.clock.utc)
    assert subscription.refresh().kind is Kind.UPDATED
    assert blocked(subscription, names(20)) == set(names(20))
    assert on_trial(subscription) >= 1  # it is in force for the first time: the canary looks at it


@pytest.mark.parametrize("first", [True, False], ids=["first list", "new keys"])
def test_withdrawals_hold_for_a_set_that_was_held_as_a_whole(isp: Isp, body: ListBody, first: bool) -> None:
    """What a duty officer took out while the set waited for the NOC is out of it from the first moment."""
    isp.never = ("portal.isp.example",)
    if not first:
        body.publish(TEN)
    subscription = isp.subscribe()
    subscription.refresh()
    isp.clock.pass_seconds(60)
    body.publish((*TEN, "isp.example"), isp.clock.utc, epoch=1 if first else 2)
    subscription.refresh()
    if not first:
        subscription.accept()  # the change of epoch; the never-list then holds the new set whole
    assert "never_list" in subscription.status().held_by
    isp.clock.pass_seconds(60)
    body.withdraw(TEN[:2], isp.clock.utc, epoch=1 if first else 2)
    subscription.refresh()
    isp.clock.pass_seconds(60)
    subscription.accept()
    assert blocked(subscription, TEN) == set(TEN[2:])


def test_withdrawal_before_the_first_list_of_a_newly_pinned_root(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """It is taken out of the list in force, and the first one under the new root forgets none of it."""
    again = ListBody(body.publics, secrets=body.secrets)
    again.publish(TEN, isp.clock.utc, version=7)
    again.withdraw(TEN[:2], isp.clock.utc)
    (full,) = (path for path in again.files if path.endswith(".full"))
    data = again.files.pop(full)
    repinned = Isp(isp.folder, again, clock=isp.clock).subscribe()
    assert repinned.refresh().kind is Kind.FAILED
    assert blocked(repinned, TEN) == set(TEN[2:])
    again.files[full] = data
    assert repinned.refresh().kind is Kind.UPDATED
    assert blocked(repinned, TEN) == set(TEN[2:])


def test_withdrawal_named_before_its_addition_outlives_a_kill(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """Killed after the version was written and before the state was: the entry does not come into force."""
    body.withdraw(names(20), isp.clock.utc)
    renewed_unchanged(subscription, isp)
    state = isp.folder / "list" / "state.sealed"
    before = state.read_bytes()
    body.publish((*TEN, *names(20, 21)), isp.clock.utc)
    renewed(subscription, isp)
    state.write_bytes(before)
    again = isp.subscribe()
    assert blocked(again, MANY) == {*TEN, *names(21)}
    again.refresh()
    assert blocked(again, MANY) == {*TEN, *names(21)}


def test_withdrawals_taken_while_a_version_waits_are_kept(isp: Isp, body: ListBody) -> None:
    """A version all of whose entries are held waits beside the one in force, whose withdrawals go on meanwhile."""
    isp.never = ("isp.example",)
    subscription = isp.subscribe()
    body.publish(TEN, bulk=Bulk(2, 0, 10))
    renewed(subscription, isp, 1)
    isp.clock.pass_seconds(2 * HOUR)
    body.publish(("isp.example", *names(20)), isp.clock.utc)
    renewed(subscription, isp)
    assert (subscription.status().version, subscription.status().held_entries) == (1, 2)
    body.withdraw(names(20), isp.clock.utc)
    subscription.refresh()
    subscription.accept()
    assert blocked(subscription, ("isp.example", *names(20))) == {"isp.example"}


def renewed_unchanged(subscription: Subscription, isp: Isp) -> None:
    assert subscription.refresh().kind is Kind.UNCHANGED
    isp.clock.pass_seconds(60)


def test_clock_far_ahead_lets_no_withdrawal_lapse(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """They run on trusted time, as entries do."""
    body.withdraw(TEN[:2], isp.clock.utc)
    renewed(subscription, isp)
    isp.clock.wall += 400 * 24 * HOUR
    assert blocked(subscription, TEN) == set(TEN[2:])


def test_rollback_keeps_withdrawals_in_force(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Going back a version brings nothing back that a duty officer still names."""
    body.publish((*TEN, *names(11)), isp.clock.utc)
    renewed(subscription, isp, 2)
    body.withdraw(TEN[:1], isp.clock.utc)
    renewed(subscription, isp)
    assert subscription.rollback().kind is Kind.UPDATED
    assert blocked(subscription, MANY) == blocked(isp.subscribe(), MANY) == set(TEN[1:])


def test_one_lists_withdrawal_leaves_another_lists_entry(isp: Isp, body: ListBody) -> None:
    """Each list has its own state: what list A withdraws, list B goes on blocking."""
    body.publish(TEN)
    first = renewed(isp.subscribe(), isp)
    body.withdraw(TEN[:1], isp.clock.utc)
    renewed(first, isp)
    other = ListBody(body.publics)
    other.publish(TEN, isp.clock.utc)
    second = Isp(isp.folder / "b", other, isp.clock).subscribe()
    renewed(second, isp)
    assert (blocked(first, TEN), blocked(second, TEN)) == (set(TEN[1:]), set(TEN))


# --- canary, breaker, the NOC -----------------------------------------------------------------------------


def test_canary_holds_what_is_on_trial(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """The additions wait, the removals of the version stay; a restart knows; a later version does not slip them in."""
    body.publish(MANY[1:], isp.clock.utc)
    renewed(subscription, isp)
    assert on_trial(subscription) == 30
    outcome = subscription.set_aside("canary", 2)
    assert (outcome.kind, outcome.reason) == (Kind.HELD, Reason.CANARY)
    assert blocked(subscription, MANY) == blocked(isp.subscribe(), MANY) == set(TEN[1:])
    assert (subscription.status().held_by, on_trial(subscription)) == (("canary",), 0)
    body.publish((*MANY[1:], *names(50)), isp.clock.utc)
    assert subscription.refresh().kind is Kind.HELD
    assert counts(subscription)[:2] == (10, 30)
    assert blocked(subscription, names(50)) == set(names(50))


def test_canarys_word_on_an_earlier_version_is_out_of_date(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """The version it tried was replaced meanwhile; the new one is tried by itself."""
    body.publish(MANY, isp.clock.utc)
    renewed(subscription, isp)
    assert subscription.set_aside("canary", 1).kind is Kind.UNCHANGED
    assert on_trial(subscription) == 30


def test_trial_is_repeated_after_a_crash_and_over_once_good(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """A version stored but never in force in all workers is on trial again, however late; a first list never is."""
    assert on_trial(isp.subscribe()) == 0
    body.publish(MANY, isp.clock.utc)
    renewed(subscription, isp)
    isp.clock.pass_seconds(2 * HOUR)
    again = isp.subscribe()
    image = again.image(())
    assert image is not None
    assert (on_trial(again), len(image.fresh) // 16) == (30, 30)
    again.mark_good(1)  # the word on the version before may come late
    assert on_trial(again) == 30
    again.mark_good(2)
    assert (on_trial(again), on_trial(isp.subscribe())) == (0, 0)


def test_breaker_sets_aside_what_is_in_force_less_than_half_an_hour(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """All of it, over versions; nothing that was in force longer."""
    body.publish(MANY[:20], isp.clock.utc)
    renewed(subscription, isp, 2)
    isp.clock.pass_seconds(0.5 * HOUR)
    body.publish(MANY[:30], isp.clock.utc)
    renewed(subscription, isp, 3)
    body.publish(MANY, isp.clock.utc)
    renewed(subscription, isp, 4)
    outcome = subscription.set_aside("breaker", 4)
    assert (outcome.kind, outcome.reason) == (Kind.HELD, Reason.BREAKER)
    assert blocked(subscription, MANY) == set(MANY[:20])
    assert subscription.status().failures[Reason.BREAKER] == 1
    assert subscription.set_aside("breaker", 4).kind is Kind.UNCHANGED


def test_accepted_by_the_noc_is_not_tried_again(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """What the breaker held is back after `accept`; neither canary nor breaker fights the NOC over it."""
    body.publish(MANY, isp.clock.utc)
    renewed(subscription, isp, 2)
    subscription.set_aside("breaker", 2)
    assert subscription.accept().kind is Kind.UPDATED
    image = subscription.image(())
    assert image is not None
    assert (counts(subscription), on_trial(subscription), image.fresh) == ((40, 0, 0, 0), 0, b"")
    body.withdraw(MANY[10:], isp.clock.utc)  # but an accident may still be undone whole
    renewed(subscription, isp)
    assert counts(subscription) == (10, 0, 30, 0)


def test_accepted_after_a_size_guard_is_tried(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """The NOC answered for the number, not for what customers ask: the canary looks."""
    body.publish(names(*range(100)), isp.clock.utc)
    renewed(subscription, isp, 2)
    assert on_trial(subscription) == 0
    subscription.accept()
    assert (on_trial(subscription), on_trial(isp.subscribe())) == (90, 90)


def test_rejected_additions_stay_out_without_an_alarm(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Across restarts and versions, until the list body takes them back or the NOC accepts them after all."""
    hundred = names(*range(100))
    body.publish(hundred, isp.clock.utc)
    renewed(subscription, isp)
    assert subscription.reject().kind is Kind.UNCHANGED
    again = isp.subscribe()
    assert (counts(again)[:2], again.status().held_by) == ((10, 0), ())
    body.publish((*hundred, *names(200)), isp.clock.utc)
    assert again.refresh().kind is Kind.UPDATED
    assert blocked(again, (*hundred, *names(200))) == {*TEN, *names(200)}
    assert again.explain()["rejected"] == 90
    assert again.accept().kind is Kind.UPDATED
    assert counts(again)[:2] == (101, 0)


def test_accepting_what_waits_leaves_out_what_was_rejected(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """A yes to one version is no yes to what the NOC said no to before; that takes an `accept` of its own."""
    hundred, more = names(*range(100)), names(*range(200, 290))
    body.publish(hundred, isp.clock.utc)
    renewed(subscription, isp)
    subscription.reject()
    body.publish((*hundred, *more), isp.clock.utc)
    renewed(subscription, isp)
    assert subscription.accept().kind is Kind.UPDATED
    assert blocked(subscription, (*hundred, *more)) == {*TEN, *more}
    assert subscription.accept().kind is Kind.UPDATED
    assert counts(isp.subscribe())[:2] == (190, 0)


def test_rejected_additions_stay_out_after_a_rollback(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """They are not in the version gone back to; the next one lists them still, and the NOC's no holds."""
    body.publish(MANY, isp.clock.utc)
    renewed(subscription, isp)
    subscription.set_aside("canary", 2)
    subscription.reject()
    subscription.rollback()
    again = isp.subscribe()
    assert blocked(again, MANY) == set(TEN)
    body.publish((*MANY, *names(50)), isp.clock.utc)
    renewed(again, isp)
    assert blocked(again, (*MANY, *names(50))) == {*TEN, *names(50)}
    assert again.status().held_by == ()


def test_nothing_to_reject(subscription: Subscription) -> None:
    """Said, and no harm done."""
    assert subscription.reject().text.startswith("nothing is held")


def test_removed_and_added_again_is_new(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """An entry that left the list and comes back is tried like any other."""
    for version, listed in ((2, MANY), (3, (*TEN, *MANY[12:])), (4, MANY)):
        body.publish(listed, isp.clock.utc)
        renewed(subscription, isp)
        assert on_trial(subscription) == {2: 30, 3: 0, 4: 2}[version]
        subscription.mark_good(version)


# --- rekey ------------------------------------------------------------------------------------------------


def rekey(body: ListBody, isp: Isp, listed: tuple[str, ...], **fields: object) -> Manifest:
    last = body.manifest
    assert last is not None
    of = RekeyOf(last.epoch, last.version, last.set_sha256, last.count, last.full, ())
    files = {last.full.path: body.target(last.full.path)}
    return body.publish(
        listed, isp.clock.utc, epoch=last.epoch + 1, rekey_of=of, also=files, twist=lambda m: evolve(m, **fields)
    )


def test_rekeyed_set_has_no_new_entries(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Nothing is tried, and entries added a minute ago count as old: nobody can tell which they are."""
    body.publish(MANY, isp.clock.utc)
    renewed(subscription, isp)
    rekey(body, isp, MANY)
    body.withdraw((), isp.clock.utc, epoch=2)
    renewed(subscription, isp)
    assert (subscription.status().epoch, on_trial(subscription)) == (2, 0)
    body.withdraw(MANY[10:], isp.clock.utc, epoch=2)
    renewed(subscription, isp)
    assert counts(subscription) == (37, 0, 3, 27)


def test_rekey_waits_for_unconfirmed_withdrawals(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """A body that forgot to confirm: the old epoch stays, withdrawn entries stay out, the alarm says so; the withdrawal
    lapses after 72 hours and the new keys are taken then."""
    body.withdraw(TEN[:2], isp.clock.utc)
    renewed(subscription, isp)
    rekey(body, isp, TEN)
    assert subscription.refresh().reason is Reason.EPOCH_CHANGE
    assert (subscription.status().epoch, counts(subscription)) == (1, (8, 0, 2, 0))
    isp.clock.pass_seconds(72 * HOUR)
    body.stamp(isp.clock.utc)
    assert subscription.refresh().kind is Kind.UPDATED
    assert (subscription.status().epoch, counts(subscription)) == (2, (10, 0, 0, 0))


def test_rekey_whose_editors_saw_the_withdrawal_overrules_it(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """Listed still, in full knowledge: nothing is lost silently, so the new keys are taken."""
    serial = body.withdraw(TEN[:2], isp.clock.utc)
    renewed(subscription, isp)
    rekey(body, isp, TEN, withdrawals_seen=serial)
    assert subscription.refresh().kind is Kind.UPDATED
    assert (subscription.status().epoch, counts(subscription)) == (2, (10, 0, 0, 0))


def test_client_behind_a_rekey_gets_the_confirmation_first(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """The last version of the old epoch confirms the withdrawal, so the rekey can be taken in the same visit."""
    body.withdraw(TEN[:2], isp.clock.utc)
    renewed(subscription, isp)
    body.publish(TEN[2:], isp.clock.utc)
    rekey(body, isp, TEN[2:])
    body.withdraw((), isp.clock.utc, epoch=2)
    assert subscription.refresh().kind is Kind.UPDATED
    assert (subscription.status().epoch, counts(subscription)) == (2, (8, 0, 0, 0))


def test_rejected_additions_hold_a_rekey(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Under new keys they could not be left out: the old epoch stays and alarms, until the body removes them."""
    hundred = names(*range(100))
    body.publish(hundred, isp.clock.utc)
    renewed(subscription, isp)
    subscription.reject()
    rekey(body, isp, hundred)
    assert subscription.refresh().reason is Reason.EPOCH_CHANGE
    assert subscription.status().held_by == ("epoch_change",)
    assert "to remove what was rejected here" in subscription.explain()["do"][0]
    body.publish(TEN, isp.clock.utc, epoch=1)
    assert subscription.refresh().kind is Kind.UPDATED
    rekey(body, isp, TEN)
    assert subscription.refresh().kind is Kind.UPDATED
    assert (subscription.status().epoch, counts(subscription)) == (2, (10, 0, 0, 0))


def test_additions_the_disk_had_no_room_for_are_still_to_be_tried(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """Workers go on confirming the version in force meanwhile; that is no word on what they never had."""
    versions = isp.folder / "list" / "versions"
    versions.rename(versions.with_name("aside"))
    versions.write_bytes(b"")  # no version can be stored
    body.publish(MANY, isp.clock.utc)
    assert subscription.refresh().reason is Reason.DISK
    subscription.mark_good(1)
    versions.unlink()
    versions.with_name("aside").rename(versions)
    again = isp.subscribe()
    again.mark_good(1)
    renewed(again, isp)
    assert again.status().version == 2
    assert on_trial(again) == 30


def test_the_word_on_an_earlier_version_proves_no_later_one(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """A version taken while workers took up the one before is still on trial, and can be set aside."""
    body.publish(MANY, isp.clock.utc)
    renewed(subscription, isp)
    subscription.mark_good(1)
    assert on_trial(subscription) == 30
    assert subscription.set_aside("canary", 2).kind is Kind.HELD
    assert counts(subscription) == (10, 30, 0, 0)
