"""The OPT record (RFC 6891) and Extended DNS Errors (RFC 8914): read on one side, made anew on the other."""

from struct import Struct

from attrs import frozen

from resolver.core.codes import EDE_DNSSEC, EDE_NETWORK_ERROR, EDE_NO_REACHABLE_AUTHORITY, OPT
from resolver.core.limits import Limits
from resolver.core.names import WireFault

NSID_OPTION = 3
COOKIE_OPTION = 10
KEEPALIVE_OPTION = 11
PADDING_OPTION = 12
EDE_OPTION = 15
DO = 0x8000
_OPT_FIXED = Struct(">BHHIH")  # root owner, type, size, extended rcode/version/flags, RDLENGTH
_OPTION = Struct(">HH")
OPT_BYTES = _OPT_FIXED.size
"""Bytes of an OPT without options."""


@frozen
class Edns:
    """What a peer said in its OPT: UDP size, high bits of the rcode, version, DO, raw options."""

    size: int
    rcode_high: int
    version: int
    do: bool
    options: tuple[tuple[int, bytes], ...]


def read_opt(size: int, ttl: int, rdata: bytes) -> Edns:
    """Read an OPT from its class, TTL and RDATA fields; WireFault when the options do not fill RDATA exactly."""
    options: list[tuple[int, bytes]] = []
    offset = 0
    while offset < len(rdata):
        if offset + 4 > len(rdata):
            raise WireFault("option_cut")
        code, length = _OPTION.unpack_from(rdata, offset)
        offset += 4
        if offset + length > len(rdata):
            raise WireFault("option_cut")
        options.append((code, rdata[offset : offset + length]))
        offset += length
    return Edns(size, ttl >> 24, ttl >> 16 & 0xFF, bool(ttl & DO), tuple(options))


def make_opt(size: int, *, do: bool, rcode_high: int = 0, options: bytes = b"") -> bytes:
    """Return a whole OPT record; `options` are already encoded."""
    return _OPT_FIXED.pack(0, OPT, size, rcode_high << 24 | (DO if do else 0), len(options)) + options


def make_option(code: int, content: bytes) -> bytes:
    """Return one encoded option."""
    return _OPTION.pack(code, len(content)) + content


def make_ede(*codes: int) -> bytes:
    """Return EDE options without text."""
    return b"".join(make_option(EDE_OPTION, code.to_bytes(2)) for code in codes)


def copied_ede(edns: Edns | None, limits: Limits) -> bytes:
    """Return the upstream's EDE options, bounded, to be put into our own OPT; every other option is left behind."""
    if edns is None:
        return b""
    found = [rdata for code, rdata in edns.options if code == EDE_OPTION and len(rdata) >= 2]
    cut = 2 + limits.ede_text_bytes_max
    texts = [rdata if len(rdata) <= cut and _is_utf8(rdata[2:]) else rdata[:2] for rdata in found]
    return b"".join(make_option(EDE_OPTION, text) for text in texts[: limits.ede_options_max])


def is_bogus(edns: Edns | None) -> bool:
    """Whether an upstream's error is a validator's verdict on signatures, not for want of a server it could reach."""
    found = {int.from_bytes(rdata[:2]) for code, rdata in (edns.options if edns else ()) if code == EDE_OPTION}
    return bool(found & EDE_DNSSEC) and not found & {EDE_NO_REACHABLE_AUTHORITY, EDE_NETWORK_ERROR}


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
