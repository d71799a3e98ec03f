"""Answers rendered for each kind of client."""

from __future__ import annotations

import dns.flags
import dns.message
import pytest
from dns.edns import CookieOption, GenericOption, Option

from resolver.core import codes
from resolver.core.access import packed_address
from resolver.core.answer import ANY_ANSWER, failure, nodata, positive
from resolver.core.cookies import Cookies
from resolver.core.edns import make_ede
from resolver.core.extras import Options
from resolver.core.limits import Limits
from resolver.core.query import read_query
from tests.resolver.core.world import ede, question, text

ADDRESS = positive(codes.A, 30, bytes([192, 0, 2, 1]), make_ede(4))


@pytest.mark.parametrize("flags", ["RD", "RD CD AD", "CD"])
@pytest.mark.parametrize("form", ["plain", "edns", "do"])
def test_flags_opt_and_question_follow_the_client(flags: str, form: str) -> None:
    """QR and RA ours, AA never; RD and CD copied; OPT and DO only if the query had them; question byte for byte."""
    query = read_query(question("bLk.example", "A", flags, edns=form != "plain", do=form == "do"))
    assert query is not None
    wire = ADDRESS.message(query.ident, query.question, query.form, codes.UDP)
    answer = dns.message.from_wire(wire)
    assert set(dns.flags.to_text(answer.flags).split()) == {"QR", "RA", *flags.split()} - {"AD"}
    assert (answer.edns == 0, bool(answer.ednsflags & dns.flags.DO)) == (form != "plain", form == "do")
    assert wire[12 : 12 + len(query.question)] == query.question
    assert ede(answer) == ([] if form == "plain" else [4])


def test_renderings_are_remembered_by_kind_of_client() -> None:
    """The same kind gets the same objects, another kind others."""
    first, again, other = (read_query(question("x.example", edns=edns)) for edns in (True, True, False))
    assert first is not None
    assert again is not None
    assert other is not None
    assert ADDRESS.render(first.form) is ADDRESS.render(again.form)
    assert ADDRESS.render(first.form) != ADDRESS.render(other.form)


@pytest.mark.parametrize("options", [(), (CookieOption(b"8 bytes.", b""),), (GenericOption(12, b""),)])
@pytest.mark.parametrize(("rdata_bytes", "whole"), [(65_475, True), (65_485, True), (65_486, False)])
def test_over_a_stream_options_go_before_records_do(options: tuple[Option, ...], rdata_bytes: int, whole: bool) -> None:
    """Nothing but TC would leave the client without an answer for ever; only what fits without options is saved."""
    desk = Options("", Cookies([bytes(16)], lambda: 0.0, Limits()), Limits())
    query = read_query(dns.message.make_query("x.example", "NULL", use_edns=0, options=list(options)).to_wire())
    assert query is not None
    assert query.edns is not None
    query.extras = desk.read(query.edns.options, packed_address("127.0.0.1"), codes.DOT)
    large = positive(10, 30, bytes(rdata_bytes), make_ede(3))
    wire = large.reply(query, codes.DOT)
    answer = dns.message.from_wire(wire)
    assert len(wire) <= 65_535
    assert (bool(answer.answer), bool(answer.flags & dns.flags.TC), answer.edns) == (whole, not whole, 0)


def test_the_policy_soa_says_nothing() -> None:
    """Owner QNAME, names `.`, serial 1, TTL = MINIMUM = answer TTL."""
    query = read_query(question("a.b.example", "HTTPS"))
    assert query is not None
    answer = dns.message.from_wire(nodata(17).message(query.ident, query.question, query.form, codes.TCP))
    assert text(answer) == ["ns a.b.example. 17 IN SOA . . 1 3600 600 86400 17"]


def test_failures_name_their_reasons() -> None:
    """SERVFAIL by default, any rcode, EDE in the order given."""
    query = read_query(question("x.example"))
    assert query is not None
    answer = dns.message.from_wire(failure(22, 23).message(query.ident, query.question, query.form, codes.UDP))
    assert (int(answer.rcode()), ede(answer)) == (codes.SERVFAIL, [22, 23])


def test_any_is_one_hinfo() -> None:
    """RFC 8482: CPU RFC8482, OS empty."""
    query = read_query(question("x.example", "ANY"))
    assert query is not None
    answer = dns.message.from_wire(ANY_ANSWER.message(query.ident, query.question, query.form, codes.UDP))
    assert text(answer) == ['an x.example. 3600 IN HINFO "RFC8482" ""']
