"""OPT and EDE: read strictly, made anew, copied within bounds."""

from __future__ import annotations

import dns.edns
import dns.message
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.edns import Edns, copied_ede, make_ede, make_opt, read_opt
from resolver.core.limits import Limits
from resolver.core.names import WireFault


def parsed(options: bytes, **kwargs: object) -> dns.message.Message:
    header = b"id\x80\0" + bytes(6) + b"\0\1"
    return dns.message.from_wire(header + make_opt(1232, do=True, options=options, **kwargs))  # type: ignore[arg-type]


def test_what_we_make_dnspython_reads() -> None:
    """Size, DO, high rcode bits, EDE codes without text."""
    answer = parsed(make_ede(22, 23), rcode_high=1)
    assert (answer.payload, answer.ednsflags & 0x8000, int(answer.rcode())) == (1232, 0x8000, 16)
    assert [option.to_text() for option in answer.options] == [
        "EDE 22 (No Reachable Authority)",
        "EDE 23 (Network Error)",
    ]


def test_fields_and_options_are_read() -> None:
    """Version, DO and rcode bits from the TTL, options in order."""
    edns = read_opt(4096, 0x0102_8000, b"\0\3\0\2ab\0\x0a\0\0")
    assert edns == Edns(4096, 1, 2, True, ((3, b"ab"), (10, b"")))


@given(st.binary(max_size=40))
def test_any_options_are_read_or_the_declared_error(rdata: bytes) -> None:
    """Options fill RDATA exactly or are a fault."""
    try:
        edns = read_opt(512, 0, rdata)
    except WireFault:
        return
    assert sum(4 + len(value) for _, value in edns.options) == len(rdata)


def test_only_ede_is_copied_and_only_so_much() -> None:
    """Number and text are bounded, broken text and stumps are left behind."""
    ede = [(15, b"\0\6"), (3, b"nsid"), (15, b"\0\7ok"), (15, b"\0"), (15, b"\0\x08\xff"), (15, b"\0\x09" + b"x" * 300)]
    copied = copied_ede(Edns(512, 0, 0, False, (*ede, (15, b"\0\1"))), Limits())
    texts = [option.to_text() for option in parsed(copied).options]
    assert [text.split()[1] for text in texts] == ["6", "7", "8", "9"]
    assert texts[1].endswith(": ok")
    assert len(copied) < 40
    assert copied_ede(None, Limits()) == b""


@pytest.mark.parametrize("rdata", [b"\0", b"\0\1\0", b"\0\1\0\2a"])
def test_cut_options_are_faults(rdata: bytes) -> None:
    """Each stump is the declared error."""
    with pytest.raises(WireFault):
        read_opt(512, 0, rdata)
