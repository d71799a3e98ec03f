"""Why enforced entries became others."""

from __future__ import annotations

from collections import Counter
from datetime import date

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from blocklist.attributes import Attributes, expiry_instant
from blocklist.compiling import ListImage
from blocklist.trust.rules.departures import ADDED, EARLY, EXPIRED, REMOVED, SET_ASIDE, WITHDRAWN, LeftOut, moves

BASE = date(2026, 11, 1)
LAST_DAY = 30
ENDS = expiry_instant(BASE, LAST_DAY)


def token(number: int) -> bytes:
    return bytes([number]) * 16


def image(*numbers: int, key: bytes = bytes(32)) -> ListImage:
    attributes = Attributes(LAST_DAY, 0).pack().to_bytes(2, "big")
    records = b"".join(token(number) + attributes for number in sorted(numbers))
    return ListImage("demo", key, BASE, records, frozenset())


def test_a_first_list_is_all_added() -> None:
    """A host that had nothing begins to enforce every entry."""
    assert moves(None, image(1, 2, 3), LeftOut(), 0.0) == {ADDED: 3}


def test_each_departure_has_its_reason() -> None:
    """Withdrawn and set aside go by their tokens, the rest by whether its last day is behind it."""
    left_out = LeftOut(withdrawn=token(1), set_aside=token(2) + token(3))
    after = image(5, 6)
    found = moves(image(1, 2, 3, 4, 5), after, left_out, ENDS - EARLY - 1)
    assert found == {ADDED: 1, WITHDRAWN: 1, SET_ASIDE: 2, REMOVED: 1}
    assert moves(image(4, 5), after, LeftOut(), ENDS - EARLY) == {ADDED: 1, EXPIRED: 1}


def test_a_rekey_moves_nothing() -> None:
    """Under other keys all tokens are others, and the entries the same."""
    assert not moves(image(1, 2), image(3, 4, key=b"\x01" * 32), LeftOut(), 0.0)
    assert not moves(image(1), evolve(image(1), exempt_tokens=frozenset({token(9)})), LeftOut(), 0.0)


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_nothing_is_counted_twice(before: set[int], after: set[int], out: set[int]) -> None:
    """What was there, and came, and left adds up to what is there."""
    left_out = LeftOut(withdrawn=b"".join(map(token, sorted(out))))
    found: Counter[str] = moves(image(*before), image(*after), left_out, 0.0)
    assert len(before) + found[ADDED] - (found.total() - found[ADDED]) == len(after)
    assert found[WITHDRAWN] == len((before - after) & out)
