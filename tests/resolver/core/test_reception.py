"""What is said at the door, and what is remembered there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dns.edns
import dns.message
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from resolver.core import codes
from resolver.core.access import packed_address
from resolver.core.config import RateRule
from resolver.core.counters import Counters, Layout
from resolver.core.door import Door
from resolver.core.hit_path import PureHitPath
from resolver.core.limits import Limits
from resolver.core.query import Query
from resolver.core.rate_limit import Rate
from resolver.core.reception import Reception
from tests.resolver.core.world import CLIENT, CONFIG, parsed, question

STRANGER = "192.0.2.99"
SECRET = bytes(range(16))
COOKIE = b"12345678"
LIMITED = RateRule(Rate(1, 2))
FEW = Limits(rate_step=1, rate_proven_factor=1.5)


class Desk:
    """A reception with its counters and one door a transport."""

    def __init__(self, secrets: Sequence[bytes] = (), **settings: Any) -> None:
        self.counters = Counters.in_memory(Layout(1, 1))
        path = PureHitPath(self.counters)
        self.reception = Reception(evolve(CONFIG, **settings), self.counters, lambda: 1_790_000_000.0, path)
        self.reception.use_cookie_secrets(secrets)
        self.doors = [self.reception.door(transport, "127.0.0.1:53") for transport in range(4)]

    def take(self, data: bytes, host: str = CLIENT, transport: int = codes.UDP, now: float = 0.0) -> Any:
        return self.reception.receive(data, packed_address(host), self.doors[transport], now)

    @property
    def door(self) -> Door:
        return self.doors[codes.UDP]


def with_options(*options: dns.edns.Option, name: str = "ok.example", rtype: str = "A") -> bytes:
    return dns.message.make_query(name, rtype, use_edns=0, options=list(options)).to_wire()


def with_cookie(server: bytes = b"", **more: Any) -> bytes:
    return with_options(dns.edns.CookieOption(COOKIE, server), **more)


def without_question(query: bytes) -> bytes:
    """The same with its question taken out."""
    end = query.index(0, 12) + 5
    return query[:4] + b"\0\0" + query[6:12] + query[end:]


def rcode(answer: bytes) -> int:
    return parsed(answer).rcode()


def server_cookie(answer: bytes) -> bytes:
    (option,) = [each for each in parsed(answer).options if isinstance(each, dns.edns.CookieOption)]
    assert option.client == COOKIE
    return option.server


def chaos(name: str, **more: Any) -> bytes:
    return dns.message.make_query(name, "TXT", "CH", **more).to_wire()


def test_a_sound_query_is_handed_on_and_its_form_remembered() -> None:
    """The next query of this form, from this client, by any door, needs no reading."""
    desk = Desk()
    data = question("Ok.example")
    query = desk.take(data)
    assert isinstance(query, Query)
    for door in desk.doors:
        assert door.clients[hash(packed_address(CLIENT))].forms[data[2:12] + data[24:]] is query.form


def test_strangers_and_any_are_answered_at_the_door() -> None:
    """Neither reaches the cache, and the hot path never hears of a stranger."""
    desk = Desk()
    refused = desk.take(question("ok.example"), STRANGER)
    assert isinstance(refused, bytes)
    assert rcode(refused) == codes.REFUSED
    assert not desk.door.clients
    assert isinstance(desk.take(question("ok.example", "ANY")), bytes)
    assert not desk.door.clients[hash(packed_address(CLIENT))].forms


def test_both_memories_are_bounded() -> None:
    """They start anew when they are full."""
    desk = Desk(limits=Limits(hosts_max=2, forms_max=2))
    for number in range(1, 6):
        for rtype in ("A", "AAAA", "TXT"):
            desk.take(question("ok.example", rtype), f"127.0.0.{number}")
            assert len(desk.door.clients) <= 2
            assert all(len(client.forms) <= 2 for client in desk.door.clients.values())


# --- rate limit -------------------------------------------------------------------------------------------


def test_over_udp_every_other_query_over_the_limit_is_told_to_come_over_tcp() -> None:
    """An empty answer with TC, as large as the query, or nothing; both are counted, and over TCP it is served."""
    desk = Desk(rate_limit=LIMITED, limits=FEW)
    data = question("ok.example")
    assert all(isinstance(desk.take(data), Query) for _ in range(2))
    answers = [desk.take(data) for _ in range(4)]
    assert answers[1] is answers[3] is None
    for answer in (answers[0], answers[2]):
        assert parsed(answer).flags & codes.TC
        assert (rcode(answer), parsed(answer).answer, len(answer)) == (codes.NOERROR, [], len(data))
    read = desk.counters.read()
    assert (read.rate_limited, read.dropped) == (4, 2)
    assert isinstance(desk.take(data, transport=codes.TCP), Query)


@pytest.mark.parametrize("transport", [codes.TCP, codes.DOT, codes.DOH])
def test_over_streams_nothing_is_dropped(transport: int) -> None:
    """The address is proven there, so three more are served; then each query is refused, listed or not."""
    desk = Desk(rate_limit=LIMITED, limits=FEW)
    data = question("blk.example")
    served = [desk.take(data, transport=transport) for _ in range(5)]
    assert all(isinstance(each, Query) for each in served)
    for answer in (desk.take(data, transport=transport) for _ in range(3)):
        assert rcode(answer) == codes.REFUSED


def test_the_bucket_fills_again() -> None:
    """A second later there is one more query."""
    desk = Desk(rate_limit=LIMITED, limits=FEW)
    data = question("ok.example")
    for _ in range(3):
        desk.take(data)
    assert isinstance(desk.take(data, now=1.0), Query)
    assert not isinstance(desk.take(data, now=1.0), Query)


def test_one_prefix_does_not_pay_for_another() -> None:
    """By default that is one IPv4 address, or a home's /56."""
    desk = Desk(rate_limit=LIMITED, limits=FEW, allow=CONFIG.allow)
    data = question("ok.example")
    for _ in range(9):
        desk.take(data, "10.0.0.1")
        desk.take(data, "fd00::1")
    assert isinstance(desk.take(data, "10.0.0.2"), Query)
    assert isinstance(desk.take(data, "fd00:0:0:100::1"), Query)
    assert not isinstance(desk.take(data, "fd00:0:0:ff::1"), Query)


def test_a_valid_server_cookie_is_served_beyond_the_limit() -> None:
    """Others with a cookie get BADCOOKIE and a fresh one: then they have it. Beyond that it is TC for all."""
    desk = Desk(rate_limit=LIMITED, limits=FEW, secrets=[SECRET])
    for _ in range(2):
        desk.take(question("ok.example"))
    answer = desk.take(with_cookie())
    assert rcode(answer) == codes.BADCOOKIE
    good = with_cookie(server_cookie(answer))
    assert all(isinstance(desk.take(good), Query) for _ in range(3))
    answers = [desk.take(good) for _ in range(4)]
    assert {answer and (rcode(answer), parsed(answer).flags & codes.TC) for answer in answers} == {None, (0, codes.TC)}


def test_strangers_are_refused_so_often_only() -> None:
    """A flood from forged outside addresses is not reflected; over streams every one is answered."""
    desk = Desk(limits=Limits(refusals_burst=3, refusals_per_second=1))
    data = question("ok.example")
    answers = [desk.take(data, STRANGER) for _ in range(9)]
    assert [answer is not None for answer in answers] == [True] * 3 + [False] * 6
    assert desk.take(data, STRANGER, codes.TCP) is not None


@given(
    st.sampled_from([CLIENT, STRANGER]),
    st.one_of(
        st.binary(max_size=80),
        st.builds(lambda tail: question("ok.example", "AXFR")[:-4] + tail, st.binary(max_size=60)),
        st.builds(lambda tail: with_options(dns.edns.GenericOption(3, tail)), st.binary(max_size=30)),
    ),
)
def test_no_error_said_at_the_door_is_larger_than_the_query(host: str, data: bytes) -> None:
    """Over UDP, whatever is sent: it could be sent from a forged address."""
    answer = Desk(nsid="resolver-1").take(data, host)
    assert not isinstance(answer, bytes) or len(answer) <= len(data)


KINDS = {
    "plain": question("ok.example"),
    "any": question("ok.example", "ANY"),
    "cookie": with_cookie(),
    "empty": without_question(with_cookie()),
    "broken": question("ok.example") + b"x",
    "response": b"id\x81\x00" + question("ok.example")[4:],
}


@given(
    st.booleans(),
    st.sampled_from([CLIENT, STRANGER]),
    st.lists(st.tuples(st.sampled_from(["empty", "good", "plain", "cookie"]), st.integers(0, 3)), max_size=30),
)
def test_every_answer_shows_as_many_questions_as_were_asked(
    cookies: bool, host: str, steps: list[tuple[str, int]]
) -> None:
    """To customers and strangers, below the limit and over it, with cookies and without: one, or none."""
    desk = Desk([SECRET] if cookies else [], rate_limit=LIMITED, limits=FEW)
    kinds = KINDS | {"good": without_question(with_cookie(server_cookie(Desk([SECRET]).take(KINDS["empty"]))))}
    for kind, transport in steps:
        said = desk.take(kinds[kind], host, transport)
        if isinstance(said, bytes):
            assert len(parsed(said).question) == (kind in ("plain", "cookie")), kind


@given(st.lists(st.tuples(st.sampled_from([*KINDS, "good"]), st.integers(0, 3), st.sampled_from([0.0, 0.0, 0.4]))))
def test_whatever_a_client_does_over_its_limit(steps: list[tuple[str, int, float]]) -> None:
    """Streams get an answer to every query; what UDP gets is no larger than the query but for a cookie; drops count."""
    desk, now, drops = Desk(secrets=[SECRET], rate_limit=LIMITED, limits=FEW), 0.0, 0
    good = with_cookie(server_cookie(desk.take(without_question(with_cookie()))))
    for kind, transport, wait in steps:
        now += wait
        data = KINDS.get(kind, good)
        said = desk.take(data, transport=transport, now=now)
        drops += said is None
        assert said is not None or transport == codes.UDP or kind == "response"
        if isinstance(said, bytes) and transport == codes.UDP and kind != "any":
            assert len(said) <= len(data) + 16
    assert desk.counters.read().dropped == drops


# --- options ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [*range(8), *range(9, 16), 41])
def test_a_malformed_cookie_is_a_format_error(length: int) -> None:
    """RFC 7873 section 5.2.2: 8 bytes, or 16 to 40; where cookies are off the option is passed over."""
    data = with_options(dns.edns.GenericOption(10, bytes(length)))
    assert rcode(Desk(secrets=[SECRET]).take(data)) == codes.FORMERR
    assert isinstance(Desk().take(data), Query)


def test_a_server_cookie_can_be_had_without_a_question() -> None:
    """NOERROR and a cookie; a good one is confirmed, a wrong one BADCOOKIE, and FORMERR where cookies are off."""
    desk = Desk(secrets=[SECRET])
    first = desk.take(without_question(with_cookie()))
    assert (rcode(first), parsed(first).question) == (codes.NOERROR, [])
    cookie = server_cookie(first)
    assert rcode(desk.take(without_question(with_cookie(cookie)))) == codes.NOERROR
    wrong = desk.take(without_question(with_cookie(bytes(16))))
    assert (rcode(wrong), server_cookie(wrong)) == (codes.BADCOOKIE, cookie)
    assert rcode(Desk().take(without_question(with_cookie()))) == codes.FORMERR
    assert rcode(desk.take(without_question(with_cookie()), STRANGER)) == codes.REFUSED


def test_an_error_brings_the_cookie_along() -> None:
    """Who sent one believes no answer without it."""
    desk = Desk(secrets=[SECRET])
    for data in (with_cookie(rtype="AXFR"), with_cookie()[:-1] + b"8" + b"trailing"):
        assert server_cookie(desk.take(data))


def test_errors_are_padded_where_the_query_was() -> None:
    """Over DoT and DoH: else their size would show them."""
    data = with_options(dns.edns.GenericOption(12, bytes(20)), rtype="AXFR")
    assert [len(Desk().take(data, transport=transport)) % 468 == 0 for transport in range(4)] == [
        False,
        False,
        True,
        True,
    ]


# --- identity ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["id.server", "hostname.bind", "ID.Server"])
def test_the_identity_is_told_where_it_is_set(name: str) -> None:
    """TXT of class CH with the NSID; REFUSED where none is set."""
    (rrset,) = parsed(Desk(nsid="resolver-1").take(chaos(name))).answer
    assert rrset.to_text().endswith('0 CH TXT "resolver-1"')
    assert rcode(Desk().take(chaos(name))) == codes.REFUSED


def test_the_version_is_never_told() -> None:
    """Nor any other name of class CH."""
    for name in ("version.bind", "version.server", "ok.example"):
        assert rcode(Desk(nsid="resolver-1").take(chaos(name, use_edns=0))) == codes.REFUSED
