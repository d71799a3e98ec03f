"""The cache: bounded bytes, least recently used first, due times, keyed verdicts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resolver.core.answer import failure
from resolver.core.body import Body
from resolver.core.cache import Cache, Entry

SECRET = bytes(32)


def entry(size: int = 100, until: float = 99.0, records: int = 0) -> Entry:
    made = Entry(1, 0.0, until, (bytes(6) + records.to_bytes(2)).ljust(max(size, 12), b"\0"))
    made.hold(failure())
    return made


def test_the_bound_in_bytes_holds_and_the_oldest_leaves() -> None:
    """Room for two of three; a touched entry stays."""
    cache = Cache(2 * (900 + 300 + 1) + 100, SECRET)
    for key in (b"a", b"b"):
        cache.put(key, entry())
    cache.touch(b"a")
    cache.put(b"c", entry())
    assert [cache.find(key) is not None for key in (b"a", b"b", b"c")] == [True, False, True]


def test_records_count_too() -> None:
    """An answer of many small records takes far more memory than its bytes."""
    cache = Cache(2 * (900 + 1200 + 1), SECRET)
    for key in (b"a", b"b"):
        cache.put(key, entry(400, records=20))
    assert len(cache) == 1


def test_no_room_keeps_nothing() -> None:
    """A cache of size 0 is a cache switched off."""
    cache = Cache(0, SECRET)
    cache.put(b"a", entry())
    assert cache.find(b"a") is None


@given(st.lists(st.tuples(st.sampled_from("pd"), st.sampled_from([b"a", b"b", b"c", b"d"]), st.integers(0, 900))))
def test_the_account_of_bytes_is_exact(steps: list[tuple[str, bytes, int]]) -> None:
    """Whatever is put and dropped, emptying it leaves room for everything again."""
    cache = Cache(5000, SECRET)
    for verb, key, size in steps:
        if verb == "p":
            cache.put(key, entry(size))
        else:
            cache.drop(key)
    for key in (b"a", b"b", b"c", b"d"):
        cache.drop(key)
    assert len(cache) == 0
    assert cache._used == 0


def test_verdict_keys_are_keyed_and_tell_questions_apart() -> None:
    """Another secret, another hash; nothing of the name in it."""
    one, other = Cache(1, SECRET), Cache(1, b"x" * 32)
    assert one.verdict_key(b"\3blk\0") != other.verdict_key(b"\3blk\0")
    assert one.verdict_key(b"\3blk\0") != one.verdict_key(b"\3blj\0")
    assert b"blk" not in one.verdict_key(b"\3blk\0")


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
