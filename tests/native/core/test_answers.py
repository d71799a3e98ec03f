"""Kept answers in C: found by their whole key while they hold, with TTLs as they stand, through every growth."""

from __future__ import annotations

from random import Random

import dns.message
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

import native
from resolver.core import codes
from resolver.core.answer import positive, record
from resolver.core.body import Body
from tests.native.paths import ADDRESS, NEEDS_NATIVE, Path

pytestmark = NEEDS_NATIVE

KEY = b"\1a\7example\0\0\1\0\1\0"
QUERY = dns.message.make_query("a.example", "A").to_wire()
TTLS = st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 100), max_size=5)


def body_with(ttls: list[int], shown_ttl_max: int = 2**32 - 1) -> Body:
    """A record for each TTL."""
    one = record(codes.A, 0, bytes(4))
    places = tuple((number * len(one) + 6, ttl) for number, ttl in enumerate(ttls))
    return Body(codes.QR | codes.RA, 0, (len(ttls), 0, 0), one * len(ttls), places, b"", shown_ttl_max)


@given(
    TTLS,
    st.sampled_from([2**32 - 1, 30, 0]),
    st.lists(st.floats(-10, 1e10) | st.floats(0, 200), min_size=1, max_size=6),
)
def test_ttls_show_what_is_left(ttls: list[int], shown: int, moments: list[float]) -> None:
    """At every moment, forwards and back, each record's TTL is that of the body as Python ages it."""
    body, path = body_with(ttls, shown), Path()
    path.keep(KEY, body, stored=100.0, ends=1e12)
    for moment in moments:
        now = 100.0 + moment
        aged = body.aged(max(0, int(now - 100.0)))
        assert path.ask(QUERY, now=now)[len(QUERY) :] == aged.sections


def test_it_ends_at_its_end() -> None:
    """The moment itself is too late, the last one before is not; what has ended stays until it is discarded."""
    path = Path()
    path.keep(KEY, positive(1, 30, bytes(4)), ends=10.0)
    assert path.ask(QUERY, now=9.999)
    assert path.ask(QUERY, now=10.0) is None
    path.c.discard(KEY)
    assert len(path.c) == 0


def test_another_generation_is_decided_again() -> None:
    """Without a list it holds if it may be stamped, and from then on it is of the generation in force."""
    path = Path()
    path.c.enforce(7, [], 0.0, [[]])
    path.keep(KEY, positive(1, 30, bytes(4)), generation=6)
    assert path.ask(QUERY) is None
    path.keep(KEY, positive(1, 30, bytes(4)), generation=6, restampable=True)
    assert path.ask(QUERY)
    path.c.enforce(8, [], 0.0, [])
    assert path.ask(QUERY) is None  # no such view: nobody says what counts there
    path.c.enforce(7, [], 0.0, [])
    assert path.ask(QUERY)


def test_what_is_put_again_takes_the_place() -> None:
    """The newer answer counts, with no uses yet; one too large leaves nothing behind."""
    path = Path()
    path.keep(KEY, positive(1, 30, b"old."))
    assert path.ask(QUERY)
    path.keep(KEY, positive(1, 30, b"new."))
    assert path.c.take_uses(KEY) == 0
    assert b"new." in path.ask(QUERY)
    assert path.keep(KEY, evolve(body_with([1]), sections=bytes(4096)))
    assert not path.keep(KEY, evolve(body_with([1]), sections=bytes(4097)))
    assert len(path.c) == 0
    assert path.keep(KEY, evolve(body_with([]), sections=bytes(4096), ttls=((0, 1),) * 512))
    assert not path.keep(KEY, evolve(body_with([]), sections=bytes(4096), ttls=((0, 1),) * 513))
    assert path.ask(QUERY) is None


def test_uses_are_counted_up_to_three() -> None:
    """Beyond three nothing is told, and what was taken is forgotten."""
    path = Path()
    path.keep(KEY, positive(1, 30, bytes(4)))
    counts = []
    for times in (0, 1, 2, 3, 9):
        for _ in range(times):
            path.ask(QUERY)
        counts.append(path.c.take_uses(KEY))
    assert counts == [0, 1, 2, 3, 3]
    assert path.c.take_uses(KEY[:-1] + b"\1") == 0


@pytest.mark.parametrize(("seed", "names"), [(1, 40), (2, 300), (3, 2500)])
def test_a_table_is_a_dictionary(seed: int, names: int) -> None:
    """Whatever is put and discarded in whatever order, through every growth, just that is kept."""
    random, path = Random(seed), Path()
    kept: dict[bytes, int] = {}
    for step in range(3 * names):
        key = b"\x04%04x\0\0\1\0\1" % random.randrange(names) + bytes([random.randrange(4) << 2])
        if random.random() < 0.3:
            path.c.discard(key)
            kept.pop(key, None)
        else:
            path.keep(key, positive(1, step, bytes(4)))
            kept[key] = step
    assert len(path.c) == len(kept)
    assert native.MODULE is not None
    for view in range(4):
        path.c.remember(0, ADDRESS, native.MODULE.Client(view=view))
        for number in range(names):
            question = b"\x04%04X\0\0\1\0\1" % number
            answer = path.ask(QUERY[:12] + question)
            shown = answer and int.from_bytes(answer[-10:-6])
            assert shown == kept.get(question.lower() + bytes([view << 2]))


@pytest.mark.parametrize("offset", [13, 2**31, 2**32 - 1])
def test_a_ttl_stands_in_the_sections(offset: int) -> None:
    """A place behind them is refused, and what was kept before is kept."""
    path = Path()
    path.keep(KEY, positive(1, 30, bytes(4)))
    with pytest.raises(ValueError, match="TTL lies outside"):
        path.keep(KEY, evolve(body_with([1]), ttls=((offset, 1),)))
    assert path.ask(QUERY)
