"""Verdicts on questions and on answers; whole answers are shown in test_rows.py."""

from __future__ import annotations

import dns.message
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from blocklist.names import to_wire
from resolver.core import codes
from resolver.core.limits import Limits
from resolver.core.message import Message, read_message
from resolver.core.policy import Course, Decision, decide, decide_response
from tests.resolver.core.world import TABLE, index_of, question, records

OPEN = Decision(Course.OPEN)


@pytest.mark.parametrize(
    ("name", "qtype", "course"),
    [
        ("blk.example", codes.A, Course.BLOCK),
        ("blk.example", codes.TXT, Course.SOFTEN),
        ("blk.example", codes.DS, Course.TRUTHFUL),
        ("all.example", codes.TXT, Course.BLOCK),
        ("all.example", codes.DNSKEY, Course.TRUTHFUL),
        ("ex.blk.example", codes.A, Course.EXEMPT),
        ("_1._https.exact.example", codes.HTTPS, Course.BLOCK),
        ("_1._https.exact.example", codes.A, Course.OPEN),
        ("_1._https.ex.blk.example", codes.SVCB, Course.EXEMPT),
        ("_1._https.other.example", codes.HTTPS, Course.OPEN),
        ("other.example", codes.A, Course.OPEN),
    ],
)
def test_questions_take_their_course(name: str, qtype: int, course: Course) -> None:
    """Type and listing decide together."""
    assert decide(TABLE, to_wire(name), qtype, 0.0).course is course


UNDERSCORES = index_of(["_d.example", "_a.ex.example"], ["_h.example", "in.free.example"], exempt=["free.example"])


@pytest.mark.parametrize(
    ("name", "course"),
    [
        ("_d.example", Course.BLOCK),
        ("www._d.example", Course.BLOCK),
        ("_443._https._d.example", Course.BLOCK),
        ("_h.example", Course.BLOCK),
        ("_443._https._h.example", Course.OPEN),
        ("example", Course.OPEN),
        ("_443._https.in.free.example", Course.BLOCK),
        ("_443._https.other.free.example", Course.EXEMPT),
    ],
)
def test_listed_names_with_underscores_are_blocked_for_services_too(name: str, course: Course) -> None:
    """A leading underscore may belong to the listed name itself; else it is taken off before the look-up (row 13)."""
    assert decide(UNDERSCORES, to_wire(name), codes.HTTPS, 0.0).course is course


def test_the_root_is_open() -> None:
    """The empty name is a name."""
    assert decide(TABLE, b"\0", codes.A, 0.0).course is Course.OPEN


def message(*lines: str, rtype: str = "A", name: str = "www.ok.example") -> Message:
    reply = records(*lines)(dns.message.from_wire(question(name, rtype)))
    assert isinstance(reply, dns.message.Message)
    return read_message(reply.to_wire())


@given(st.permutations(["a", "b", "c", "blk"]), st.sampled_from(["A", "AAAA", "HTTPS"]))
def test_a_listed_name_in_the_chain_is_found_in_any_order(order: list[str], rtype: str) -> None:
    """Owners and targets count wherever they stand."""
    lines = [f"an {label}.example. 60 CNAME {label}-next.example." for label in order]
    ruling = decide_response(OPEN, message(*lines, rtype=rtype), TABLE, Limits(), 0.0)
    assert ruling.blocked is not None


def test_an_address_of_a_listed_owner_off_the_chain_counts() -> None:
    """An upstream that slips a listed name's address in does not get it through."""
    ruling = decide_response(OPEN, message("an blk.example. 60 A 192.0.2.1"), TABLE, Limits(), 0.0)
    assert ruling.blocked is not None


def test_an_exempt_target_is_no_reason() -> None:
    """A chain into an exempt subtree is open."""
    lines = ("an www.ok.example. 60 CNAME ex.blk.example.", "an ex.blk.example. 60 A 192.0.2.1")
    assert decide_response(OPEN, message(*lines), TABLE, Limits(), 0.0).blocked is None


def test_more_alias_records_than_the_bound_are_broken() -> None:
    """Off-chain aliases are bounded too."""
    lines = [f"an n{number}.example. 60 CNAME m{number}.example." for number in range(5)]
    limits = evolve(Limits(), alias_records_max=4)
    assert decide_response(OPEN, message(*lines), TABLE, limits, 0.0).broken


@pytest.mark.parametrize(
    ("target", "broken"), [("b.example.", False), (".", False), ("b.ok.example.", True), ("ok.example.", True)]
)
def test_a_dname_without_its_cname_is_followed(target: str, broken: bool) -> None:
    """It ends elsewhere or at the root; into its own subtree it would never end."""
    found = decide_response(OPEN, message(f"an ok.example. 60 DNAME {target}"), TABLE, Limits(), 0.0)
    assert found.broken is broken


def test_signatures_of_dropped_addresses_are_dropped_too() -> None:
    """RRSIG covering A goes with the A; RRSIG covering MX stays."""
    signature = "8 3 60 20300101000000 20200101000000 1 example. AAAA"
    lines = (
        "an ok.example. 60 MX 1 m.blk.example.",
        f"an ok.example. 60 RRSIG MX {signature}",
        "ar m.blk.example. 60 A 192.0.2.1",
        f"ar m.blk.example. 60 RRSIG A {signature}",
    )
    ruling = decide_response(OPEN, message(*lines, rtype="MX", name="ok.example"), TABLE, Limits(), 0.0)
    assert [record.rtype for record in ruling.dropped] == [codes.A, codes.RRSIG]


def test_exempt_and_truthful_courses_are_left_alone() -> None:
    """Nothing in their answers is looked at."""
    lines = ("an www.ok.example. 60 CNAME blk.example.", "ar blk.example. 60 A 192.0.2.1")
    for course in (Course.EXEMPT, Course.TRUTHFUL):
        ruling = decide_response(Decision(course), message(*lines), TABLE, Limits(), 0.0)
        assert (ruling.blocked, ruling.dropped, ruling.to_nodata) == (None, (), False)


def test_a_name_may_be_listed_for_services_alone() -> None:
    """An address of `_443._https.exact.example` says nothing about its HTTPS record, whichever stands first."""
    lines = ("ar _443._https.exact.example. 60 A 192.0.2.7", "ar _443._https.exact.example. 60 HTTPS 1 . alpn=h2")
    for order in (lines, lines[::-1]):
        ruling = decide_response(OPEN, message(*order), TABLE, Limits(), 0.0)
        assert [record.rtype for record in ruling.dropped] == [codes.HTTPS]
