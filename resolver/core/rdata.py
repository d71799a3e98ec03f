"""RDATA with names in it: checked, and freed of compression so that a record can be moved (RFC 1035, 3597)."""

from collections.abc import Mapping

from attrs import frozen

from resolver.core import codes
from resolver.core.names import WireFault, read_name


@frozen
class _Form:
    """RDATA as fixed bytes, character strings, names, then either fixed bytes or anything (`after` is None)."""

    before: int
    names: int
    after: int | None = 0
    strings: int = 0


_ONE_NAME = _Form(0, 1)
_PREFERENCE_AND_NAME = _Form(2, 1)
_FORMS: Mapping[int, _Form] = {
    codes.NS: _ONE_NAME,
    3: _ONE_NAME,  # MD
    4: _ONE_NAME,  # MF
    codes.CNAME: _ONE_NAME,
    codes.SOA: _Form(0, 2, 20),
    7: _ONE_NAME,  # MB
    8: _ONE_NAME,  # MG
    9: _ONE_NAME,  # MR
    codes.PTR: _ONE_NAME,
    14: _Form(0, 2),  # MINFO
    15: _PREFERENCE_AND_NAME,  # MX
    17: _Form(0, 2),  # RP
    18: _PREFERENCE_AND_NAME,  # AFSDB
    21: _PREFERENCE_AND_NAME,  # RT
    24: _Form(18, 1, None),  # SIG
    26: _Form(2, 2),  # PX
    30: _Form(0, 1, None),  # NXT
    33: _Form(6, 1),  # SRV
    35: _Form(4, 1, strings=3),  # NAPTR
    36: _PREFERENCE_AND_NAME,  # KX
    codes.DNAME: _ONE_NAME,
    codes.RRSIG: _Form(18, 1, None),
    codes.NSEC: _Form(0, 1, None),
    codes.SVCB: _Form(2, 1, None),
    codes.HTTPS: _Form(2, 1, None),
}
_RDATA_BYTES_MAX = 65_535
_FIXED_LENGTHS = {codes.A: 4, codes.AAAA: 16}


def expand(rtype: int, data: bytes, start: int, end: int, known: dict[int, bytes] | None = None) -> bytes:
    """Return the RDATA between two offsets with its names uncompressed, case kept.

    WireFault when a name leaves the RDATA or the length does not fit the type. Unknown types are opaque. `known` is for
    `read_name`.
    """
    if _FIXED_LENGTHS.get(rtype, end - start) != end - start:
        raise WireFault("rdata_length")
    form = _FORMS.get(rtype)
    if form is None:
        return data[start:end]
    offset = start + form.before
    for _ in range(form.strings):
        if offset >= end:
            raise WireFault("rdata_cut")
        offset += 1 + data[offset]
    parts = [data[start:offset]]
    for _ in range(form.names):
        if offset >= end:
            raise WireFault("rdata_cut")
        name, offset = read_name(data, offset, known)
        parts.append(name)
    if offset > end or (form.after is not None and end - offset != form.after):
        raise WireFault("rdata_length")
    parts.append(data[offset:end])
    expanded = b"".join(parts)
    if len(expanded) > _RDATA_BYTES_MAX:
        raise WireFault("rdata_length")
    return expanded


def target_name(rtype: int, rdata: bytes) -> bytes:
    """Return the lower-case target of expanded CNAME, DNAME, HTTPS or SVCB RDATA."""
    start = 2 if rtype in codes.SERVICE_TYPES else 0
    name, _ = read_name(rdata, start)
    return name.lower()


def covered_type(rdata: bytes) -> int:
    """Return the type an RRSIG covers."""
    return int.from_bytes(rdata[:2])
