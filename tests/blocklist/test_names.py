"""One canonical spelling of a name."""

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist.errors import EntryFault
from blocklist.names import canonical_name, is_ip_literal, lower_wire, suffixes, to_wire

LABEL = st.from_regex(r"[a-z0-9_][a-z0-9_-]{0,20}", fullmatch=True)
NAME = st.lists(LABEL, min_size=1, max_size=8).map(".".join).filter(lambda name: not is_ip_literal(name))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("BLK.Example.", "blk.example"),
        (" blk.example ", "blk.example"),
        ("_dmarc.blk.example", "_dmarc.blk.example"),
        ("trailing-.example", "trailing-.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("ｂｌｋ．example", "blk.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("1.2.3.4.example", "1.2.3.4.example"),
    ],
)
def test_the_many_ways_of_writing_a_name_become_one(written: str, name: str) -> None:
    """UTS 46 non-transitional and IDNA2008, with plain ASCII labels left alone."""
    assert canonical_name(written) == name


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "empty_name"),
        (".", "empty_name"),
        ("blk..example", "empty_label"),
        (".blk.example", "empty_label"),
        ("blk.example..", "empty_label"),
        ("-blk.example", "leading_hyphen"),
        ("a" * 64 + ".example", "long_label"),
        ("ü" * 60 + ".example", "bad_idna"),
        (".".join(["a" * 63] * 4), "long_name"),
        ("blk example", "bad_character"),
        ("*.blk.example", "bad_character"),
        ("http://blk.example", "bad_character"),
        ("☃.example", "bad_idna"),
        ("\ud800.example", "bad_idna"),
        ("192.0.2.1", "ip_literal"),
        ("0300.0.2.1", "ip_literal"),
        ("0xC0000201", "ip_literal"),
        ("192.513", "ip_literal"),
        ("１９２.0.2.1", "ip_literal"),
        ("[2001:db8::1]", "ip_literal"),
        ("2001:db8::1", "ip_literal"),
        ("blk.example:80", "bad_character"),
    ],
)
def test_what_is_no_name_is_refused_with_a_reason(written: str, reason: str) -> None:
    """Each rule has its own word, and no fault quotes the text."""
    with pytest.raises(EntryFault) as caught:
        canonical_name(written)
    assert caught.value.reason == reason
    assert caught.value.__cause__ is None
    assert len(written) < 5 or written not in str(caught.value)


@pytest.mark.parametrize("text", ["192.0.2.1", "0x7f.1", "017700000001", "127.1", "[::1]", "2001:db8::1", "１.2", "1."])
def test_addresses_are_recognised_in_every_form(text: str) -> None:
    """Octal, hex, short, bracketed and full-width forms are addresses to a browser."""
    assert is_ip_literal(text)


@pytest.mark.parametrize("text", ["blk.example", "1.example", "0xg", "", "☃.example", "\ud800", "blk.example:80"])
def test_names_are_not_addresses(text: str) -> None:
    """A number in a name does not make it an address."""
    assert not is_ip_literal(text)


@given(st.text(max_size=80))
def test_canonical_names_are_stable(text: str) -> None:
    """Whatever is accepted is its own canonical form and fits the wire; everything else is an EntryFault."""
    try:
        name = canonical_name(text)
    except EntryFault:
        return
    assert canonical_name(name) == name
    assert len(to_wire(name)) <= 255


@given(NAME)
def test_the_wire_form_is_that_of_dnspython(name: str) -> None:
    """An independent implementation writes the same bytes."""
    if len(name) <= 253:
        assert to_wire(name) == dns.name.from_text(name).to_wire()


def test_suffixes_run_from_the_name_to_its_top_label() -> None:
    """The name itself, each parent, and not the root."""
    assert list(suffixes(to_wire("a.blk.example"))) == [to_wire(n) for n in ("a.blk.example", "blk.example", "example")]
    assert list(suffixes(b"\0")) == []


@given(st.lists(st.binary(min_size=1, max_size=63), min_size=1, max_size=3))
def test_lower_casing_leaves_length_bytes_alone(labels: list[bytes]) -> None:
    """The labels keep their lengths whatever bytes they hold."""
    wire = b"".join(bytes((len(label),)) + label for label in labels) + b"\0"
    assert lower_wire(wire) == b"".join(bytes((len(label),)) + label.lower() for label in labels) + b"\0"
