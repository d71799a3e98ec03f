"""Guards."""

import hashlib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist.attributes import Attributes
from blocklist.errors import EntryFault
from blocklist.guards import (
    URL_LIMITS,
    GuardLimits,
    GuardReport,
    Hold,
    check,
    is_public_suffix,
    never_names,
    never_tokens,
    public_suffix_wires,
)
from blocklist.manifest import Bulk
from blocklist.matchfile import build
from blocklist.names import to_wire
from blocklist.tokens import domain_token, host_token

KEY = b"k" * 32


def records(numbers: range, expiry: int = 9) -> bytes:
    return build((number.to_bytes(16, "big"), Attributes(expiry, 0)) for number in numbers)


@pytest.mark.parametrize(
    ("old", "new", "holds"),
    [
        (range(100), range(150), ()),
        (range(100), range(151), (Hold("adds", 51),)),
        (range(2000), range(2100), ()),
        (range(2000), range(2101), (Hold("adds", 101),)),
        (range(100), range(20, 100), ()),
        (range(100), range(21, 100), (Hold("removals", 21),)),
        (range(100), range(200, 260), (Hold("adds", 60), Hold("removals", 100))),
    ],
)
def test_the_size_guard_holds_only_beyond_its_bounds(old: range, new: range, holds: tuple[Hold, ...]) -> None:
    """More than max(50, 5 %) additions, more than 20 % removals: exactly at the bound nothing is held."""
    report = check(old=records(old), new=records(new), first=False, never_tokens={})
    assert report.holds == holds
    assert len(report.held) // 16 == (len(set(new) - set(old)) if holds else 0)
    assert report.hold_removals == any(hold.guard == "removals" for hold in holds)
    assert (report.adds, report.removals) == (len(set(new) - set(old)), len(set(old) - set(new)))


def test_a_url_list_may_move_more() -> None:
    """A list of URLs turns over faster, so its bounds are wider."""
    args = {"old": records(range(100)), "new": records(range(300)), "first": False, "never_tokens": {}}
    assert not check(**args, limits=URL_LIMITS).holds
    assert check(**args).holds


def test_new_attributes_are_an_update() -> None:
    """The same tokens with other expiries are neither additions nor removals."""
    report = check(old=records(range(100)), new=records(range(100), 200), first=False, never_tokens={})
    assert (report.adds, report.removals, report.holds) == (0, 0, ())


def test_an_announced_bulk_change_passes_up_to_its_numbers() -> None:
    """The announcement lifts the size guard only as far as it said."""
    args = {"old": records(range(100)), "new": records(range(50, 250)), "first": False, "never_tokens": {}}
    assert not check(**args, bulk_lifted=Bulk(2, 150, 50)).holds
    assert check(**args, bulk_lifted=Bulk(2, 149, 50)).holds == (Hold("adds", 150),)
    assert check(**args, bulk_lifted=Bulk(2, 150, 49)).holds == (Hold("removals", 50),)


def test_the_first_version_has_no_size_guard_but_the_never_lists() -> None:
    """Nothing was in force before, so nothing grew; a forbidden name is still forbidden."""
    never = {"never_list": frozenset({(5).to_bytes(16, "big")})}
    assert not check(old=None, new=records(range(1000)), first=True, never_tokens={}).holds
    report = check(old=None, new=records(range(1000)), first=True, never_tokens=never)
    assert report.holds == (Hold("never_list", 1),)
    assert len(report.held) == 16_000


def test_a_never_list_hit_holds_all_additions_and_no_removal() -> None:
    """One forbidden name makes the whole addition suspect; what was withdrawn is withdrawn."""
    never = {"public_suffix": frozenset(), "never_list": frozenset({(100).to_bytes(16, "big")})}
    report = check(old=records(range(100)), new=records(range(10, 103)), first=False, never_tokens=never)
    assert report.holds == (Hold("never_list", 1),)
    assert report.held == b"".join(number.to_bytes(16, "big") for number in range(100, 103))
    assert not report.hold_removals


@given(
    st.sets(st.integers(0, 300)), st.sets(st.integers(0, 300), min_size=1), st.sets(st.integers(0, 300)), st.booleans()
)
def test_it_agrees_with_plain_sets(old: set[int], new: set[int], never: set[int], first: bool) -> None:
    """The same numbers and held tokens as by set arithmetic over all tokens."""
    tokens = frozenset(number.to_bytes(16, "big") for number in never)
    before, after = (b"".join(number.to_bytes(16, "big") + b"\1\0" for number in sorted(each)) for each in (old, new))
    limits = GuardLimits(adds=3)
    report = check(old=before, new=after, first=first, never_tokens={"n": tokens}, limits=limits)
    adds, removals = new - old, old - new
    holds = [Hold("n", len(adds & never))] if adds & never else []
    if not first and len(adds) > max(3, 0.05 * len(old)):
        holds.append(Hold("adds", len(adds)))
    if not first and len(removals) > 0.2 * len(old):
        holds.append(Hold("removals", len(removals)))
    held = b"".join(number.to_bytes(16, "big") for number in sorted(adds)) if holds else b""
    assert report == GuardReport(tuple(holds), held, "removals" in {h.guard for h in holds}, len(adds), len(removals))


def test_what_is_already_enforced_is_not_held_again() -> None:
    """An addition the operator accepted stays accepted in the next version."""
    never = {"never_list": frozenset({(1).to_bytes(16, "big")})}
    assert not check(old=records(range(3)), new=records(range(4)), first=False, never_tokens=never).holds


@pytest.mark.parametrize("name", ["com", "co.uk", "github.io", "amazonaws.com", "kobe.jp", "x.kobe.jp", "unknown-tld"])
def test_public_suffixes_and_what_is_above_them_are_found(name: str) -> None:
    """ICANN and private sections, wildcard rules and unknown top labels."""
    assert is_public_suffix(name)


@pytest.mark.parametrize("name", ["blk.example", "me.github.io", "a.x.kobe.jp", "city.kobe.jp"])
def test_names_below_a_public_suffix_are_free(name: str) -> None:
    """A site of its own may be listed; exception rules count."""
    assert not is_public_suffix(name)


def test_the_suffix_guard_of_an_isp_is_made_of_exact_rules_and_their_parents() -> None:
    """Wire forms, with A-labels for the international ones."""
    wires = public_suffix_wires()
    assert {to_wire(name) for name in ("jp", "co.jp", "github.io", "xn--p1ai", "kobe.jp")} <= wires
    assert to_wire("x.kobe.jp") not in wires
    assert len(wires) > 9000


def test_never_names_come_with_their_parents_and_the_root_servers() -> None:
    """Listing a parent as a domain would take the name with it."""
    names = never_names(["Popular.EXAMPLE.", "ntp.isp.test"])["never_list"]
    expected = ("popular.example", "example", "ntp.isp.test", "isp.test", "a.root-servers.net", "root-servers.net")
    assert {to_wire(name) for name in expected} <= names
    with pytest.raises(EntryFault):
        never_names(["not a name"])


def test_never_names_become_host_and_domain_tokens() -> None:
    """An entry of either type is caught."""
    wire = to_wire("popular.example")
    assert never_tokens(KEY, {"g": [wire]}) == {"g": {host_token(KEY, wire), domain_token(KEY, wire)}}


def test_another_criteria_set_holds_additions_and_lets_removals_through() -> None:
    """The ISP decided on another set: one addition waits; a version that only removes is nobody's to decide."""
    held = check(old=records(range(100)), new=records(range(1, 101)), first=False, never_tokens={}, other_criteria=True)
    assert (held.holds, len(held.held) // 16, held.hold_removals) == ((Hold("criteria_set", 1),), 1, False)
    fewer = check(old=records(range(100)), new=records(range(99)), first=False, never_tokens={}, other_criteria=True)
    assert fewer.holds == ()


def test_two_large_sets_are_compared_in_little_memory() -> None:
    """A set of all tokens would take some 6 MB here; a million records would take a hundred."""
    old = b"".join(hashlib.blake2b(n.to_bytes(3, "big"), digest_size=16).digest() + b"\1\0" for n in range(60_000))
    before = b"".join(sorted(old[at : at + 18] for at in range(0, len(old), 18)))
    after = before[18:] + b"\xff" * 16 + b"\1\0"
    tracemalloc.start()
    try:
        report = check(old=before, new=after, first=False, never_tokens={})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (report.adds, report.removals) == (1, 1)
    assert peak < 500_000
