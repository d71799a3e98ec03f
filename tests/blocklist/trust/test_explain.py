"""Why a list is enforced as it is, in data and words."""

from __future__ import annotations

import json

import pytest

from blocklist.guards import ADDS, NEVER_LIST, PUBLIC_SUFFIX, REMOVALS
from blocklist.manifest import Bulk
from blocklist.trust.explain import WHY
from blocklist.trust.outcome import Kind
from blocklist.trust.rules.mask import ON_TRIAL
from blocklist.trust.subscription import Subscription
from tests.blocklist.trust.conftest import MIRROR, Isp
from tests.blocklist.trust.list_body import ListBody, names

TEN = names(*range(10))


@pytest.fixture
def subscription(isp: Isp, body: ListBody) -> Subscription:
    body.publish(TEN)
    subscription = isp.subscribe()
    subscription.refresh()
    isp.clock.pass_seconds(60)
    return subscription


def test_nothing_yet_is_said(isp: Isp) -> None:
    """Before the first list there is something to say, too."""
    told = isp.subscribe().explain()
    assert told["words"] == ["No version is in force yet: nothing of this list is blocked."]
    assert told["staleness"]["state"] == "none"


def test_all_is_well(subscription: Subscription) -> None:
    """One sentence, nothing to do, and all of it JSON."""
    told = subscription.explain()
    assert told["words"] == ["Version 1 (epoch 1) is in force with 10 entries."]
    assert (told["do"], told["guards"], told["announcement"]) == ([], [], None)
    assert [each["last"] for each in told["mirrors"]] == ["updated"]
    assert json.loads(json.dumps(told)) == told


def test_guard_with_its_count_and_limit(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Which guard, how many, what would have been allowed, why, and what to do about it."""
    body.publish(names(*range(100)), isp.clock.utc)
    subscription.refresh()
    told = subscription.explain()
    assert told["guards"] == [{"guard": "adds", "count": 90, "limit": 50, "why": WHY[ADDS]}]
    assert "adds: 90 entries wait, the limit is 50" in told["words"][1]
    assert "mamori list reject" in told["do"][0]


def test_withdrawals_and_their_lapse(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """How many are out, how many refused by which cap, and until when."""
    body.withdraw(TEN[:5], isp.clock.utc)
    subscription.refresh()
    told = subscription.explain()
    out = {key: told["withdrawals"][key] for key in ("serial", "named", "in_force", "over_cap", "lapsed", "cap")}
    assert out == {"serial": 2, "named": 5, "in_force": 3, "over_cap": 2, "lapsed": 0, "cap": 3}
    assert told["withdrawals"]["next_lapse"] == "2026-11-25T03:01:00Z"
    assert len(told["do"]) == 1


def test_withdrawals_that_cannot_be_followed(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Why, and whom to tell; once they are in order it is not said any more."""
    body.put_withdrawals({}, isp.clock.utc)
    body.publish(TEN, isp.clock.utc)
    subscription.refresh()
    told = subscription.explain()
    assert "signs no withdraw/current" in told["withdrawals"]["trouble"]
    assert told["withdrawals"]["trouble"] in told["words"][-1]
    assert "correction" in told["do"][0]
    isp.clock.pass_seconds(60)
    body.withdraw(TEN[:1], isp.clock.utc, serial=1)  # the first file had this serial, too
    subscription.refresh()
    assert subscription.explain()["withdrawals"]["trouble"] == ""
    isp.clock.pass_seconds(60)
    body.secrets[2] = bytes(32)
    body.withdraw(TEN[:1], isp.clock.utc, epoch=2)
    subscription.refresh()
    assert "epoch 1" in subscription.explain()["withdrawals"]["trouble"]


def test_announcement_and_when_it_counts(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """By this host's own clock."""
    body.publish(TEN, isp.clock.utc, bulk=Bulk(3, 90, 0))
    subscription.refresh()
    told = subscription.explain()
    assert told["announcement"] == {"version": 3, "adds": 90, "removals": 0, "counts_from": "2026-11-22T04:01:00Z"}


def test_waiting_epoch_rollback_and_age(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Each has its sentence and its advice."""
    body.publish(TEN[:9], isp.clock.utc)
    subscription.refresh()
    subscription.rollback()
    isp.clock.pass_seconds(2 * 3600)
    told = subscription.explain()
    assert (told["version"]["rolled_back_from"], told["staleness"]["state"]) == (2, "warn")
    isp.clock.pass_seconds(60)
    body.publish(TEN, isp.clock.utc, epoch=2)
    subscription.refresh()
    told = subscription.explain()
    assert [held["guard"] for held in told["guards"]] == ["epoch_change"]
    assert any(line.startswith("epoch_change: new keys wait") for line in told["words"])
    assert "keys" in told["do"][0]
    isp.clock.wall += 1e8
    assert "clock" in subscription.explain()["do"][-1]


def test_rewritten_public_record_is_told_until_a_new_root(isp: Isp, body: ListBody) -> None:
    """With both heads in words, at each look and after a restart, while the list goes on; a new root forgets it."""
    body.with_log = True
    body.publish(TEN)
    body.publish(TEN)
    subscription = isp.subscribe()
    subscription.refresh()
    del body.log_lines[0]
    isp.clock.pass_seconds(60)
    body.publish(TEN[1:], isp.clock.utc)
    assert subscription.refresh().kind is Kind.UPDATED
    for each in (subscription, isp.subscribe()):
        told = each.explain()
        assert told["log_contradiction"] in next(word for word in told["words"] if "rewrote" in word)
        assert "key custodian" in told["do"][0]
        assert told["log_size"] == 2
    other = ListBody(body.publics)
    other.with_log = True
    other.publish(TEN, isp.clock.utc)
    isp.root = other.pinned
    assert isp.transport is not None
    isp.transport.sites[MIRROR] = other.files
    renewed = isp.subscribe()
    renewed.refresh()
    assert (renewed.explain()["log_contradiction"], renewed.status().log_size) == ("", 1)


def test_every_guard_has_its_words() -> None:
    """A guard without an explanation would end `explain` with a KeyError."""
    assert {ADDS, REMOVALS, PUBLIC_SUFFIX, NEVER_LIST, *ON_TRIAL} <= set(WHY)


def test_explanation_holds_no_listed_name(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Nor a token."""
    body.publish(names(*range(100)), isp.clock.utc)
    subscription.refresh()
    assert "listed" not in json.dumps(subscription.explain())
