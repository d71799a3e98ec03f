"""The cache: bounded bytes, due times, keyed verdicts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resolver.core.answer import failure
from resolver.core.body import Body
from resolver.core.cache import Cache, Entry, cost, note_use
from resolver.core.counters import Counters, Layout
from resolver.core.hit_path import PureHitPath

SECRET = bytes(32)
MIRROR = PureHitPath(Counters.in_memory(Layout(1, 1)))


def entry(size: int = 100, until: float = 99.0, records: int = 0) -> Entry:
    made = Entry(1, 0.0, until, (bytes(6) + records.to_bytes(2)).ljust(max(size, 12), b"\0"))
    made.hold(failure())
    return made


def test_the_bound_in_bytes_holds_and_what_was_used_stays() -> None:
    """Room for two of three; one that answered a query is not the one to leave."""
    cache = Cache(16 * (2 * cost(b"a", entry()) + 20) // 15, SECRET, MIRROR)
    for key in (b"a", b"b"):
        cache.put(key, entry())
    kept = cache.find(b"a")
    assert kept is not None
    note_use(kept)
    cache.put(b"c", entry())
    assert [cache.find(key) is not None for key in (b"a", b"b", b"c")] == [True, False, True]


def test_records_count_too() -> None:
    """An answer of many small records takes far more memory than its bytes."""
    cache = Cache(16 * (2 * cost(b"a", entry(400)) + 100) // 15, SECRET, MIRROR)
    for key in (b"a", b"b"):
        cache.put(key, entry(400, records=20))
    assert len(cache) == 1


def test_no_room_keeps_nothing() -> None:
    """A cache of size 0 is a cache switched off."""
    cache = Cache(0, SECRET, MIRROR)
    cache.put(b"a", entry())
    assert cache.find(b"a") is None


def test_uses_are_counted_to_three() -> None:
    """Enough to choose by; how often a name was asked is in no memory."""
    made = entry()
    for _ in range(9):
        note_use(made)
    assert made.uses == 3


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c", b"d"]), st.integers(0, 900))))
def test_the_account_of_bytes_is_exact(steps: list[tuple[bytes, int]]) -> None:
    """It is the sum of what is kept, and the newest comes last."""
    cache = Cache(9000, SECRET, MIRROR)
    for key, size in steps:
        cache.put(key, entry(size))
    kept = [(key, found) for key in (b"a", b"b", b"c", b"d") if (found := cache.find(key)) is not None]
    assert cache.used == sum(cost(key, found) for key, found in kept)
    newest = cache.find(steps[-1][0]) if steps else None
    assert newest is None or cache.entries()[-1] is newest


def test_verdict_keys_are_keyed_and_tell_questions_apart() -> None:
    """Another secret, another hash; nothing of the name in it."""
    one, other = Cache(1, SECRET, MIRROR), Cache(1, b"x" * 32, MIRROR)
    assert one.verdict_key(b"\3blk\0") != other.verdict_key(b"\3blk\0")
    assert one.verdict_key(b"\3blk\0") != one.verdict_key(b"\3blj\0")
    assert b"blk" not in one.verdict_key(b"\3blk\0")


def test_verdicts_displace_each_other_and_no_answer() -> None:
    """However many listed names are asked for, what was kept of other names stays, and memory stays bounded."""
    cache = Cache(64_000, SECRET, MIRROR)
    cache.put(b"a", entry())
    for number in range(1000):
        cache.put_verdict(cache.verdict_key(b"%d" % number), entry(0))
        assert cache.used <= 64_000
    assert cache.find(b"a") is not None
    assert cache.find_verdict(cache.verdict_key(b"999")) is not None
    assert cache.find_verdict(cache.verdict_key(b"1")) is None
    assert cache.find(cache.verdict_key(b"999")) is None


def test_an_entry_is_due_at_the_next_second_of_its_age_or_its_end() -> None:
    """TTL ticks count from the moment it was stored; a verdict's end comes first when it is earlier."""
    made = Entry(1, 10.25, 12.0, b"x")
    made.body = Body(0x8180, 0, (1, 0, 0), bytes(4), ((0, 7),), b"")
    made.age(10.25)
    assert (made.due, made.answer.sections) == (11.25, b"\0\0\0\7")
    made.age(11.3)
    assert (made.due, made.answer.sections) == (12.0, b"\0\0\0\6")
    made.verdict_until = 11.5
    made.age(11.3)
    assert made.due == 11.5
