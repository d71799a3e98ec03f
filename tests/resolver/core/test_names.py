"""Names in messages: only sound ones are read, loops cannot occur, the declared error is the only one."""

from __future__ import annotations

import contextlib

import dns.exception
import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.names import WireFault, plain_name_end, read_name, skipped_name_end, without_service_labels

LABELS = st.lists(st.binary(min_size=1, max_size=63), max_size=5)


def wire(labels: list[bytes]) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


@given(LABELS, st.binary(max_size=20))
def test_plain_names_are_read_whole(labels: list[bytes], behind: bytes) -> None:
    """Up to 255 bytes any labels come back as they are; longer ones are a fault."""
    name = wire(labels)
    if len(name) > 255:
        with pytest.raises(WireFault):
            read_name(name + behind, 0)
        return
    assert read_name(name + behind, 0) == (name, len(name))
    assert plain_name_end(name + behind, 0) == len(name)


@given(st.binary(max_size=60), st.integers(0, 60))
def test_any_bytes_give_a_name_dnspython_agrees_with_or_the_declared_error(data: bytes, offset: int) -> None:
    """Whatever the bytes, a name, or WireFault."""
    try:
        name, behind = read_name(data, offset)
    except WireFault:
        return
    known, used = dns.name.from_wire(data, offset)
    assert (known.to_wire(), offset + used) == (name, behind)


@given(st.binary(max_size=60))
def test_any_bytes_end_or_are_a_fault(data: bytes) -> None:
    """The uncompressed reader never leaves the buffer and never takes a pointer."""
    with contextlib.suppress(WireFault):
        assert 0 < plain_name_end(data, 0) <= len(data)


class Counted(bytes):
    """Bytes that count how often one of them is looked at."""

    looks = 0

    def __getitem__(self, at: object) -> object:  # type: ignore[override]
        Counted.looks += isinstance(at, int)
        return super().__getitem__(at)  # type: ignore[index]


def test_what_pointers_lead_to_is_read_once() -> None:
    """However many names end in the same long one, and at whichever of its labels."""
    long = wire([b"a"] * 126)
    ends = [2 * (number % 126) for number in range(1000)]
    data = Counted(long + b"".join(b"\1x" + (0xC000 | end).to_bytes(2) for end in ends))
    known: dict[int, bytes] = {}
    Counted.looks = 0
    for number, end in enumerate(ends):
        at = len(long) + 4 * number
        assert read_name(data, at, known) == (b"\1x" + long[end:], at + 4)
    assert Counted.looks < 2 * len(data)


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=12))
def test_what_is_known_changes_no_name(data: bytes, offsets: list[int]) -> None:
    """In any order, names read with a memory are those read without."""
    known: dict[int, bytes] = {}
    for offset in offsets:
        try:
            expected = read_name(data, offset)
        except WireFault:
            with pytest.raises(WireFault):
                read_name(data, offset, known)
        else:
            assert read_name(data, offset, known) == expected


def test_pointers_lead_backwards_only() -> None:
    """A pointer to itself, ahead, or in a circle is a fault; chained ones backwards are read."""
    data = wire([b"a"]) + b"\x01b\xc0\x00" + b"\x01c\xc0\x03"
    assert read_name(data, 7) == (wire([b"c", b"b", b"a"]), 11)
    for bad in (b"\xc0\x00", b"\xc0\x02\x01a\xc0\x00", b"\x01a\xc0\x00", b"\xc0"):
        with pytest.raises(WireFault):
            read_name(bad, 0)


@given(st.binary(max_size=60), st.integers(0, 60))
def test_a_name_is_passed_over_as_far_as_it_is_read(data: bytes, offset: int) -> None:
    """Whatever can be read can be passed over, up to the same place; any other bytes end or are a fault."""
    try:
        _, behind = read_name(data, offset)
    except WireFault:
        with contextlib.suppress(WireFault):
            assert offset < skipped_name_end(data, offset) <= len(data)
        return
    assert skipped_name_end(data, offset) == behind


def test_a_long_chain_of_pointers_is_a_fault() -> None:
    """As many as a name can have labels are read; a chain that only costs time is not."""
    data = wire([b"a"]) + b"".join((0xC000 | (at - 2 if at > 3 else 0)).to_bytes(2) for at in range(3, 1003, 2))
    assert read_name(data, 3 + 2 * 126)[0] == wire([b"a"])
    with pytest.raises(WireFault):
        read_name(data, 3 + 2 * 127)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("_8443._https.a.example", "a.example"), ("a._b.example", "a._b.example"), ("_dns", "."), (".", ".")],
)
def test_service_labels_are_taken_off_the_front(name: str, expected: str) -> None:
    """Only leading labels with an underscore go."""
    assert without_service_labels(dns.name.from_text(name).to_wire()) == dns.name.from_text(expected).to_wire()
