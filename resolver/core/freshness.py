"""How long an HTTP cache may keep an answer (RFC 8484 section 5.1): never longer than its records live."""

from resolver.core import codes

_FIXED = 10  # type, class, TTL and length of a record
_MINIMUM = 4  # the last field of a SOA
_POINTER = 0xC0
_TTL_SIGN = 0x8000_0000  # RFC 2181 section 8: such a TTL is zero
_KEPT = (codes.NOERROR, codes.NXDOMAIN)


def freshness(wire: bytes) -> int:
    """Seconds: the smallest TTL of the answer section; of a negative answer, also one behind an alias, no more than its
    SOA's and its MINIMUM.

    0 for failures, for negative answers without SOA, and for what cannot be read.
    """
    try:
        return _freshness(wire)
    except IndexError:
        return 0


def _freshness(wire: bytes) -> int:
    questions, answers, authorities = (int.from_bytes(wire[at : at + 2], "big") for at in (4, 6, 8))
    if wire[3] & codes.RCODE not in _KEPT:
        return 0
    at = codes.HEADER_BYTES
    for _ in range(questions):
        at = _behind_name(wire, at) + 4
    living: list[int] = []
    for _ in range(answers):
        _kind, ttl, at = _record(wire, at)
        living.append(ttl)
    for _ in range(authorities):
        kind, ttl, at = _record(wire, at)
        if kind == codes.SOA:
            return min(*living, ttl, int.from_bytes(wire[at - _MINIMUM : at], "big"))
    return 0 if wire[3] & codes.RCODE else min(living, default=0)


def _record(wire: bytes, at: int) -> tuple[int, int, int]:
    """Type, TTL and end of the record at `at`. IndexError: it is cut short."""
    at = _behind_name(wire, at)
    end = at + _FIXED + int.from_bytes(wire[at + 8 : at + _FIXED], "big")
    if end > len(wire):
        raise IndexError
    ttl = int.from_bytes(wire[at + 4 : at + 8], "big")
    return int.from_bytes(wire[at : at + 2], "big"), 0 if ttl & _TTL_SIGN else ttl, end


def _behind_name(wire: bytes, at: int) -> int:
    """Where the name at `at` ends; a pointer is its end."""
    while length := wire[at]:
        if length >= _POINTER:
            return at + 2
        at += 1 + length
    return at + 1
