"""Queries to upstreams and the test that a response is theirs."""

from __future__ import annotations

from random import Random

import dns.flags
import dns.message
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.upstream_query import Likeness, build, likeness, make_query, pure_make_query, random_case

DRAWN = b"ab" + b"\0\0\xff\xff\xff\xff\xff\xff\xff\xff"
QUESTION = b"\3abc\4d-1z\0\0\1\0\1"


@given(st.binary(min_size=10, max_size=10))
def test_case_is_drawn_letter_by_letter(drawn: bytes) -> None:
    """Only letters change, the lower case is the same, type and class stay."""
    cased = random_case(QUESTION, drawn)
    assert cased[:-4].lower() == QUESTION[:-4]
    assert cased[-4:] == QUESTION[-4:]


def test_both_cases_are_reached() -> None:
    """All bits set: all upper; none: all lower."""
    assert random_case(QUESTION, b"\xff" * 10) == b"\3ABC\4D-1Z\0\0\1\0\1"
    assert random_case(QUESTION, bytes(10)) == QUESTION
    assert random_case(b"\0\0\2\0\1", b"\xff") == b"\0\0\2\0\1"


def test_a_query_is_what_dnspython_expects() -> None:
    """RD and AD, CD and DO as told, EDNS 1232 without options."""
    message = dns.message.from_wire(build(QUESTION, DRAWN, do=True, cd=True, mixed=False))
    assert dns.flags.to_text(message.flags) == "RD AD CD"
    assert (message.payload, message.ednsflags, message.options) == (1232, dns.flags.DO, ())
    plain = dns.message.from_wire(build(QUESTION, DRAWN, do=False, cd=False, mixed=True))
    assert dns.flags.to_text(plain.flags) == "RD AD"
    assert plain.question[0].name.to_text() == "aBC.D-1Z."


@given(st.lists(st.binary(min_size=1, max_size=63), max_size=3), st.booleans())
def test_a_padded_query_tells_nothing_by_its_length(labels: list[bytes], do: bool) -> None:
    """A multiple of 128 bytes, filled with zeros in an option dnspython knows (RFC 7830, RFC 8467)."""
    question = b"".join(bytes([len(label)]) + label for label in labels) + b"\0\0\1\0\1"
    query = build(question, bytes(len(question) - 2), do=do, cd=False, mixed=False, padded=True)
    assert len(query) % 128 == 0
    message = dns.message.from_wire(query)
    (padding,) = message.options
    assert (padding.otype, set(padding.to_wire() or b"")) in [(12, {0}), (12, set())]
    assert bool(message.ednsflags & dns.flags.DO) == do


@given(st.lists(st.binary(min_size=1, max_size=63), max_size=3), st.randoms(use_true_random=False), st.booleans())
def test_both_twins_write_the_same_query(labels: list[bytes], random: Random, mixed: bool) -> None:
    """Byte for byte, whatever name, id, case, flags and OPT."""
    question = b"".join(bytes([len(label)]) + label.lower() for label in labels) + b"\0\0\x1c\0\1"
    drawn, flags, opt = random.randbytes(len(question) - 2), random.getrandbits(16), random.randbytes(11)
    made = make_query(question, drawn, flags, opt, mixed)
    assert made == pure_make_query(question, drawn, flags, opt, mixed)


QUERY = build(QUESTION, DRAWN, do=False, cd=False, mixed=False)
HEADER = b"ab\x81\x80\0\1" + bytes(6)


def test_likeness_tells_friend_from_stranger() -> None:
    """Id, QR, opcode, one question, byte for byte."""
    assert likeness(QUERY, QUESTION, HEADER + QUESTION) is Likeness.SAME
    assert likeness(QUERY, QUESTION, HEADER + QUESTION[:-4].upper() + QUESTION[-4:]) is Likeness.OTHER_CASE
    assert likeness(QUERY, QUESTION, b"ab\x80\x05" + bytes(8)) is Likeness.BARE_ERROR
    strangers = [
        b"",
        HEADER[:11],
        b"xx" + (HEADER + QUESTION)[2:],
        b"ab\x01" + (HEADER + QUESTION)[3:],
        b"ab\xa9" + (HEADER + QUESTION)[3:],
        HEADER + QUESTION[:-1] + b"\3",
        HEADER + b"\3abx" + QUESTION[4:],
        HEADER,
        b"ab\x80\x00" + bytes(8),
    ]
    assert {likeness(QUERY, QUESTION, data) for data in strangers} == {Likeness.STRANGE}


@given(st.binary(max_size=60))
def test_any_bytes_have_a_likeness(data: bytes) -> None:
    """Never an error, and random bytes are never the same."""
    assert likeness(QUERY, QUESTION, data) is not Likeness.SAME
