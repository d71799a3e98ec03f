"""What an answer must look like, as small checks that the table of rows is written with."""

from __future__ import annotations

from collections.abc import Callable

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.support.daemon import NOTICE_V4, NOTICE_V6

Check = Callable[[dns.message.Message, dns.message.Message | None], None]
ANSWER_TTL = 30
STALE, STALE_NXDOMAIN, STALE_TTL = 3, 19, 30  # RFC 8914, RFC 8767


def notice(address: str = NOTICE_V4, ttl: int = ANSWER_TTL, *, counted_upstream: bool = False) -> Check:
    """The policy answer with the notice address: owner = QNAME, nothing beside it but OPT, EDE 4 if asked with OPT."""

    def check(answer: dns.message.Message, asked: dns.message.Message | None) -> None:
        assert asked is not None
        _policy_flags(answer, asked)
        assert [len(section) for section in answer.sections[1:]] == [1, 0, 0], answer
        rrset = answer.answer[0]
        assert str(rrset.name) == str(asked.question[0].name), "owner must be QNAME in the client's case"
        assert rrset.rdtype == asked.question[0].rdtype, answer
        assert rrset.ttl == ttl or (counted_upstream and rrset.ttl < ttl), answer  # the upstream is a cache, too
        assert [item.to_text() for item in rrset] == [address]
        assert ede_codes(answer) == ([4] if asked.edns >= 0 else [])

    return check


def notice_v6() -> Check:
    return notice(NOTICE_V6)


def nodata(ede: int = 15) -> Check:
    """NODATA with the constant SOA whose owner is QNAME."""

    def check(answer: dns.message.Message, asked: dns.message.Message | None) -> None:
        assert asked is not None
        _policy_flags(answer, asked)
        assert [len(section) for section in answer.sections[1:]] == [0, 1, 0], answer
        soa = answer.authority[0]
        assert str(soa.name) == str(asked.question[0].name)
        assert soa.ttl == ANSWER_TTL
        assert soa[0].to_text() == f". . 1 3600 600 86400 {ANSWER_TTL}"
        assert ede_codes(answer) == ([ede] if asked.edns >= 0 else [])

    return check


def real(*expected: str, ad: bool | None = None, additional_without: tuple[str, ...] = ()) -> Check:
    """NOERROR with these records (`owner TYPE rdata`) in the answer section, no EDE of ours."""

    def check(answer: dns.message.Message, asked: dns.message.Message | None) -> None:
        assert answer.rcode() == dns.rcode.NOERROR, answer
        assert set(expected) <= records(answer.answer), answer
        assert ede_codes(answer) == []
        if ad is not None:
            assert bool(answer.flags & dns.flags.AD) == ad, answer
        names = {str(rrset.name) for rrset in answer.additional}
        assert not names & set(additional_without), answer

    return check


def stale(code: int, *expected: str) -> Check:
    """An old answer while no upstream answers: these records, TTL at most 30, and the extended error that says so."""

    def check(answer: dns.message.Message, asked: dns.message.Message | None) -> None:
        assert answer.rcode() == (dns.rcode.NXDOMAIN if code == STALE_NXDOMAIN else dns.rcode.NOERROR), answer
        assert set(expected) == records(answer.answer), answer
        assert ede_codes(answer) == [code], answer
        assert all(rrset.ttl <= STALE_TTL for rrset in (*answer.answer, *answer.authority)), answer

    return check


def empty_nodata() -> Check:
    """Row 4's truthful NODATA in place of NXDOMAIN: the upstream's SOA, AD=0, no DNSSEC proof."""

    def check(answer: dns.message.Message, asked: dns.message.Message | None) -> None:
        assert answer.rcode() == dns.rcode.NOERROR, answer
        assert not answer.answer
        assert not answer.flags & dns.flags.AD
        assert {rrset.rdtype for rrset in answer.authority} == {dns.rdatatype.SOA}, answer
        assert all(rrset.ttl <= ANSWER_TTL for rrset in answer.authority), answer

    return check


def rcode(name: str, ede: tuple[int, ...] | None = None, question: bool | None = None) -> Check:
    """This rcode; where given, one of these EDE codes; no answer records; the question echoed or not."""

    def check(answer: dns.message.Message, asked: dns.message.Message | None) -> None:
        assert dns.rcode.to_text(answer.rcode()) == name, answer
        assert not answer.answer
        if ede is not None:
            assert set(ede_codes(answer)) & set(ede), answer
        if question is not None:
            assert bool(answer.question) == question

    return check


def rfc8482() -> Check:
    """ANY: one HINFO made here."""

    def check(answer: dns.message.Message, asked: dns.message.Message | None) -> None:
        assert answer.rcode() == dns.rcode.NOERROR
        assert not answer.flags & dns.flags.AD
        assert [(r.rdtype, r.ttl, r[0].to_text()) for r in answer.answer] == [
            (dns.rdatatype.HINFO, 3600, '"RFC8482" ""')
        ], answer

    return check


def server_cookie() -> Check:
    """RFC 7873 section 5.4: no question, but a server cookie behind the client's own."""

    def check(answer: dns.message.Message, asked: dns.message.Message | None) -> None:
        assert answer.rcode() == dns.rcode.NOERROR and not answer.question
        cookies = [option for option in answer.options if isinstance(option, dns.edns.CookieOption)]
        assert [(cookie.client, len(cookie.server)) for cookie in cookies] == [(b"cookies!", 16)]

    return check


def records(section: list[dns.rrset.RRset]) -> set[str]:
    return {
        f"{rrset.name} {dns.rdatatype.to_text(rrset.rdtype)} {item.to_text()}" for rrset in section for item in rrset
    }


def ede_codes(answer: dns.message.Message) -> list[int]:
    return [int(option.code) for option in answer.options if isinstance(option, dns.edns.EDEOption)]


def _policy_flags(answer: dns.message.Message, asked: dns.message.Message) -> None:
    """QR=1, AA=0, AD=0, RA=1, RD and CD copied, OPT only if the query had one, DO echoed."""
    assert answer.rcode() == dns.rcode.NOERROR, answer
    assert answer.id == asked.id
    assert answer.flags & dns.flags.QR and answer.flags & dns.flags.RA
    assert not answer.flags & (dns.flags.AA | dns.flags.AD | dns.flags.TC), answer
    for copied in (dns.flags.RD, dns.flags.CD):
        assert bool(answer.flags & copied) == bool(asked.flags & copied)
    assert (answer.edns >= 0) == (asked.edns >= 0)
    assert answer.ednsflags & dns.flags.DO == asked.ednsflags & dns.flags.DO
    for option in answer.options:
        if isinstance(option, dns.edns.EDEOption):
            assert not option.text, "EXTRA-TEXT is empty"
