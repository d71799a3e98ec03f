"""Answers rendered for each kind of client."""

from __future__ import annotations

import dns.flags
import dns.message
import pytest

from resolver.core import codes
from resolver.core.answer import ANY_ANSWER, failure, nodata, positive
from resolver.core.edns import make_ede
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
