"""What of a new version the guards let through."""

from __future__ import annotations

from attrs import evolve

from blocklist.guards import GuardLimits
from blocklist.manifest import Bulk
from blocklist.matchfile import packed_tokens
from blocklist.trust.rules.guarding import judge
from blocklist.trust.rules.mask import Mask, enforced
from blocklist.trust.storage.store import StoredVersion
from tests.blocklist.trust.packed import numbers, records, tokens

LIMITS = GuardLimits(adds=3, adds_share=0.0, removals_share=0.5)
NEVER = {"never_list": frozenset({tokens(99)})}
TEN = frozenset(range(10))


def held(listed: frozenset[int], mask: Mask = Mask()) -> StoredVersion:  # noqa: B008  # frozen
    return StoredVersion(b"", b"", records(listed), mask)


def after(old: StoredVersion | None, listed: frozenset[int], withdrawn: bytes = b"", bulk: Bulk | None = None) -> Mask:
    return judge(old, withdrawn, records(listed), never_tokens=NEVER, bulk_lifted=bulk, limits=LIMITS)


def in_force(listed: frozenset[int], mask: Mask) -> set[int]:
    return numbers(packed_tokens(enforced(records(listed), mask)))


def test_first_set_has_no_size_guard_but_a_never_list() -> None:
    """Nothing is compared; what must never be blocked is looked for all the same."""
    assert not after(None, TEN)
    assert dict(after(None, TEN | {99}).held_by) == {"never_list": 1}


def test_additions_and_removals_are_held_and_kept() -> None:
    """Each by its guard, against what was enforced."""
    listed = frozenset({0, 1, *range(20, 24)})
    mask = after(held(TEN), listed)
    assert dict(mask.held_by) == {"adds": 4, "removals": 8}
    assert in_force(listed, mask) == TEN
    assert not after(held(TEN), TEN | {20, 21, 22, 23}, bulk=Bulk(2, 4, 0))


def test_withdrawal_is_no_change_to_the_guards() -> None:
    """Eight of ten withdrawn: still listed they are no additions; confirmed they are no removals."""
    withdrawn = tokens(*range(8))
    assert not after(held(TEN), TEN | {20}, withdrawn)
    assert not after(held(TEN), frozenset({8, 9}), withdrawn)
    assert dict(after(held(TEN), frozenset({8}), tokens(0, 1)).held_by) == {"removals": 7}


def test_what_the_breaker_held_stays_out_and_is_not_counted_again() -> None:
    """A next version that still lists it, with two more, adds just these two."""
    listed = TEN | {20, 21, 22}
    broken = held(listed, Mask(tokens(20, 21, 22), b"", {"breaker": 3}))
    mask = after(broken, listed | {30, 31})
    assert (numbers(mask.held), dict(mask.held_by)) == ({20, 21, 22}, {"breaker": 3})
    assert in_force(listed | {30, 31}, mask) == TEN | {30, 31}


def test_what_another_guard_held_keeps_its_word_beside_the_breakers() -> None:
    """All of it stays out with the breaker's; the NOC must go on seeing that a popular name is among it."""
    listed = TEN | {20, 21, 22}
    both = held(listed, Mask(tokens(20, 21, 22), b"", {"never_list": 1, "breaker": 2}))
    mask = after(both, listed | {30})
    assert dict(mask.held_by) == {"never_list": 1, "breaker": 2}
    more = after(both, listed | set(range(30, 40)))
    assert dict(more.held_by) == {"adds": 10, "never_list": 1, "breaker": 2}


def test_rejected_additions_and_removals_wait_for_the_list_body() -> None:
    """As long as it lists (or lacks) them they stay out (or in) without an alarm; then they are forgotten."""
    listed = frozenset({0, 1, 20})
    rejecting = held(listed, Mask(b"", records(TEN - {0, 1}), {}, tokens(20)))
    mask = after(rejecting, listed | {30})
    assert (in_force(listed | {30}, mask), mask.entries) == (TEN | {30}, 0)
    followed = after(held(listed | {30}, mask), TEN | {30})
    assert not followed


def test_new_hold_comes_on_top_of_what_is_carried() -> None:
    """Guard and breaker each keep their word."""
    listed = TEN | {20}
    broken = held(listed, Mask(tokens(20), b"", {"breaker": 1}))
    mask = after(broken, listed | {30, 31, 32, 33})
    assert dict(mask.held_by) == {"adds": 4, "breaker": 1}
    assert numbers(mask.held) == {20, 30, 31, 32, 33}


def test_empty_mask_copies_nothing() -> None:
    """At a million records a second copy would cost as much as the list."""
    old = held(TEN)
    assert old.enforced is old.records
    assert evolve(old, mask=Mask()).enforced is old.records
