"""From subscriptions and exemptions to an index that answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from blocklist.errors import OperatorFault
from blocklist.index import Index
from blocklist.names import to_wire
from blocklist.tokens import domain_token
from blocklist.trust.compile import compile_enforced, next_change
from blocklist.trust.local.exemptions import Exemptions
from blocklist.trust.subscription import Subscription
from tests.blocklist.trust.conftest import KEYS, Isp
from tests.blocklist.trust.list_body import ListBody, names

HOUR, DAY = 3600.0, 86400.0
ENDS = 1798761600.0  # the entries' last day is 2026-12-31


@pytest.fixture
def exemptions(tmp_path: Path, isp: Isp) -> Exemptions:
    return Exemptions(tmp_path / "exemptions.sealed", KEYS.host_key, isp.clock)


@pytest.fixture
def subscriptions(isp: Isp, body: ListBody) -> Sequence[Subscription]:
    body.publish(names(1, 2))
    subscription = isp.subscribe()
    subscription.refresh()
    return [subscription]


def test_listed_names_match_and_exempt_ones_do_not(
    subscriptions: Sequence[Subscription], exemptions: Exemptions, isp: Isp
) -> None:
    """The index blocks what is listed, but for what this ISP exempts; time runs on the monotonic clock."""
    exemptions.add(names(2)[0], match="domain", reason="r", ticket="t", not_after=isp.clock.now() + DAY)
    index = Index(compile_enforced(subscriptions, exemptions, isp.clock))
    listed, exempt, other = (index.match(to_wire(name), isp.clock.monotonic()) for name in (*names(1, 2), "o.example"))
    assert listed is not None
    assert exempt is not None
    assert (listed.exempt, listed.not_after, exempt.exempt, other) == (False, ENDS, True, None)
    assert index.match(to_wire(names(1)[0]), isp.clock.monotonic() + ENDS - isp.clock.now()) is None


def test_list_without_a_version_keeps_its_place(
    subscriptions: Sequence[Subscription], exemptions: Exemptions, isp: Isp, tmp_path: Path
) -> None:
    """Lists keep their order, so that numbers mean the same as in the configuration."""
    isp.folder = tmp_path / "empty"
    index = Index(compile_enforced([isp.subscribe(), *subscriptions], exemptions, isp.clock))
    match = index.match(to_wire(names(1)[0]), isp.clock.monotonic())
    assert match is not None
    assert match.list_number == 1


def test_additions_on_trial_are_left_out(
    subscriptions: Sequence[Subscription], exemptions: Exemptions, isp: Isp
) -> None:
    """Only those named, only of the list named."""
    image = subscriptions[0].image(())
    assert image is not None
    token = domain_token(image.token_key, to_wire(names(1)[0]))
    for but, blocked in (({image.list_id: token}, [False, True]), ({"other": token}, [True, True])):
        index = Index(compile_enforced(subscriptions, exemptions, isp.clock, but))
        assert [index.match(to_wire(name), isp.clock.monotonic()) is not None for name in names(1, 2)] == blocked


def test_clock_far_ahead_does_not_empty_the_list(
    subscriptions: Sequence[Subscription], exemptions: Exemptions, isp: Isp
) -> None:
    """With the wall clock a year ahead, workers are given trusted time and go on blocking."""
    isp.clock.wall += 365 * DAY
    index = Index(compile_enforced(subscriptions, exemptions, isp.clock))
    assert index.match(to_wire(names(1)[0]), isp.clock.monotonic()) is not None
    assert subscriptions[0].status().clock_suspect


def test_next_change_is_the_first_end_at_a_full_hour(
    subscriptions: Sequence[Subscription], exemptions: Exemptions, isp: Isp
) -> None:
    """Entries and exemptions both end; the index is compiled again at the next full hour."""
    assert next_change(subscriptions, exemptions, isp.clock) == ENDS
    exemptions.add("x.example", match="host", reason="r", ticket="t", not_after=isp.clock.now() + 1800)
    assert next_change(subscriptions, exemptions, isp.clock) == isp.clock.now() + HOUR
    isp.clock.wall += 365 * DAY
    assert next_change(subscriptions, exemptions, isp.clock) == isp.clock.now() + HOUR


def test_next_change_is_when_withdrawn_entries_come_back(
    subscriptions: Sequence[Subscription], exemptions: Exemptions, isp: Isp, body: ListBody
) -> None:
    """To the second: 72 hours after the withdrawal was seen, the index is compiled with them again."""
    isp.clock.pass_seconds(90)
    body.withdraw(names(1), isp.clock.utc)
    subscriptions[0].refresh()
    lapse = isp.clock.now() + 72 * HOUR
    assert Index(compile_enforced(subscriptions, exemptions, isp.clock)).lists[0].entries == 1
    assert next_change(subscriptions, exemptions, isp.clock) == lapse
    isp.clock.pass_seconds(72 * HOUR)
    assert Index(compile_enforced(subscriptions, exemptions, isp.clock)).lists[0].entries == 2


def test_what_one_list_withdraws_another_still_blocks(
    subscriptions: Sequence[Subscription], exemptions: Exemptions, isp: Isp, body: ListBody, tmp_path: Path
) -> None:
    """The verdict is the other list's, by its own number."""
    other = ListBody(body.publics)
    other.publish(names(1, 3))
    second = Isp(tmp_path / "second", other, isp.clock).subscribe()
    second.refresh()
    isp.clock.pass_seconds(60)
    body.withdraw(names(1, 2), isp.clock.utc)
    subscriptions[0].refresh()
    index = Index(compile_enforced([*subscriptions, second], exemptions, isp.clock))
    match, gone = (index.match(to_wire(name), isp.clock.monotonic()) for name in names(1, 2))
    assert match is not None
    assert (match.list_number, match.exempt, gone) == (1, False, None)


def test_nothing_ends_without_lists(exemptions: Exemptions, isp: Isp) -> None:
    """No list and no exemption: nothing to wait for."""
    assert next_change([], exemptions, isp.clock) is None


def test_unreadable_exemptions_stop_the_compilation(
    subscriptions: Sequence[Subscription], exemptions: Exemptions, isp: Isp
) -> None:
    """An index without the exemptions would block what this ISP decided not to: none is made."""
    exemptions.path.write_bytes(b"damaged")
    with pytest.raises(OperatorFault):
        compile_enforced(subscriptions, exemptions, isp.clock)
