"""Bodies: aged in place, rebuilt with compression that dnspython follows."""

from __future__ import annotations

import dns.message
from hypothesis import given
from hypothesis import strategies as st

from resolver.core import codes
from resolver.core.body import Body, counts_of, rebuilt
from resolver.core.message import Message, read_message
from resolver.core.query import read_query
from tests.resolver.core.world import question, records, text

QUERY = question("www.a.example", edns=False)
LINES = (
    "an www.a.example. 60 CNAME b.a.example.",
    "an b.a.example. 70 MX 5 c.b.a.example.",
    "ns a.example. 80 SOA a.example. h.a.example. 1 2 3 4 5",
    "ar c.b.a.example. 90 A 192.0.2.1",
    "ar c.b.a.example. 90 AAAA 2001:db8::1",
)


def message() -> Message:
    reply = records(*LINES)(dns.message.from_wire(QUERY))
    assert isinstance(reply, dns.message.Message)
    return read_message(reply.to_wire())


def shown(body: Body, seconds: int = 0) -> list[str]:
    query = read_query(QUERY)
    assert query is not None
    wire = body.aged(seconds).message(query.ident, query.question, query.form, 1)
    return text(dns.message.from_wire(wire))


@given(st.sets(st.integers(0, 4)))
def test_any_choice_of_records_is_written_as_it_was(chosen: set[int]) -> None:
    """Owners and RDATA survive whichever records are left out."""
    kept = [record for number, record in enumerate(message().records) if number in chosen]
    body = rebuilt(message().question, kept, 0x8180, 0, b"", 86_400)
    wanted = [line.split(" ", 3) for number, line in enumerate(LINES) if number in chosen]
    assert shown(body) == [f"{section} {name} {ttl} IN {rest}" for section, name, ttl, rest in wanted]
    assert sum(body.counts) == len(chosen) == sum(counts_of(kept))


def test_rebuilding_compresses_owners() -> None:
    """The second of two equal owners is a pointer."""
    first, second = message().records[3:]
    one = rebuilt(message().question, [first], 0, 0, b"", 99)
    two = rebuilt(message().question, [first, second], 0, 0, b"", 99)
    assert len(two.sections) - len(one.sections) == 2 + 10 + 16


def test_ttls_fall_with_age_to_zero_and_start_below_the_ceiling() -> None:
    """60 to 90 seconds, after 75; never below zero; the ceiling caps."""
    body = rebuilt(message().question, message().records, 0, 0, b"", 85)
    assert [line.split()[2] for line in shown(body)] == ["60", "70", "80", "85", "85"]
    assert [line.split()[2] for line in shown(body, 75)] == ["0", "0", "5", "10", "10"]


def test_an_old_answer_has_small_ttls_its_reason_and_no_ad() -> None:
    """TTLs as they came but 30 at most, the upstream's own options behind ours, and EDE 19 for a name that is not."""
    body = Body(0x81A0, 0, (2, 0, 0), bytes(8), ((0, 7), (4, 500)), b"\0\x0f\0\2\0\x09")
    old = body.stale(30)
    assert (old.sections, old.flags & codes.AD) == (b"\0\0\0\7\0\0\0\x1e", 0)
    assert old.options == b"\0\x0f\0\2\0\3" + b"\0\x0f\0\2\0\x09"
    assert Body(0x8180, codes.NXDOMAIN, (0, 0, 0), b"", (), b"").stale(30).options == b"\0\x0f\0\2\0\x13"
