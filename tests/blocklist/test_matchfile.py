"""The match file."""

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist.attributes import Attributes
from blocklist.errors import PublisherFault
from blocklist.matchfile import (
    added,
    basis_rows,
    build,
    changed,
    merge,
    packed_tokens,
    parse,
    removed,
    set_digest,
    subtract,
    tokens_of,
)

TOKEN = st.binary(min_size=16, max_size=16)
ITEMS = st.dictionaries(TOKEN, st.builds(Attributes, st.integers(1, 511), st.integers(0, 7)), min_size=1, max_size=20)
ONE = Attributes(1, 0)


def record(token: bytes, attributes: int = 0x0080) -> bytes:
    return token.ljust(16, b"\0") + attributes.to_bytes(2, "big")


@given(ITEMS, st.randoms(use_true_random=False))
def test_what_is_built_parses_whatever_the_order(items: dict[bytes, Attributes], random: object) -> None:
    """Sorted, complete and equal for every order of the same entries."""
    shuffled = list(items.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    records = build(shuffled)
    assert parse(records) == records == build(items.items())
    assert list(tokens_of(records)) == sorted(items)
    assert packed_tokens(records) == b"".join(sorted(items))
    assert basis_rows(records) == {attributes.basis for attributes in items.values()}
    assert set_digest(records) == hashlib.sha256(records).hexdigest()


def test_entries_with_one_token_become_one_record() -> None:
    """Latest expiry, lowest row, all_types if any, test only if all."""
    token = b"t" * 16
    merged = build([(token, Attributes(9, 2, True, True)), (token, Attributes(30, 1)), (token, Attributes(3, 4))])
    assert merged == token + Attributes(30, 1, True, False).pack().to_bytes(2, "big")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "an empty list"),
        (record(b"a")[:-1], "whole number"),
        (record(b"b") + record(b"a"), "strictly increasing"),
        (record(b"a") + record(b"a", 0x0100), "strictly increasing"),
        (record(b"a", 0x0081), "reserved"),
        (record(b"a", 0x0082), "reserved"),
        (record(b"a") + record(b"b", 0x007C), "no expiry"),
    ],
)
def test_a_broken_file_is_refused(data: bytes, message: str) -> None:
    """Each rule of the format refuses on its own."""
    with pytest.raises(PublisherFault, match=message):
        parse(data)


def test_a_list_beyond_the_limit_is_refused() -> None:
    """The number of records is checked before anything else is."""
    with pytest.raises(PublisherFault, match="more than 2000000"):
        parse(bytes(18 * 2_000_001))


def test_an_empty_list_is_not_built() -> None:
    """A list body that would unblock everything by accident is stopped."""
    with pytest.raises(PublisherFault, match="empty"):
        build([])


@given(ITEMS, st.sets(TOKEN, max_size=3), st.integers(0, 20))
def test_subtracting_leaves_the_rest_in_order(items: dict[bytes, Attributes], others: set[bytes], taken: int) -> None:
    """Exactly the named tokens go, and unknown ones do no harm."""
    gone = others | set(list(items)[:taken])
    left = subtract(build(items.items()), b"".join(sorted(gone)))
    assert list(tokens_of(left)) == sorted(set(items) - gone)


# Several stretches long, and mostly the same in both, as two versions are.
LARGE = {hashlib.blake2b(bytes([n % 256, n >> 8]), digest_size=16).digest(): Attributes(1, 0) for n in range(3000)}


@given(ITEMS, ITEMS, st.lists(st.integers(0, 2999), max_size=30), st.booleans())
def test_two_sets_compare_as_plain_sets_do(
    more: dict[bytes, Attributes], other: dict[bytes, Attributes], taken: list[int], large: bool
) -> None:
    """Added, removed, changed and merged records are those of dictionaries, however long the sets are."""
    known = list(LARGE)
    base = {token: each for token, each in LARGE.items() if large}
    old = base | more
    new = {token: each for token, each in base.items() if token not in {known[n] for n in taken}} | other
    before, after = (plain(each) for each in (old, new))
    assert added(before, after) == plain({token: new[token] for token in new.keys() - old.keys()})
    assert removed(before, after) == plain({token: old[token] for token in old.keys() - new.keys()})
    assert changed(before, after) == plain(dict(new.items() - old.items()))
    assert merge(before, after) == plain(new | old)


def plain(items: dict[bytes, Attributes]) -> bytes:
    return b"".join(record(token, items[token].pack()) for token in sorted(items))


@pytest.mark.parametrize("compare", [added, removed, changed, merge])
def test_an_empty_set_compares_with_any(compare: Callable[[bytes, bytes], bytes]) -> None:
    """Whichever of the two it is, and the other is not copied."""
    full = plain(LARGE)
    assert {compare(b"", full), compare(full, b"")} <= {full, b""}
    assert compare(b"", b"") == b""


def test_the_order_is_checked_across_stretches() -> None:
    """Two records out of place are noticed wherever they stand, also where one stretch of the check ends."""
    records = [number.to_bytes(4, "big") + bytes(12) + b"\1\0" for number in range(4100)]
    parse(b"".join(records))
    for at in (0, 4094, 4095, 4096, 4098):
        swapped = [*records[:at], records[at + 1], records[at], *records[at + 2 :]]
        doubled = [*records[: at + 1], *records[at:]]
        for spoilt in (swapped, doubled):
            with pytest.raises(PublisherFault, match="strictly increasing"):
                parse(b"".join(spoilt))
