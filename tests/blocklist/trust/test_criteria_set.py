"""A list body that changes the criteria this ISP's decision was made on."""

from __future__ import annotations

import pytest

from blocklist.trust.outcome import Kind
from blocklist.trust.subscription import Subscription
from tests.blocklist.trust.conftest import Isp
from tests.blocklist.trust.list_body import ListBody, names, twisted

TEN = names(*range(10))


@pytest.fixture
def deciding(isp: Isp, body: ListBody) -> Subscription:
    """Decided on `demo-1`, under which ten names are enforced."""
    isp.criteria_set = "demo-1"
    body.publish(TEN)
    subscription = isp.subscribe()
    assert subscription.refresh().kind is Kind.UPDATED
    isp.clock.pass_seconds(60)
    return subscription


def entries(subscription: Subscription) -> int:
    return subscription.status().entries


def test_additions_under_other_criteria_wait_for_the_isp(deciding: Subscription, body: ListBody, isp: Isp) -> None:
    """Removals of that version apply at once; what to do is said in words, and `accept` takes the additions."""
    body.publish(names(*range(1, 12)), isp.clock.utc, twist=twisted(criteria_set="demo-2"))
    assert deciding.refresh().kind is Kind.HELD
    assert (entries(deciding), deciding.status().held_by) == (9, ("criteria_set",))
    assert any("criteria set" in line for line in deciding.explain()["words"])
    assert deciding.accept().kind is Kind.UPDATED
    assert entries(deciding) == 11


def test_the_next_version_is_enforced_once_the_settings_name_the_new_set(
    deciding: Subscription, body: ListBody, isp: Isp
) -> None:
    """Nothing is left behind of the hold: what waited is an addition like any other."""
    body.publish(names(*range(11)), isp.clock.utc, twist=twisted(criteria_set="demo-2"))
    deciding.refresh()
    isp.criteria_set = "demo-2"
    isp.clock.pass_seconds(60)
    body.publish(names(*range(12)), isp.clock.utc, twist=twisted(criteria_set="demo-2"))
    again = isp.subscribe()
    assert again.refresh().kind is Kind.UPDATED
    assert entries(again) == 12


def test_a_first_list_under_other_criteria_is_not_enforced(isp: Isp, body: ListBody) -> None:
    """Nothing of it: nobody here decided on that set."""
    isp.criteria_set = "demo-9"
    body.publish(TEN)
    subscription = isp.subscribe()
    assert subscription.refresh().kind is Kind.HELD
    assert (entries(subscription), subscription.status().held_entries) == (0, 10)
    told = subscription.explain()
    assert (told["guards"][0]["guard"], told["guards"][0]["count"]) == ("criteria_set", 10)
    assert told["words"][0].startswith("No version is in force yet")
