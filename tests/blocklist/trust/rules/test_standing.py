"""What is enforced: a version, its mask and the withdrawals in force."""

from __future__ import annotations

from math import inf

from attrs import evolve

from blocklist.matchfile import packed_tokens
from blocklist.trust.rules.mask import Mask
from blocklist.trust.rules.standing import ground, standing, unconfirmed
from blocklist.trust.rules.withdrawals import LIMITS, Withdrawals, weigh
from blocklist.trust.storage.store import StoredVersion
from tests.blocklist.trust.list_body import ListBody, names
from tests.blocklist.trust.packed import numbers, records, tokens

T0 = 1_000_000.0
TEN = frozenset(range(10))


def version(body: ListBody, mask: Mask = Mask(), seen: int = 0) -> StoredVersion:  # noqa: B008  # frozen
    index = evolve(body.publish(names(1)), withdrawals_seen=seen).to_bytes()
    return StoredVersion(index, b"", records(TEN), mask)


def withdrawing(stored: StoredVersion, *wanted: int) -> Withdrawals:
    return weigh(Withdrawals(1, 7, "", tokens(*wanted)), ground(stored, b""), T0)


def enforced(stored: StoredVersion, withdrawals: Withdrawals, now: float = T0) -> set[int]:
    return numbers(packed_tokens(standing(stored, withdrawals, now).enforced))


def test_enforced_is_what_guards_let_through_minus_withdrawals(body: ListBody) -> None:
    """Verified, minus held, plus kept, minus what is withdrawn and in force."""
    stored = version(body, Mask(tokens(0), records({20}), {"adds": 1, "removals": 1}))
    withdrawals = withdrawing(stored, 1, 2)
    assert enforced(stored, withdrawals) == TEN - {0, 1, 2} | {20}
    assert standing(stored, withdrawals, T0).until == T0 + LIMITS.life
    assert enforced(stored, withdrawals, T0 + LIMITS.life) == TEN - {0} | {20}


def test_nothing_withdrawn_is_the_verified_set_itself(body: ListBody) -> None:
    """No second copy of the records."""
    stored = version(body)
    now = standing(stored, Withdrawals(), T0)
    assert (now.enforced is stored.records, now.withdrawn, now.until) == (True, b"", inf)


def test_removal_that_only_our_guard_keeps_is_withdrawn_without_cap(body: ListBody) -> None:
    """The editors removed these and the duty officer withdraws them: this host's guard is alone."""
    stored = version(body, Mask(b"", records(range(20, 30)), {"removals": 10}))
    assert enforced(stored, withdrawing(stored, *range(20, 28))) == TEN | {28, 29}


def test_rekey_waits_for_withdrawals_nobody_confirmed_or_overruled(body: ListBody) -> None:
    """Still listed and out: unconfirmed; once editors saw the serial and list it, or it lapsed, no more."""
    stored = version(body)
    withdrawals = withdrawing(stored, 1)
    assert numbers(unconfirmed(stored, withdrawals, 6, T0)) == {1}
    assert unconfirmed(stored, withdrawals, 7, T0) == b""
    assert unconfirmed(version(body, seen=7), withdrawals, 0, T0) == b""
    assert unconfirmed(stored, withdrawals, 0, T0 + LIMITS.life) == b""
    assert unconfirmed(evolve(stored, records=records(TEN - {1})), withdrawals, 0, T0) == b""
