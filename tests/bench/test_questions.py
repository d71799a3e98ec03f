"""The question sets are what the generator expects, and dnspython reads what is asked."""

from __future__ import annotations

import struct
from collections import Counter
from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import pytest

from bench.questions import CLIENT_COOKIE, ZONE, Form, kept, listed, missed, wire, write, zipf
from tests.support.daemon import NOTICE_V4

FORMS = (Form(edns=False), Form(), Form(cookie=True))


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_question_is_a_query_that_dnspython_reads(form: Form) -> None:
    """With DO and a cookie where the form has them, and nothing where it has not."""
    read = dns.message.from_wire(wire("w0000001.www.example", form))
    assert (str(read.question[0]), read.flags) == ("w0000001.www.example. IN A", dns.flags.RD)
    assert (read.edns >= 0, bool(read.ednsflags & dns.flags.DO)) == (form.edns, form.edns)
    cookies = [option.to_wire() for option in read.options if option.otype == dns.edns.OptionType.COOKIE]
    assert cookies == ([CLIENT_COOKIE] if form.cookie else [])


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_question_of_a_form_is_equally_long(form: Form) -> None:
    """So that many go out as segments of one datagram."""
    names = [kept(0).name, kept(999_999).name, listed(99_999).name, missed().name]
    assert len({len(wire(name, form)) for name in names}) == 1


def test_a_set_says_what_each_answer_must_carry(tmp_path: Path) -> None:
    """Length, whether the name is new each time, RCODE and address stand before each message."""
    data = write(tmp_path / "set", [listed(1), missed()], Form(edns=False)).read_bytes()
    length = len(wire(missed().name, Form(edns=False)))
    first, second = data[: 8 + length], data[8 + length :]
    assert first[:8] == struct.pack("!HBB4B", length, 0, 0, *map(int, NOTICE_V4.split(".")))
    assert second[:4] == struct.pack("!HBB", length, 1, 0)
    assert second[8:] == wire(f"00000000.{ZONE}", Form(edns=False))


def test_zipf_draws_are_always_the_same_and_follow_the_law() -> None:
    """The first name is asked twice as often as the second."""
    ranks = zipf(1_000, 40_000)
    assert ranks == zipf(1_000, 40_000)
    counts = Counter(ranks)
    assert 1.8 < counts[0] / counts[1] < 2.2
    assert max(ranks) < 1_000
