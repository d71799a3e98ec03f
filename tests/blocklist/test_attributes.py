"""The two attribute bytes."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist.attributes import Attributes, expiry_days_for, expiry_instant
from blocklist.errors import EntryFault, PublisherFault

ATTRIBUTES = st.builds(Attributes, st.integers(1, 511), st.integers(0, 7), st.booleans(), st.booleans())


@given(ATTRIBUTES)
def test_packing_is_undone_by_unpacking(attributes: Attributes) -> None:
    """Every allowed value survives, in 16 bits with the last two zero."""
    word = attributes.pack()
    assert 0 < word < 65_536
    assert word & 3 == 0
    assert Attributes.unpack(word) == attributes


@given(st.integers(0, 65_535))
def test_every_other_word_is_refused(word: int) -> None:
    """A word that unpacks packs to itself; one with reserved bits or without an expiry does not unpack."""
    if word & 3 or word < 128:
        with pytest.raises(PublisherFault):
            Attributes.unpack(word)
    else:
        assert Attributes.unpack(word).pack() == word


@pytest.mark.parametrize("attributes", [Attributes(0, 0), Attributes(512, 0), Attributes(1, 8), Attributes(1, -1)])
def test_fields_out_of_range_are_not_packed(attributes: Attributes) -> None:
    """A field never spills into its neighbour."""
    with pytest.raises(PublisherFault):
        attributes.pack()


@given(ATTRIBUTES, ATTRIBUTES)
def test_merging_keeps_the_rule_of_the_format(one: Attributes, other: Attributes) -> None:
    """Latest expiry, lowest row, all_types if any, test only if both; the order does not matter."""
    merged = one.merge(other)
    assert merged == other.merge(one)
    assert merged.expiry_days == max(one.expiry_days, other.expiry_days)
    assert merged.basis == min(one.basis, other.basis)
    assert (merged.all_types, merged.test) == (one.all_types or other.all_types, one.test and other.test)


def test_an_expiry_is_the_end_of_its_utc_day_and_never_later() -> None:
    """The last day counts whole; a day beyond the field's range is cut, not extended."""
    base = date(2026, 10, 1)
    days = expiry_days_for(date(2026, 10, 31), base)
    assert days == 30
    assert expiry_instant(base, days) == datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    assert expiry_days_for(date(2030, 1, 1), base) == 511


@pytest.mark.parametrize("day", [date(2026, 10, 1), date(2026, 9, 1)])
def test_an_expired_entry_has_no_expiry_field(day: date) -> None:
    """An entry that ends on or before the base date cannot be published."""
    with pytest.raises(EntryFault, match="expired"):
        expiry_days_for(day, date(2026, 10, 1))
