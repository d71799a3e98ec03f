"""Reading questions: row 14, and never anything but the declared error."""

from __future__ import annotations

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.query import BadQuery, bare_answer, read_query
from tests.resolver.core.world import parsed, question

PLAIN = question("ok.example", edns=False)
WITH_OPT = question("ok.example")
OPT = WITH_OPT[-11:]


def header(flags: int = 0x0100, counts: tuple[int, int, int, int] = (1, 0, 0, 0)) -> bytes:
    return b"id" + flags.to_bytes(2) + b"".join(count.to_bytes(2) for count in counts)


def changed(data: bytes, offset: int, value: bytes) -> bytes:
    return data[:offset] + value + data[offset + len(value) :]


QUESTION = PLAIN[12:]
BAD = {
    "class CH": (changed(PLAIN, len(PLAIN) - 2, b"\0\3"), "REFUSED", True, False),
    "class ANY": (changed(PLAIN, len(PLAIN) - 2, b"\0\xff"), "REFUSED", True, False),
    "two questions": (header(counts=(2, 0, 0, 0)) + QUESTION * 2, "FORMERR", False, False),
    "no question": (header(counts=(0, 0, 0, 0)), "FORMERR", False, False),
    "no question, no cookie": (header(counts=(0, 0, 0, 1)) + OPT, "FORMERR", False, True),
    "opcode NOTIFY": (header(0x2100) + QUESTION, "NOTIMP", True, False),
    "opcode UPDATE": (header(0x2800, (1, 0, 0, 1)) + QUESTION + OPT, "NOTIMP", True, True),
    "EDNS version 1": (changed(WITH_OPT, len(WITH_OPT) - 5, b"\1"), "BADVERS", True, True),
    "two OPT": (header(counts=(1, 0, 0, 2)) + QUESTION + OPT * 2, "FORMERR", True, True),
    "OPT not at the root": (header(counts=(1, 0, 0, 1)) + QUESTION + b"\1a" + OPT, "FORMERR", True, False),
    "OPT as answer": (header(counts=(1, 1, 0, 0)) + QUESTION + OPT, "FORMERR", True, False),
    "options cut": (WITH_OPT[:-2] + b"\0\3\0\1\0", "FORMERR", True, False),
    "trailing bytes": (WITH_OPT + b"x", "FORMERR", True, True),
    "trailing bytes, no OPT": (PLAIN + b"x", "FORMERR", True, False),
    "records missing": (header(counts=(1, 0, 0, 1)) + QUESTION, "FORMERR", True, False),
    "answers in a query": (header(counts=(1, 1, 0, 0)) + QUESTION + b"\0\0\1\0\1\0\0\0\0\0\0", "FORMERR", True, False),
    "question cut": (PLAIN[:-1], "FORMERR", False, False),
    "compressed question": (header() + b"\xc0\x04\0\1\0\1", "FORMERR", False, False),
    "name too long": (header() + (b"\x3f" + b"a" * 63) * 4 + b"\0\0\1\0\1", "FORMERR", False, False),
    "AXFR": (question("ok.example", "AXFR", edns=False), "NOTIMP", True, False),
    "IXFR": (
        header(counts=(1, 0, 1, 0)) + QUESTION[:-4] + b"\0\xfb\0\1" + b"\0\0\1\0\1" + bytes(6),
        "NOTIMP",
        True,
        False,
    ),
    "MAILB": (changed(PLAIN, len(PLAIN) - 4, b"\0\xfd"), "NOTIMP", True, False),
    "MAILA": (changed(PLAIN, len(PLAIN) - 4, b"\0\xfe"), "NOTIMP", True, False),
    "TKEY": (changed(PLAIN, len(PLAIN) - 4, b"\0\xf9"), "NOTIMP", True, False),
    "type OPT": (changed(PLAIN, len(PLAIN) - 4, b"\0\x29"), "NOTIMP", True, False),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_queries_get_the_error_of_row_14(case: str) -> None:
    """The rcode; the question if exactly one was read; our OPT if theirs was; never the body back."""
    data, rcode, has_question, has_opt = BAD[case]
    with pytest.raises(BadQuery) as caught:
        read_query(data)
    wire = bare_answer(caught.value, caught.value.rcode)
    answer = parsed(wire)
    assert dns.rcode.to_text(answer.rcode()) == rcode
    assert wire[:2] == data[:2]
    assert len(wire) == 12 + has_question * len(QUESTION) + has_opt * 11
    assert (answer.edns == 0) is has_opt
    assert answer.flags & (dns.flags.QR | dns.flags.RA | dns.flags.RD) == answer.flags & 0x87B0


def test_owners_of_other_records_are_passed_over() -> None:
    """Nobody makes us follow their pointers: a chain that no reader of names takes is no matter here."""
    text, first = b"\0\x10\0\1" + bytes(4), 12 + len(QUESTION)
    chain = b"".join((0xC000 | max(12, at - 2)).to_bytes(2) for at in range(first + 11, first + 411, 2))
    start = b"\0" + text + len(chain).to_bytes(2) + chain
    data = header(counts=(1, 0, 0, 3)) + QUESTION + start + (0xC000 | first + 409).to_bytes(2) + text + b"\0\0" + OPT
    query = read_query(data)
    assert query is not None
    assert query.form.has_opt


@pytest.mark.parametrize("data", [b"", PLAIN[:11], changed(PLAIN, 2, b"\x81")], ids=["empty", "under 12", "QR=1"])
def test_what_must_not_be_answered_is_dropped(data: bytes) -> None:
    """No answer to a response or a stump: two resolvers must not talk in circles."""
    assert read_query(data) is None


def test_errors_carry_no_text() -> None:
    """An exception that reaches a log says nothing about the query."""
    with pytest.raises(BadQuery) as caught:
        read_query(WITH_OPT + b"x")
    assert str(caught.value) == "bad_query"


@given(st.binary(max_size=100))
def test_any_bytes_are_a_query_or_the_declared_error(data: bytes) -> None:
    """Whatever is read agrees with dnspython."""
    try:
        query = read_query(data)
    except BadQuery as bad:
        parsed(bare_answer(bad, bad.rcode))
        return
    assert query is None or query.question in data


@given(
    st.sampled_from(["ok.example", "OK.Example", "."]),
    st.sampled_from(["A", "AAAA", "HTTPS", "TYPE97"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, 100, 512, 1000, 4096]),
)
def test_a_good_query_is_read_as_dnspython_wrote_it(
    name: str, rtype: str, ad: bool, do: bool, payload: int | None
) -> None:
    """Flags, OPT, sizes, case."""
    wanted = dns.message.make_query(
        name, rtype, use_edns=0 if do or payload else False, want_dnssec=do, payload=payload
    )
    wanted.flags = dns.flags.RD | (dns.flags.AD if ad else 0)
    query = read_query(wanted.to_wire())
    assert query is not None
    form = query.form
    assert form.wants_ad is (ad or do)
    assert form.do is do
    assert form.has_opt is (wanted.edns == 0)
    assert form.udp_bytes == (min(1232, max(512, wanted.payload)) if wanted.edns == 0 else 512)
    assert query.memorable
    assert query.key.startswith(query.question[:-4].lower())


def test_a_query_for_a_cookie_only_has_an_empty_question() -> None:
    """RFC 7873 section 5.4; other records or an opcode beside it are faults as ever."""
    opt = OPT[:-2] + b"\0\x0c" + b"\0\x0a\0\x08" + b"12345678"
    query = read_query(header(counts=(0, 0, 0, 1)) + opt)
    assert query is not None
    assert (query.question, query.name, query.memorable) == (b"", b"", False)
    for wrong in (header(0x2100, (0, 0, 0, 1)) + opt, header(counts=(0, 1, 0, 1)) + bytes(11) + opt):
        with pytest.raises(BadQuery):
            read_query(wrong)


def test_txt_of_class_ch_is_read_but_not_remembered() -> None:
    """Its answer is said at the door; every other type of that class is refused here."""
    query = read_query(
        changed(question("id.server", "TXT", edns=False), len(question("id.server", edns=False)) - 2, b"\0\3")
    )
    assert query is not None
    assert (query.qclass, query.memorable) == (3, False)


def test_keys_tell_types_apart_that_differ_in_the_case_bit() -> None:
    """HTTPS is 65 and must not be folded to type 97."""
    first, second = (read_query(question("ok.example", rtype)) for rtype in ("HTTPS", "TYPE97"))
    assert first is not None
    assert second is not None
    assert first.key != second.key


def test_queries_with_options_or_odd_names_are_not_remembered() -> None:
    """A cookie would fill the table; a name with a zero byte would shift the key."""
    cookie = dns.message.make_query("ok.example", "A", use_edns=0, options=[dns.edns.CookieOption(b"12345678", b"")])
    zero = header() + b"\x02a\0\0" + b"\0\1\0\1"
    for data in (cookie.to_wire(), zero, question("ok.example", flags="")):
        query = read_query(data)
        assert query is not None
        assert not query.memorable
