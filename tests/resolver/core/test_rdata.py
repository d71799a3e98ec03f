"""RDATA: names are freed of compression and never leave their record."""

from __future__ import annotations

import contextlib

import dns.rdata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.names import WireFault
from resolver.core.rdata import covered_type, expand, target_name

SAMPLES = [
    ("A", "192.0.2.1"),
    ("AAAA", "2001:db8::1"),
    ("NS", "ns.example."),
    ("SOA", "a.example. b.example. 1 2 3 4 5"),
    ("MX", "10 m.example."),
    ("SRV", "1 2 3 s.example."),
    ("NAPTR", '1 2 "u" "sip" "!x!" r.example.'),
    ("RP", "a.example. b.example."),
    ("RRSIG", "A 8 3 60 20300101000000 20200101000000 1 example. AAAA"),
    ("NSEC", "z.example. A MX"),
    ("HTTPS", "1 t.example. alpn=h2"),
    ("TXT", '"anything"'),
]


@pytest.mark.parametrize(("rtype", "value"), SAMPLES)
def test_sound_rdata_comes_back_whole(rtype: str, value: str) -> None:
    """Uncompressed RDATA is what dnspython wrote."""
    rdata = dns.rdata.from_text("IN", rtype, value)
    wire = rdata.to_wire()
    assert wire is not None
    assert expand(rdata.rdtype, b"ab" + wire + b"xy", 2, 2 + len(wire)) == wire


@pytest.mark.parametrize(("rtype", "value"), SAMPLES[:10])
def test_rdata_of_another_length_is_a_fault(rtype: str, value: str) -> None:
    """One byte less; one more where nothing may follow."""
    rdata = dns.rdata.from_text("IN", rtype, value)
    wire = rdata.to_wire()
    assert wire is not None
    open_ended = rtype in ("RRSIG", "NSEC")
    for length in (len(wire) - (3 + open_ended * 7), *([] if open_ended else [len(wire) + 1])):
        with pytest.raises(WireFault):
            expand(rdata.rdtype, wire + b"\0", 0, length)


def test_a_pointer_into_earlier_bytes_is_followed() -> None:
    """CNAME to a name that stands before it."""
    data = b"\1a\0" + b"\1b\xc0\0"
    assert expand(5, data, 3, 7) == b"\1b\1a\0"


def test_rdata_that_cannot_be_written_without_compression_is_a_fault() -> None:
    """A pointer at the head of 64 KiB: uncompressed it would not fit its length field."""
    name = b"\x3f" + b"a" * 63 + b"\0"
    data = name + b"\xc0\0" + bytes(65_500)
    assert len(expand(47, data, len(name), len(name) + 65_400)) == 65_400 - 2 + len(name)
    with pytest.raises(WireFault):
        expand(47, data, len(name), len(data))


@given(st.sampled_from([1, 2, 5, 6, 15, 28, 33, 35, 39, 46, 47, 64, 65, 999]), st.binary(max_size=40))
def test_any_rdata_is_expanded_or_the_declared_error(rtype: int, data: bytes) -> None:
    """Whatever type and bytes."""
    with contextlib.suppress(WireFault):
        expand(rtype, data, 0, len(data))


def test_targets_and_covered_types() -> None:
    """Lower-case targets of aliases and services, the type an RRSIG covers."""
    assert target_name(5, b"\1A\0") == b"\1a\0"
    assert target_name(65, b"\0\1\1B\0rest") == b"\1b\0"
    assert covered_type(b"\0\x41rest") == 65
