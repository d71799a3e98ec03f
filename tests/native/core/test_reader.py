"""Reading and writing in C: what it answers is what Python would answer, to the byte; all else is a miss."""

from __future__ import annotations

import dns.flags
import dns.message
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.core import codes
from resolver.core.answer import Answer, positive
from tests.native.paths import ADDRESS, COOKIE_SECRET, NEEDS_NATIVE, NEIGHBOUR, Path, plain_query, whole_reply

pytestmark = NEEDS_NATIVE

LABELS = st.binary(min_size=1, max_size=6) | st.sampled_from([b"wWw", b"EXAMPLE", b"@[`{Zz", b"\xc1\xda", b"L" * 63])
NAMES = st.lists(LABELS, max_size=8).map(lambda labels: b"".join(bytes([len(each)]) + each for each in labels) + b"\0")
TYPES = st.sampled_from([1, 28, 65, 5, 43, 0, 248, 256, 65535] * 9 + [255, *codes.META_QTYPES])
SIZES = st.sampled_from([0, 511, 512, 513, 1231, 1232, 1233, 4096, 65535])
COOKIES = st.sampled_from([8, 16, 24, 40] * 9 + [0, 7, 9, 15, 39, 41]).map(lambda size: bytes(range(size)))
OPTIONS = st.sampled_from([0, 0, 1, 1, 1, 2]).flatmap(
    [
        st.just(b""),
        COOKIES.map(lambda cookie: b"\0\x0a" + len(cookie).to_bytes(2) + cookie),
        st.sampled_from([b"\0\3\0\0", b"\0\x0a\0\x08", b"\0", b"\0\x0a\0\x08" + bytes(8) + b"\0\3\0\0"]),
    ].__getitem__
)
ANSWERS = st.builds(
    Answer,
    st.sampled_from([codes.QR | codes.RA, codes.QR | codes.AD | codes.RA, codes.QR | codes.AA]),
    st.sampled_from([0, 2, 3, 5, 6, 16, 23, 4095]),
    st.tuples(*[st.integers(0, 300)] * 3),
    st.sampled_from([b"", b"\xc0\x0c", bytes(460), bytes(1180), bytes(4000)]) | st.binary(max_size=40),
    st.sampled_from([b"", b"\0\x0f\0\2\0\4", bytes(90)]),
)


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    """Queries of every shape, most of them sound, some with a few bytes changed, missing or added."""
    flags = 0x0100 ^ draw(
        st.sampled_from([0, 0x0010, 0x0020, 0x0030, 0x0450, 0x068F] * 9 + [0x0100, 0x8000, 0x0800, 0x7910])
    )
    has_opt = draw(st.booleans())
    question = draw(NAMES) + draw(TYPES).to_bytes(2) + draw(st.sampled_from([b"\0\1"] * 9 + [b"\0\3"]))
    options = draw(OPTIONS)
    ttl = draw(st.sampled_from([0, 0x8000, 0xFF00_0000, 0x7FFF] * 9 + [0x0001_0000, 0x0080_8000]))
    opt = b"\0\0\x29" + draw(SIZES).to_bytes(2) + ttl.to_bytes(4) + len(options).to_bytes(2) + options
    counts = draw(st.sampled_from([b"\0\1\0\0\0\0"] * 9 + [b"\0\2\0\0\0\0", b"\0\0\0\0\0\0", b"\0\1\0\1\0\0"]))
    packet = draw(st.binary(min_size=2, max_size=2)) + flags.to_bytes(2) + counts + bytes([0, has_opt]) + question
    return draw(mangled(packet + opt * has_opt))


def mangled(packet: bytes) -> st.SearchStrategy[bytes]:
    """The packet itself more often than not."""
    places = st.integers(0, len(packet) - 1)
    changed = st.tuples(places, st.binary(min_size=1, max_size=2))
    kinds = {
        "as it is": st.just(packet),
        "changed": changed.map(lambda at: packet[: at[0]] + at[1] + packet[at[0] + 1 :]),
        "cut": places.map(lambda at: packet[:at]),
        "longer": st.just(packet + b"\0"),
    }
    return st.sampled_from(["as it is"] * 12 + list(kinds)).flatmap(kinds.__getitem__)


@given(
    packets(), ANSWERS, st.sampled_from([codes.UDP, codes.TCP, codes.DOH]), st.sampled_from([0, 5, 63]), st.booleans()
)
@settings(max_examples=400)
def test_it_answers_what_python_reads_and_as_python_writes_it(
    packet: bytes, answer: Answer, transport: int, view: int, has_cookies: bool
) -> None:
    """Whatever comes: a plain query whose answer needs no cut gets Python's own bytes, anything else is a miss."""
    secrets = [COOKIE_SECRET] if has_cookies else []
    path = Path(view=view)
    path.c.use_cookie_secrets(secrets)
    query = plain_query(packet, secrets, view=view)
    if query is not None:
        assert path.keep(query.key, answer)
    expected = None if query is None else whole_reply(query, answer, transport)
    assert path.ask(packet, transport) == expected
    assert sum(path.cells) == (expected is not None)


@given(st.binary(max_size=80))
def test_noise_is_a_miss_and_changes_nothing(noise: bytes) -> None:
    """Bytes that are no query leave no trace."""
    path = Path()
    assert path.ask(noise) is None
    assert not any(path.cells)


@pytest.mark.parametrize("address", [ADDRESS, NEIGHBOUR], ids=len)
@pytest.mark.parametrize("payload", [512, 1232])
def test_dnspython_reads_the_answer(payload: int, address: bytes) -> None:
    """Another implementation finds its own question, in its own case, the record and the options."""
    path = Path()
    path.c.use_cookie_secrets([COOKIE_SECRET])
    options = [dns.edns.GenericOption(10, b"8 octets")]
    question = dns.message.make_query(
        "wWw.eXample.test", "A", use_edns=0, payload=payload, options=options, want_dnssec=True
    )
    path.keep(b"\3www\7example\4test\0\0\1\0\1\2", positive(codes.A, 30, bytes([192, 0, 2, 1])))
    answer = dns.message.from_wire(path.ask(question.to_wire(), address=address))
    assert question.is_response(answer)
    assert answer.question[0].name.to_text() == "wWw.eXample.test."
    assert answer.answer[0].to_text() == "wWw.eXample.test. 30 IN A 192.0.2.1"
    assert (answer.payload, answer.ednsflags & dns.flags.DO) == (1232, dns.flags.DO)
    assert [(option.otype, len(option.to_wire() or b"")) for option in answer.options] == [(10, 24)]
