"""One list in a mapped index: the pure table and the C extension's, with the same cases."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import native
from blocklist.attributes import DAY_SECONDS, Attributes
from blocklist.compiling import DESCRIPTOR, DIRECTORY_BYTES, HEADER, ListImage, compile_index
from blocklist.errors import IndexFault
from blocklist.index import Index
from blocklist.matchfile import build
from blocklist.token_table import EXEMPT, PureTokenTable, TokenTable
from blocklist.tokens import domain_token, host_token

Make = Callable[..., TokenTable]
TWINS: list[Make] = [PureTokenTable] + ([] if native.MODULE is None else [native.MODULE.TokenTable])
both_twins = pytest.mark.parametrize("make", TWINS, ids=["pure", "native"][: len(TWINS)])
needs_native = pytest.mark.skipif(native.MODULE is None, reason="no C extension here")

KEY = bytes(range(32))
BASE = date(2026, 10, 1)
BASE_DAY = (BASE - date(1970, 1, 1)).days
LABELS = st.sampled_from([b"\1a", b"\1b", b"\2xy", b"\7example", b"\4test", b"\x3f" + b"l" * 63, b"\x20" + b"m" * 32])
NAMES = (
    st.lists(LABELS, max_size=6)
    .map(lambda labels: b"".join(labels) + b"\0")
    .filter(lambda wire: len(wire) <= 255)
    .flatmap(lambda wire: st.sampled_from([wire, wire, b"\1c" * (min(100, (255 - len(wire)) // 2)) + wire]))
)
MAKERS = st.sampled_from([host_token, domain_token])


def table(make: Make, packed: bytes) -> TokenTable:
    start, _, key, base_day, fresh, entries, exemptions = DESCRIPTOR.unpack_from(packed, HEADER.size)
    view = memoryview(packed)
    return make(view, start=start, key=key, base_day=base_day, fresh=fresh, entries=entries, exemptions=exemptions)


def packed(tokens: dict[bytes, Attributes], exempt: frozenset[bytes] = frozenset(), fresh: bytes = b"") -> bytes:
    records = build(tokens.items()) if tokens else b""
    return compile_index([ListImage("demo", KEY, BASE, records, exempt, fresh)], clock_offset=0.0)


@st.composite
def indexes(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """An index, and a name that is likely in it."""
    wire = draw(NAMES)
    suffixes, at = [wire], 0
    while wire[at]:
        at += 1 + wire[at]
        suffixes.append(wire[at:])
    made = st.builds(lambda make, name: make(KEY, name), MAKERS, st.sampled_from(suffixes) | NAMES)
    attributes = st.builds(Attributes, st.integers(1, 3), st.integers(0, 7), st.booleans(), st.booleans())
    tokens = draw(st.dictionaries(made, attributes, max_size=12))
    exempt = draw(st.frozensets(made, max_size=3))
    fresh = b"".join(sorted(draw(st.frozensets(made, max_size=3))))
    return packed(tokens, exempt, fresh), wire


@needs_native
@settings(max_examples=40)
@given(indexes(), st.integers(0, 5), st.sampled_from([-0.5, 0.0, 0.5]))
def test_both_twins_find_the_same(case: tuple[bytes, bytes], day: int, off: float) -> None:
    """For any list, exemptions, fresh records, name and time around the end of a day: the same record, and number."""
    index, wire = case
    trusted = (BASE_DAY + day) * DAY_SECONDS + off
    pure, other = (table(make, index) for make in TWINS)
    found = pure.find(wire, trusted)
    assert other.find(wire, trusted) == found
    for record in {0, 1, 2**32, max(found, 0) >> 16}:
        assert other.fresh_place(record) == pure.fresh_place(record)


@needs_native
@settings(max_examples=40)
@given(indexes(), st.data())
def test_both_twins_refuse_the_same_damage(case: tuple[bytes, bytes], data: st.DataObject) -> None:
    """Bytes changed in descriptor, directory, fresh numbers or exempt tokens: the same fault, or the same find."""
    index, wire = case
    start, _, _, _, fresh, entries, exemptions = DESCRIPTOR.unpack_from(index, HEADER.size)
    numbers = start + DIRECTORY_BYTES
    exempt = numbers + fresh * 4 + entries * 18
    places = [range(HEADER.size + DESCRIPTOR.size), range(start, start + 12), range(numbers - 8, numbers + fresh * 4)]
    places += [range(exempt, exempt + exemptions * 16)] if exemptions else []
    damaged = bytearray(index)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.sampled_from(data.draw(st.sampled_from(places))))
        damaged[place] = data.draw(st.integers(0, 255))
    outcomes = []
    for make in TWINS:
        try:
            outcomes.append(repr(Index(bytes(damaged), make).match(wire, 0.0)))
        except IndexFault as fault:
            outcomes.append(fault.code)
    assert outcomes[0] == outcomes[1]


@both_twins
@pytest.mark.parametrize("count", [1, 2, 3, 30, 3000])
def test_every_record_of_a_crowded_bucket_is_found(make: Make, count: int) -> None:
    """Tokens that a list body made up, all in one bucket and close together, are found like any others."""
    wires = [b"\x05%05d\0" % number for number in range(40)]
    prefix = host_token(KEY, wires[0])[:2] + bytes(12)
    tokens = [prefix + number.to_bytes(2) for number in range(count)] + [host_token(KEY, wire) for wire in wires]
    asked = table(make, packed(dict.fromkeys(tokens, Attributes(9, 0))))
    for number, token in enumerate(sorted(tokens)):
        if token in tokens[count:]:
            assert asked.find(wires[tokens.index(token) - count], 0.0) >> 16 == number
    assert asked.find(b"\x05nolis\0", 0.0) == 0


@both_twins
@pytest.mark.parametrize("length", [126, 127, 128, 254])
def test_long_names_are_hashed_as_short_ones(make: Make, length: int) -> None:
    """A token of more than one block of BLAKE2b is that of `hashlib`, for the host and for a far suffix."""
    wire = _name(length)
    for token in (host_token(KEY, wire), domain_token(KEY, wire), domain_token(KEY, wire[2:])):
        assert table(make, packed({token: Attributes(9, 1)})).find(wire, 0.0) > 0
        assert table(make, packed({}, frozenset({token}))).find(wire, 0.0) == EXEMPT
    assert table(make, packed({host_token(KEY, wire[2:]): Attributes(9, 1)})).find(wire, 0.0) == 0


def _name(length: int) -> bytes:
    """A name of two-byte labels, one of them one byte longer when the length is even."""
    odd = b"" if length % 2 else b"\2zz"
    return b"\1a" * ((length - 1 - len(odd)) // 2) + odd + b"\0"


@both_twins
def test_exemptions_out_of_order_are_refused(make: Make) -> None:
    """Exempt tokens are searched by halves; what is not in order would be overlooked."""
    one, two = b"\1" * 16, b"\2" * 16
    shuffled = packed({}, frozenset({one, two})).replace(one + two, two + one)
    with pytest.raises(ValueError, match="exemptions"):
        table(make, shuffled)


@needs_native
@pytest.mark.parametrize(
    "wire", [b"", b"a", b"\1", b"\1a", b"\1a\0x", b"\x40" + b"a" * 64 + b"\0", b"\1a" * 128 + b"\0"]
)
def test_what_is_no_name_is_an_error_and_never_not_listed(wire: bytes) -> None:
    """The C table reads nothing beyond a name that is cut, too long, compressed, or followed by something."""
    with pytest.raises(ValueError, match="name"):
        table(TWINS[1], packed({})).find(wire, 0.0)


@needs_native
@settings(max_examples=30)
@given(st.binary(min_size=18, max_size=400), NAMES)
def test_records_in_any_disorder_are_read_inside_their_section(noise: bytes, wire: bytes) -> None:
    """Whatever the records hold, a look-up ends, and what it finds is one of them."""
    noise = noise[: len(noise) // 18 * 18]
    count = len(noise) // 18
    token = host_token(KEY, wire)
    section = bytearray(DIRECTORY_BYTES)
    for bucket in range(int.from_bytes(token[:2]) + 1, 65_537):
        section[bucket * 4 : bucket * 4 + 4] = memoryview(count.to_bytes(4, "little"))
    made = TWINS[1](bytes(section) + noise, start=0, key=KEY, base_day=0, fresh=0, entries=count, exemptions=0)
    assert made.find(wire, 0.0) >> 16 < count


@needs_native
def test_a_table_is_opened_once_and_not_asked_before() -> None:
    """An object made past its constructor holds no buffer: it says so."""
    kind = TWINS[1]
    with pytest.raises(ValueError, match="not opened"):
        kind.__new__(kind).find(b"\0", 0.0)  # type: ignore[arg-type, attr-defined]
    made = table(kind, packed({}))
    with pytest.raises(TypeError, match="once"):
        made.__init__(b"", start=0, key=KEY, base_day=0, fresh=0, entries=0, exemptions=0)  # type: ignore[misc]


@needs_native
def test_a_table_that_was_refused_cannot_be_asked() -> None:
    """Whoever keeps the object all the same reads nothing by bounds that were found wrong."""
    kind = TWINS[1]
    refused = kind.__new__(kind)  # type: ignore[arg-type]
    directory = b"\xff" * DIRECTORY_BYTES
    with pytest.raises(ValueError, match="directory"):
        refused.__init__(directory, start=0, key=KEY, base_day=0, fresh=0, entries=0, exemptions=0)  # type: ignore[misc]
    with pytest.raises(ValueError, match="not opened"):
        refused.find(b"\1a\0", 0.0)
