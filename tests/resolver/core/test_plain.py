"""The common form of a response: both twins read the same, and serve what the long way would."""

from __future__ import annotations

from random import Random

import dns.edns
import dns.flags
import dns.message
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.counters import Layout
from resolver.core.message import read_message
from resolver.core.plain import NO_SOA, POSITIVE, pure_read_plain, read_plain
from resolver.core.policy import Course, Decision
from resolver.core.ruling import Ruler
from resolver.core.upstream_query import build
from tests.resolver.core.world import CONFIG, records

QUESTION = b"\3www\4host\7example\0\0\1\0\1"
QUERY = build(QUESTION, Random(1).randbytes(len(QUESTION) - 2), do=True, cd=False, mixed=True)
SOA = "ns host.example. 300 SOA ns.host.example. hostmaster.host.example. 1 3600 600 86400 60"
PLAIN = [
    ["an www.host.example. 300 A 192.0.2.7"],
    ["an www.host.example. 300 A 192.0.2.7", "an www.host.example. 60 A 192.0.2.8", "ad"],
    ["an www.host.example. 0 A 192.0.2.7"],
    ["an www.host.example. 4000000 TXT hello"],
    ["an www.host.example. 300 MX 10 mail.host.example.", "ns host.example. 600 NS ns.host.example."],
    ["an www.host.example. 300 SRV 1 2 53 mail.other.example."],
    ["nxdomain", SOA],
    [SOA],
    [],
    ["nxdomain"],
    ["an www.host.example. 300 RRSIG A 13 3 300 20300101000000 20200101000000 1 host.example. AAAA"],
    ["nxdomain", SOA, "ns www.host.example. 20 NSEC x.host.example. A RRSIG NSEC"],
]
LEFT = [
    ["an www.host.example. 300 CNAME other.example.", "an other.example. 300 A 192.0.2.7"],
    ["an other.example. 300 A 192.0.2.7"],
    ["an www.host.example. 300 A 192.0.2.7", "ar mail.host.example. 300 A 192.0.2.9"],
    ["an www.host.example. 300 HTTPS 1 ."],
    ["servfail"],
    ["refused"],
]


def response(lines: list[str], *, edns: bool = True, options: tuple[dns.edns.Option, ...] = ()) -> bytes:
    """An upstream's answer to QUERY, in its case."""
    made = records(*lines)(dns.message.from_wire(QUERY))
    assert isinstance(made, dns.message.Message)
    made.use_edns(0 if edns else False, ednsflags=dns.flags.DO if edns else 0, options=list(options))
    return made.to_wire()


@pytest.mark.parametrize("lines", PLAIN)
@pytest.mark.parametrize("edns", [True, False])
def test_the_common_answers_are_plain(lines: list[str], edns: bool) -> None:
    """With or without EDNS, denials too; both twins say the same of them."""
    data = response(lines, edns=edns)
    plain = read_plain(data, QUERY, QUESTION)
    assert plain is not None
    assert plain == pure_read_plain(data, QUERY, QUESTION)
    message = read_message(plain[0])
    assert message.question == QUESTION
    assert len(plain[4]) == len(message.records)


@pytest.mark.parametrize("lines", LEFT)
def test_what_leads_away_or_fails_is_left_to_the_long_way(lines: list[str]) -> None:
    """Aliases, services, addresses of others, errors."""
    assert read_plain(response(lines), QUERY, QUESTION) is None
    assert pure_read_plain(response(lines), QUERY, QUESTION) is None


def test_what_is_not_the_answer_or_explains_itself_is_not_plain() -> None:
    """Another id, case or question, TC, a query, an EDE, bytes left over, a TTL that means 0."""
    data = response(PLAIN[0], edns=False)
    swapped = data[:13] + bytes([data[13] ^ 0x20]) + data[14:]
    ede = response(PLAIN[0], options=(dns.edns.EDEOption(4),))
    negative_ttl = data.replace((300).to_bytes(4), b"\x80\0\1\0")
    odd = [b"xx" + data[2:], swapped, data[:2] + bytes([data[2] | 2]) + data[3:], data[:2] + b"\1" + data[3:], ede]
    for other in [*odd, data + b"\0", data[:-1], negative_ttl, b"", data[:11], QUERY]:
        assert read_plain(other, QUERY, QUESTION) is None
        assert pure_read_plain(other, QUERY, QUESTION) is None


def test_what_a_denial_says_of_its_end() -> None:
    """The SOA's minimum, or that there is none."""
    denials = [read_plain(response(lines), QUERY, QUESTION) for lines in (PLAIN[0], PLAIN[6], PLAIN[8])]
    assert [plain and plain[-1] for plain in denials] == [POSITIVE, 60, NO_SOA]


@given(
    st.sampled_from(PLAIN + LEFT), st.booleans(), st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=3)
)
def test_damaged_answers_are_read_alike(lines: list[str], edns: bool, damage: list[tuple[int, int]]) -> None:
    """What the twin in C takes, the reference takes too and reads the same from it."""
    data = bytearray(response(lines, edns=edns))
    for place, byte in damage:
        data[place % len(data)] = byte
    plain = read_plain(bytes(data), QUERY, QUESTION)
    assert plain is None or plain == pure_read_plain(bytes(data), QUERY, QUESTION)


@pytest.mark.parametrize("lines", PLAIN)
@pytest.mark.parametrize("config", [CONFIG, evolve(CONFIG, min_ttl=90, max_ttl=200)])
def test_a_plain_answer_is_served_as_by_the_long_way(lines: list[str], config: object) -> None:
    """Entry, body and answer are equal in every field, now and later, trusted or not."""
    ruler = Ruler(config, Layout(1, 1))  # type: ignore[arg-type]
    plain = read_plain(response(lines), QUERY, QUESTION)
    assert plain is not None
    for trust_ad in (False, True):
        short, is_kept = ruler.entry_for_plain(plain, trust_ad, 1000.0, 0)
        message, opened = read_message(plain[0]), Decision(Course.OPEN)
        long, is_kept_too = ruler.entry_for(message, trust_ad, 1000.0, opened, 0)
        assert is_kept == is_kept_too
        for now in (1000.0, 1030.5):
            for name in (
                "generation",
                "stored",
                "until",
                "kept",
                "trust_ad",
                "view",
                "verdict_until",
                "event",
                "fresh",
            ):
                assert getattr(short, name) == getattr(long, name), name
            assert (short.stands, short.due, short.fresh) == (long.stands, long.due, long.fresh)
            for name in ("flags", "rcode", "counts", "sections", "options"):
                assert getattr(short.answer, name) == getattr(long.answer, name), name
            assert short.body is not None and long.body is not None
            assert short.body.aged(7).sections == long.body.aged(7).sections
            assert short.body.ttls == long.body.ttls
            short.age(now + 30.5)
            long.age(now + 30.5)
