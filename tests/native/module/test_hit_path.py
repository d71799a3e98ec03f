"""HitPath as Python sees it: counters, refusals, what it holds and lets go, and what it says to wrong arguments."""

from __future__ import annotations

import sys
from typing import Any

import dns.message
import pytest

import native
from resolver.core import codes
from resolver.core.answer import COME_OVER_TCP, Answer, failure, positive
from resolver.core.counters import Counters, Layout
from tests.native.paths import (
    ADDRESS,
    COOKIE_SECRET,
    NEEDS_NATIVE,
    NEIGHBOUR,
    TABLE,
    UNIX_TIME,
    Path,
    counted,
    path_with,
    plain_query,
)

pytestmark = NEEDS_NATIVE

KEY = b"\1a\7example\0\0\1\0\1\0"
QUERY = dns.message.make_query("a.example", "A").to_wire()
WITH_COOKIE = dns.message.make_query(
    "a.example", "A", use_edns=0, options=[dns.edns.GenericOption(10, b"8 octets")]
).to_wire()


@pytest.mark.parametrize("transport", range(4))
@pytest.mark.parametrize("rcode", [0, 2, 3, 5, 6, 16, 23])
def test_a_hit_is_booked_as_in_python(rcode: int, transport: int) -> None:
    """One cell of transport and rcode; an event beside it."""
    path, expected = Path(), counted()
    path.keep(KEY, failure(rcode=rcode), event=path.counters.layout.blocks)
    assert path.ask(QUERY, transport)
    expected.book_hit(transport, rcode)
    expected.add(expected.layout.blocks)
    assert path.cells == expected.cells.tolist()


def test_over_the_limit_every_other_is_told_to_come_over_tcp() -> None:
    """Over UDP: TC, then nothing, counted as Python counts; streams and cookies are for Python to decide."""
    path, layout = Path(rate=1, burst=1, step=1), counted().layout
    path.keep(KEY, positive(codes.A, 30, bytes(4)))
    assert path.ask(QUERY)
    query = plain_query(QUERY)
    assert query is not None
    assert path.ask(QUERY) == COME_OVER_TCP.reply(query, codes.UDP)
    assert path.ask(QUERY) == b""
    expected = counted()
    expected.book_hit(codes.UDP, 0)
    expected.book_local(codes.UDP, 0)
    for cell in (layout.rate_limited, layout.rate_limited, layout.dropped):
        expected.add(cell)
    assert path.cells == expected.cells.tolist()
    path.c.use_cookie_secrets([COOKIE_SECRET])
    for packet, transport in ((QUERY, codes.TCP), (WITH_COOKIE, codes.UDP), (QUERY[:-1], codes.UDP)):
        assert path.ask(packet, transport) is None
    assert path.cells == expected.cells.tolist()
    assert path.ask(QUERY) == COME_OVER_TCP.reply(query, codes.UDP)  # a miss was no turn
    assert path.ask(QUERY, now=1.0)


def test_where_no_cookies_are_made_they_prove_nothing() -> None:
    """Over the limit a query with one is sent to TCP or dropped like any other, and Python hears of none."""
    path = Path(rate=1, burst=1, step=1)
    path.keep(KEY, positive(codes.A, 30, bytes(4)))
    assert path.ask(WITH_COOKIE)
    query = plain_query(WITH_COOKIE)
    assert query is not None
    assert path.ask(WITH_COOKIE) == COME_OVER_TCP.reply(query, codes.UDP)
    assert path.ask(WITH_COOKIE) == b""


def test_strangers_are_dropped_before_they_are_read() -> None:
    """Who is not served: Python refuses within the budget; beyond it nothing is said over UDP, whatever was sent."""
    path = Path(admitted=False, rate=1, burst=1, step=1)
    assert path.ask(QUERY) is None
    assert path.client.allow(0.0)
    assert [path.ask(packet) for packet in (QUERY, b"", bytes(99))] == [b""] * 3
    assert path.ask(QUERY, codes.DOT) is None
    layout = path.counters.layout
    assert (path.cells[layout.dropped], path.cells[layout.rate_limited], sum(path.cells)) == (3, 3, 6)


def test_a_miss_draws_a_step_and_counts_none() -> None:
    """What is drawn is there for Python, which counts the query."""
    path = Path(rate=1, burst=5, step=3)
    assert path.ask(QUERY) is None
    assert path.client.left == 3
    assert not any(path.cells)


def test_where_nothing_is_kept_a_hit_is_not_booked() -> None:
    """There each would be a blocked query; the event is counted all the same."""
    counters = counted()
    path = path_with(counters, books_hits=False)
    assert native.MODULE is not None
    path.remember(TABLE, ADDRESS, native.MODULE.Client())
    path.put(KEY, 0x8080, 0, (0, 0, 0), b"", (), b"", 0.0, 9.0, 0, counters.layout.blocks, False)
    assert path.answer(QUERY, ADDRESS, path.open_door(0, TABLE), 0.0, 0)
    assert (sum(counters.cells), counters.cells[counters.layout.blocks]) == (1, 1)


def test_only_who_is_remembered_is_answered() -> None:
    """By the door's own table and the whole address; a full table starts anew."""
    counters = counted()
    path = path_with(counters, hosts_max=2)
    assert native.MODULE is not None
    clients = [native.MODULE.Client() for _ in range(3)]
    doors = [path.open_door(0, 0), path.open_door(0, 1)]
    path.put(KEY, 0x8080, 0, (0, 0, 0), b"", (), b"", 0.0, 9.0, 0, 0, False)

    def known() -> list[bool]:
        hosts = (ADDRESS, NEIGHBOUR, bytes(4))
        return [path.answer(QUERY, host, door, 0.0, 0) is not None for door in doors for host in hosts]

    assert known() == [False] * 6
    path.remember(0, ADDRESS, clients[0])
    path.remember(1, NEIGHBOUR, clients[1])
    assert known() == [True, False, False, False, True, False]
    path.remember(0, NEIGHBOUR, clients[1])
    path.remember(0, bytes(4), clients[2])
    assert known() == [False, False, True, False, True, False]
    path.forget(0)
    path.forget(99)
    assert known() == [False, False, False, False, True, False]


def test_clients_are_held_as_long_as_they_are_known() -> None:
    """One reference an address; a replaced, forgotten or full table and the end of the path give each back."""
    assert native.MODULE is not None
    path, client, other = path_with(counted(), hosts_max=3), native.MODULE.Client(), native.MODULE.Client()
    before = sys.getrefcount(client)
    for number in range(3):
        path.remember(0, bytes([number] * 4), client)
    assert sys.getrefcount(client) == before + 3
    path.remember(0, bytes([0] * 4), client)  # the fourth time the table is full: it starts anew
    assert sys.getrefcount(client) == before + 1
    path.remember(0, bytes([0] * 4), other)
    assert sys.getrefcount(client) == before
    path.remember(1, ADDRESS, client)
    path.forget(1)
    assert sys.getrefcount(client) == before
    path.remember(1, ADDRESS, client)
    del path
    assert sys.getrefcount(client) == before


def test_memory_is_held_as_long_as_it_is_written_to() -> None:
    """Counters until the path is gone, marks until nobody watches: then they can be unmapped."""
    path = Path()
    marks, hits = bytearray(1), bytearray(8)
    path.c.enforce(1, [], 0.0, [])
    path.c.watch(memoryview(marks), memoryview(hits)[:0].cast("Q"), ())
    with pytest.raises(BufferError):
        marks.append(0)
    path.c.watch(memoryview(marks), memoryview(hits)[:0].cast("Q"), ())
    path.c.watch(None, None, ())
    marks.append(0)
    cells = path.counters.cells
    with pytest.raises(BufferError):
        cells.release()
    del path.c
    cells.release()


PUT = (KEY, 0x8080, 0, (1, 0, 0), b"\xc0\x0c", (), b"", 0.0, 9.0, 0, 0, False)


@pytest.mark.parametrize(
    ("place", "value", "fault"),
    [
        (0, b"\0\0\1\0\1", ValueError),
        (0, bytes(261), ValueError),
        (0, "key", TypeError),
        (1, 65536, ValueError),
        (1, -1, ValueError),
        (2, 4096, ValueError),
        (3, (1, 2), TypeError),
        (3, (1, 2, 65535), ValueError),
        (3, [1, 2, 3], TypeError),
        (4, None, TypeError),
        (5, 7, TypeError),
        (5, ((1,),), TypeError),
        (5, ((0, 2**32),), ValueError),
        (5, ((-1, 1),), ValueError),
        (7, "now", TypeError),
        (9, 2**63, OverflowError),
        (10, 10**6, ValueError),
        (10, 2**64, ValueError),
    ],
)
def test_put_says_what_is_wrong(place: int, value: Any, fault: type[Exception]) -> None:
    """An argument outside its range is named, and nothing is kept."""
    path = Path()
    with pytest.raises(fault):
        path.c.put(*PUT[:place], value, *PUT[place + 1 :])
    assert len(path.c) == 0


@pytest.mark.parametrize(
    ("verb", "arguments", "fault"),
    [
        ("answer", (QUERY, bytes(5), 0, 0.0, 0), ValueError),
        ("answer", (QUERY, ADDRESS, 4, 0.0, 0), ValueError),
        ("answer", (QUERY, ADDRESS, -1, 0.0, 0), ValueError),
        ("answer", (bytearray(QUERY), ADDRESS, 0, 0.0, 0), TypeError),
        ("answer", (QUERY, ADDRESS, 0, 0.0), TypeError),
        ("answer", (QUERY, ADDRESS, 0, float("nan"), 0), ValueError),
        ("answer", (QUERY, ADDRESS, 0, float("inf"), 0), ValueError),
        ("answer", (QUERY, ADDRESS, 0, 0.0, 2**32), ValueError),
        ("open_door", (4, 0), ValueError),
        ("open_door", (0, 4096), ValueError),
        ("remember", (0, bytes(3), None), ValueError),
        ("remember", (0, ADDRESS, None), TypeError),
        ("remember", (4096, ADDRESS, None), ValueError),
        ("forget", (-1,), ValueError),
        ("use_cookie_secrets", ([bytes(15)],), ValueError),
        ("use_cookie_secrets", ([COOKIE_SECRET, ""],), TypeError),
        ("use_cookie_secrets", (7,), TypeError),
        ("discard", (7,), TypeError),
        ("take_uses", ("key",), TypeError),
        ("watch", (b"", memoryview(bytearray(8)).cast("Q"), ()), BufferError),
        ("watch", (memoryview(bytearray(1)), memoryview(bytearray(8)), ()), ValueError),
        ("watch", (memoryview(bytearray(1)), memoryview(bytearray(9))[1:].cast("Q"), ()), ValueError),
    ],
)
def test_every_verb_says_what_is_wrong(verb: str, arguments: Any, fault: type[Exception]) -> None:
    """Wrong kinds are TypeErrors, wrong values ValueErrors; the path goes on."""
    path = Path()
    path.keep(KEY, positive(codes.A, 30, bytes(4)))
    with pytest.raises(fault):
        getattr(path.c, verb)(*arguments)
    assert path.ask(QUERY)


def test_foreign_code_meets_no_error_of_ours() -> None:
    """After the first argument that is wrong nobody is asked for the next."""
    path, asked = Path(), []

    class Asked:
        def __index__(self) -> int:
            asked.append(self)
            return 0

        __float__ = __bool__ = __index__

    for place in (8, 9, 11):
        with pytest.raises(TypeError):
            path.c.put(*PUT[:7], "now", *PUT[8:place], Asked(), *PUT[place + 1 :])
    with pytest.raises(TypeError):
        path.c.answer(QUERY, ADDRESS, 0, "now", Asked())
    assert not asked


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": bytes(15)},
        {"queries": 10**6},
        {"latency_sum": -1},
        {"client_udp_bytes": 65536},
        {"hosts_max": -1},
        {"answers": 2**32 - 1},
    ],
)
def test_a_path_needs_sound_settings(wrong: dict[str, Any]) -> None:
    """Places outside the cells and numbers outside their range are refused."""
    with pytest.raises(ValueError, match=r"range|cells|16 bytes"):
        path_with(counted(), **wrong)


def test_cells_are_words_that_can_be_written() -> None:
    """Bytes, read-only memory and too few words are refused."""
    few = Counters(Layout(0, 0), memoryview(bytearray(8 * 200)).cast("Q"))
    for cells in (memoryview(bytearray(800)), few.cells[:32], few.cells[::2], few.cells.toreadonly()):
        few.cells = cells
        with pytest.raises((ValueError, BufferError)):
            path_with(few)


def test_a_path_is_made_once() -> None:
    """One that was never made is in nobody's way, and one that was is not made again."""
    assert native.MODULE is not None
    with pytest.raises(RuntimeError):
        len(native.MODULE.HitPath.__new__(native.MODULE.HitPath))
    path = Path()
    with pytest.raises(ValueError, match="once"):
        path.c.__init__(path.counters.cells, **dict.fromkeys(SETTINGS, 40), secret=bytes(16), books_hits=True)
    path.keep(KEY, Answer(0x8080))
    assert path.c.answer(QUERY, ADDRESS, path.doors[0], 0.0, UNIX_TIME)


SETTINGS = ("queries", "answers", "dropped", "rate_limited", "latency", "latency_sum", "client_udp_bytes", "hosts_max")
