"""Deltas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist import delta
from blocklist.attributes import Attributes
from blocklist.errors import PublisherFault
from blocklist.matchfile import build

# Few different bytes, so that tokens meet each other's prefixes and updates happen.
TOKEN = st.lists(st.sampled_from([b"\0", b"\x7f", b"\xff"]), min_size=16, max_size=16).map(b"".join)
SET = st.dictionaries(TOKEN, st.builds(Attributes, st.integers(1, 3), st.just(0)), min_size=1, max_size=30)


def record(token: bytes, word: int = 0x0080) -> bytes:
    return token.ljust(16, b"\0") + word.to_bytes(2, "big")


def packed(removals: list[bytes], additions: list[bytes]) -> bytes:
    counts = len(removals).to_bytes(4, "big") + len(additions).to_bytes(4, "big")
    return counts + b"".join(removals) + b"".join(additions)


def prefix(token: bytes) -> bytes:
    return token.ljust(8, b"\0")


OLD = record(b"a") + record(b"b") + record(b"c")


@given(SET, SET)
def test_a_delta_leads_from_the_old_set_to_the_new_one(
    before: dict[bytes, Attributes], after: dict[bytes, Attributes]
) -> None:
    """Whatever the two sets, and the counts are those of the change; None only without change or with a twin prefix."""
    old, new = build(before.items()), build(after.items())
    made = delta.make(old, new)
    gone = before.keys() - after.keys()
    twins = any(sum(token[:8] == other[:8] for other in before) > 1 for token in gone)
    assert (made is None) == (before == after or twins)
    if made is not None:
        assert delta.apply(old, made) == new
        assert delta.changes(made) == (len(gone), len(after.items() - before.items()))


def test_a_delta_of_500_and_500_changes_is_small() -> None:
    """8 bytes a removal, 18 an addition, 8 for the counts."""
    old = build((number.to_bytes(8, "big") * 2, Attributes(9, 0)) for number in range(0, 20_000, 2))
    new = build(
        (number.to_bytes(8, "big") * 2, Attributes(9, 0)) for number in (*range(1000, 20_000, 2), *range(1, 1000, 2))
    )
    made = delta.make(old, new)
    assert made is not None
    assert delta.apply(old, made) == new
    assert len(made) == 8 + 500 * 8 + 500 * 18


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (b"", "counts"),
        (bytes(7), "counts"),
        (packed([], []) + b"x", "counts"),
        (packed([prefix(b"a")], [])[:-1], "counts"),
        (b"\xff" * 8, "counts"),
        (packed([prefix(b"b"), prefix(b"a")], []), "strictly increasing"),
        (packed([prefix(b"a"), prefix(b"a")], []), "strictly increasing"),
        (packed([], [record(b"e"), record(b"d")]), "strictly increasing"),
        (packed([], [record(b"d", 0x0081)]), "reserved"),
        (packed([], [record(b"d", 0x0010)]), "no expiry"),
        (packed([prefix(b"d")], []), "exactly one"),
        (packed([prefix(b"b")], [record(b"b", 0x0100)]), "same record"),
        (packed([prefix(b"a"), prefix(b"b"), prefix(b"c")], []), "empty"),
    ],
)
def test_a_broken_delta_is_refused(made: bytes, message: str) -> None:
    """Each rule refuses on its own, under the one code."""
    with pytest.raises(PublisherFault, match=message) as caught:
        delta.apply(OLD, made)
    assert caught.value.code == "delta"


def test_a_removal_that_fits_two_records_is_refused() -> None:
    """The prefix must name exactly one record of the set it is applied to."""
    old = record(b"a") + record(prefix(b"a") + b"b")
    with pytest.raises(PublisherFault, match="exactly one"):
        delta.apply(old, packed([prefix(b"a")], []))
    assert delta.make(old, record(b"a")) is None


@given(SET, st.binary(max_size=60))
def test_arbitrary_bytes_are_applied_or_refused(before: dict[bytes, Attributes], data: bytes) -> None:
    """Never another exception."""
    try:
        delta.apply(build(before.items()), data)
    except PublisherFault as fault:
        assert fault.code == "delta"
