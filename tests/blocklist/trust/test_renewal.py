"""Which mirror is asked for what, and what of it is taken up although something else is wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from blocklist.trust.outcome import Kind
from blocklist.trust.reasons import Reason
from blocklist.trust.subscription import Subscription
from tests.blocklist.trust.conftest import MIRROR, Isp
from tests.blocklist.trust.list_body import ListBody, MemoryTransport, names, twisted

TEN = names(*range(10))
OTHER = "https://two.invalid/"


@pytest.fixture
def subscription(isp: Isp, body: ListBody) -> Subscription:
    """A subscriber that enforces version 1 of ten names, with two mirrors."""
    isp.urls = (MIRROR, OTHER)
    isp.transport = MemoryTransport({MIRROR: dict(body.files), OTHER: body.files})
    body.publish(TEN)
    isp.transport.sites[MIRROR] = body.files
    subscription = isp.subscribe()
    assert subscription.refresh().kind is Kind.UPDATED
    isp.clock.pass_seconds(60)
    return subscription


def state(subscription: Subscription) -> tuple[int, int, int]:
    status = subscription.status()
    return status.version, status.entries, status.withdrawn


def test_withdrawal_comes_with_an_unchanged_index(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """No new version is needed, and an unchanged file is not fetched again."""
    body.withdraw(TEN[:2], isp.clock.utc)
    assert subscription.refresh().kind is Kind.UPDATED
    assert state(subscription) == (1, 8, 2)
    assert isp.transport is not None
    isp.transport.asked.clear()
    body.stamp(isp.clock.utc + timedelta(seconds=1))
    assert subscription.refresh().kind is Kind.UNCHANGED
    assert not [path for path in isp.transport.asked if path.startswith("/targets/withdraw/")]
    assert state(isp.subscribe()) == (1, 8, 2)


def test_withdrawal_is_taken_though_the_update_is_held(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """A guard holds the additions; what a duty officer takes out comes out all the same."""
    body.withdraw(TEN[:1], isp.clock.utc)
    body.publish(names(*range(100)), isp.clock.utc)
    assert subscription.refresh().kind is Kind.HELD
    assert state(subscription) == (2, 9, 1)


def test_withdrawal_is_taken_though_the_update_fails(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """A bad index is the editors' fault; the failure is told, tried again, and the withdrawal is in force."""
    body.withdraw(TEN[:1], isp.clock.utc)
    body.publish(TEN[:9], isp.clock.utc, twist=twisted(count=8))
    assert subscription.refresh().reason is Reason.LIST_FILE
    assert state(subscription) == (1, 9, 1)
    assert subscription.refresh().kind is Kind.FAILED


@pytest.mark.parametrize("lacks", ["/targets/withdraw/", ".withdraw.json"])
@pytest.mark.parametrize("tampers", [False, True])
def test_withdrawals_a_mirror_holds_back_are_fetched_from_the_next(
    subscription: Subscription, isp: Isp, body: ListBody, lacks: str, tampers: bool
) -> None:
    """Its snapshot is fresh, role or file is not there, or another: counted, and the next mirror is asked."""
    body.withdraw(TEN[:1], isp.clock.utc)
    served = {path: data for path, data in body.files.items() if lacks not in path}
    if tampers:
        served |= {path: b"{}" + data for path, data in body.files.items() if lacks in path}
    assert isp.transport is not None
    isp.transport.sites[MIRROR] = served
    assert subscription.refresh().kind is Kind.UPDATED
    assert state(subscription) == (1, 9, 1)
    counts = subscription.status().failures
    assert counts[Reason.HTTP_STATUS] == int(not tampers)
    assert sum(counts.values()) == 1
    assert subscription.explain()["mirrors"][1]["last"] == "updated"


def test_withdrawals_no_mirror_has_are_asked_for_again(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Nothing is noted as worked through, so that the next tick brings them without a new timestamp."""
    body.withdraw(TEN[:1], isp.clock.utc)
    whole = dict(body.files)
    for path in [path for path in body.files if path.startswith("/targets/withdraw/")]:
        del body.files[path]
    assert subscription.refresh().kind is Kind.UNCHANGED
    body.files |= whole
    assert subscription.refresh().kind is Kind.UPDATED
    assert state(subscription) == (1, 9, 1)


@pytest.mark.parametrize(("missing", "reason"), [(True, Reason.WITHDRAW_MISSING), (False, Reason.WITHDRAW_EXPIRED)])
def test_missing_or_expired_withdrawals_are_an_alarm_only(
    subscription: Subscription, isp: Isp, body: ListBody, missing: bool, reason: Reason
) -> None:
    """The list is updated, and what is withdrawn stays out."""
    body.withdraw(TEN[:1], isp.clock.utc)
    subscription.refresh()
    if missing:
        body.put_withdrawals({}, isp.clock.utc)
    else:
        body.sign_withdrawals((), isp.clock.utc - timedelta(days=8))
    body.publish((*TEN, *names(11)), isp.clock.utc)
    assert subscription.refresh().kind is Kind.UPDATED
    assert (state(subscription), subscription.status().failures[reason]) == ((2, 10, 1), 1)


def test_body_without_a_withdraw_role_is_told(isp: Isp, body: ListBody) -> None:
    """A list body of the release before has none: its list is enforced, and the alarm says what is missing."""
    body.with_withdrawals = False
    body.publish(TEN)
    subscription = isp.subscribe()
    assert subscription.refresh().kind is Kind.UPDATED
    assert subscription.status().failures[Reason.WITHDRAW_MISSING] == 1


def test_replayed_withdrawals_are_refused(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """A duty key that signs a lower serial under a higher role version gains nothing."""
    body.withdraw(TEN[:2], isp.clock.utc, serial=9)
    subscription.refresh()
    body.withdraw(TEN[:1], isp.clock.utc, serial=8)
    assert subscription.refresh().kind is Kind.UNCHANGED
    assert (state(subscription), subscription.status().failures[Reason.WITHDRAW]) == ((1, 8, 2), 1)


def test_withdrawals_of_another_epoch_are_refused(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """They open with its keys only, and say so."""
    body.secrets[2] = bytes(32)
    body.withdraw(TEN[:2], isp.clock.utc, epoch=2)
    subscription.refresh()
    assert (state(subscription), subscription.status().failures[Reason.WITHDRAW]) == ((1, 10, 0), 1)
