"""A hit path in C with counters of its own and somebody who may ask; and what Python would say in its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from attrs import evolve

import native
from resolver.core import codes
from resolver.core.answer import Answer
from resolver.core.body import Body
from resolver.core.cookies import Cookies, is_cookie
from resolver.core.counters import Counters, Layout
from resolver.core.edns import COOKIE_OPTION
from resolver.core.extras import Options
from resolver.core.limits import Limits
from resolver.core.query import BadQuery, Query, read_query

NEEDS_NATIVE = pytest.mark.skipif(native.MODULE is None, reason="the C extension is not built: make native")
ADDRESS, NEIGHBOUR = bytes([192, 0, 2, 53]), bytes([0x20, 1, 0xD, 0xB8, *bytes(11), 5])
SECRET, COOKIE_SECRET = bytes(range(16)), bytes(range(16, 32))
UNIX_TIME = 1_790_000_000
OUR_BYTES = Limits().client_udp_bytes
TABLE = 0


def counted(lists: int = 1) -> Counters:
    """Counters of one worker."""
    return Counters.in_memory(Layout(upstreams=1, lists=lists))


def path_with(counters: Counters, **more: Any) -> Any:
    """A HitPath; `more` are settings other than the usual ones."""
    layout = counters.layout
    places = ("queries", "answers", "dropped", "rate_limited", "latency", "latency_sum")
    settings = {place: getattr(layout, place) for place in places}
    settings |= {"secret": SECRET, "client_udp_bytes": OUR_BYTES, "books_hits": True, "hosts_max": 100}
    assert native.MODULE is not None
    return native.MODULE.HitPath(counters.cells, **settings | more)


class Path:
    """A HitPath with a door for each transport, and one client whom it knows by two addresses."""

    def __init__(self, **client: Any) -> None:
        assert native.MODULE is not None
        self.counters = counted()
        self.c = path_with(self.counters)
        self.doors = [self.c.open_door(transport, TABLE) for transport in range(4)]
        self.client = native.MODULE.Client(**client)
        for address in (ADDRESS, NEIGHBOUR):
            self.c.remember(TABLE, address, self.client)

    def ask(self, packet: bytes, transport: int = codes.UDP, now: float = 0.0, address: bytes = ADDRESS) -> Any:
        """Return the answer, b"" for dropped, None for a miss."""
        return self.c.answer(packet, address, self.doors[transport], now, UNIX_TIME)

    def keep(self, key: bytes, answer: Answer | Body, stored: float = 0.0, ends: float = 1e9, **more: Any) -> bool:
        """Keep an answer, or a body whose TTLs tick."""
        ttls = answer.ttls if isinstance(answer, Body) else ()
        shown = answer.shown_ttl_max if isinstance(answer, Body) else 2**32 - 1
        image = answer.flags, answer.rcode, answer.counts, answer.sections, ttls, answer.options
        given = {"generation": 0, "event": 0, "restampable": False} | more
        return bool(self.c.put(key, *image, stored, ends, *given.values(), shown))

    @property
    def cells(self) -> list[int]:
        """All counters."""
        return self.counters.cells.tolist()


def is_plain(packet: bytes, query: Query) -> bool:
    """Whether a sound query is one that the hit path takes: recursion wanted, no option or one good COOKIE."""
    options = query.edns.options if query.edns else ()
    is_bare = not options or (len(options) == 1 and options[0][0] == COOKIE_OPTION and is_cookie(options[0][1]))
    only_opt = int.from_bytes(packet[10:12]) == bool(query.edns)
    asks = bool(query.question) and query.qclass == codes.IN and query.form.qtype != codes.ANY
    return asks and query.form.rd and is_bare and only_opt


def plain_query(packet: bytes, secrets: Sequence[bytes] = (), address: bytes = ADDRESS, view: int = 0) -> Query | None:
    """Read a packet as Python does, options too; None for what the hit path leaves to others."""
    try:
        query = read_query(packet)
    except BadQuery:
        return None
    if query is None or not is_plain(packet, query):
        return None
    cookies = Cookies(secrets, lambda: UNIX_TIME, Limits()) if secrets else None
    if query.edns is not None:
        query.extras = Options("", cookies, Limits()).read(query.edns.options, address, codes.UDP)
    query.form = query.form.under(view)
    return query


def whole_reply(query: Query, answer: Answer, transport: int) -> bytes | None:
    """Return what Python says, None where it has to cut."""
    reply = answer.reply(query, transport)
    uncut = answer.reply(with_room(query), codes.TCP)
    return reply if len(reply) == len(uncut) else None


def with_room(query: Query) -> Query:
    """The same question from somebody who takes everything."""
    other = Query(query.ident, query.question, query.name, evolve(query.form, udp_bytes=codes.MESSAGE_BYTES_MAX), False)
    other.extras = query.extras
    return other
