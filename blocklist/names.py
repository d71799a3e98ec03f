"""Domain names: one canonical spelling of a listed name, and its lower-case wire form.

A name is written by people in many ways and asked for in one. Published names pass UTS 46 (non-transitional) and
IDNA2008; labels that are plain ASCII after lower-casing bypass IDNA, because underscore names exist. On the query
path only ASCII is lower-cased and punycode is never decoded.
"""

import re
from collections.abc import Iterator
from ipaddress import IPv6Address

import idna

from blocklist.errors import EntryFault

MAX_LABEL = 63  # bytes, RFC 1035 section 2.3.4
MAX_NAME = 253  # characters without the trailing dot

_PLAIN_NAME = re.compile(r"[a-z0-9_][a-z0-9_-]{0,62}(?:\.[a-z0-9_][a-z0-9_-]{0,62})*")
_ASCII_LABEL = re.compile(r"[a-z0-9_-]+")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def canonical_name(text: str) -> str:
    """Return the A-label form: lower case, no trailing dot.

    Raises EntryFault: empty_name, ip_literal, empty_label, long_label, leading_hyphen, bad_character, bad_idna or
    long_name.
    """
    name = _mapped(text)
    if not name:
        raise EntryFault("empty_name")
    if _is_address(name):
        raise EntryFault("ip_literal")
    if len(name) <= MAX_NAME and _PLAIN_NAME.fullmatch(name):  # as almost all are, so all labels are looked at at once
        return name
    name = ".".join(_canonical_label(label) for label in name.split("."))
    if len(name) > MAX_NAME:
        raise EntryFault("long_name")
    return name


def is_ip_literal(text: str) -> bool:
    """Tell whether a browser would read this host as an address: octal, hex, short and bracketed forms too."""
    try:
        return _is_address(_mapped(text))
    except EntryFault:
        return False


def to_wire(name: str) -> bytes:
    """Return the wire form (RFC 1035 section 3.1) of a canonical name, root byte included."""
    return b"".join([len(label).to_bytes() + label for label in name.encode("ascii").split(b".")]) + b"\0"


def lower_wire(wire: bytes) -> bytes:
    """Lower-case the ASCII letters of a wire name; length bytes are below 64 and so are never touched."""
    return wire.lower()


def suffixes(wire: bytes) -> Iterator[bytes]:
    """Yield the wire name itself, then each parent, the root left out."""
    start = 0
    while wire[start]:
        yield wire[start:]
        start += wire[start] + 1


def _mapped(text: str) -> str:
    """Apply the UTS 46 mapping and take off one trailing dot."""
    text = text.strip()
    if text.isascii():
        return text.lower().removesuffix(".")
    try:
        return idna.uts46_remap(text, std3_rules=False).removesuffix(".")
    except idna.IDNAError:
        raise EntryFault("bad_idna") from None  # the library's message quotes the name


def _is_address(mapped: str) -> bool:
    if ":" in mapped:
        try:
            IPv6Address(mapped.removeprefix("[").removesuffix("]"))
        except ValueError:
            return False
        return True
    return all(_NUMBER.fullmatch(label) for label in mapped.split("."))


def _canonical_label(label: str) -> str:
    if not label:
        raise EntryFault("empty_label")
    if label.startswith("-"):
        raise EntryFault("leading_hyphen")
    if not label.isascii():
        label = _to_ascii(label)
    elif not _ASCII_LABEL.fullmatch(label):
        raise EntryFault("bad_character")
    if len(label) > MAX_LABEL:
        raise EntryFault("long_label")
    return label


def _to_ascii(label: str) -> str:
    try:
        return idna.alabel(label).decode("ascii")
    except idna.IDNAError:
        raise EntryFault("bad_idna") from None  # the library's message quotes the label
