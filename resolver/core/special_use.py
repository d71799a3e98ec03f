"""Special-use names answered here and never forwarded (RFC 6761, 6303, 7686, 8375, 9462, 9476; answers.md row 24)."""

from struct import Struct
from typing import Final

from blocklist.names import suffixes, to_wire
from resolver.core import codes
from resolver.core.answer import Answer, record, zone_answer
from resolver.core.ddr import DDR_NAME, Designated, ddr_answer

_TTL = 10_800
_SOA_NUMBERS = Struct(">IIIII").pack(1, 3600, 1200, 604_800, _TTL)

_NEGATIVE_TREES = ("invalid", "test", "onion", "alt")
_IP6_ALL_ZERO = "0." * 31 + "0.ip6.arpa"
_IP6_LOOPBACK = "1." + "0." * 31 + "ip6.arpa"
REVERSE_ZONES: Final = (
    "10.in-addr.arpa",
    *(f"{number}.172.in-addr.arpa" for number in range(16, 32)),
    "168.192.in-addr.arpa",
    "0.in-addr.arpa",
    "127.in-addr.arpa",
    "254.169.in-addr.arpa",
    "2.0.192.in-addr.arpa",
    "100.51.198.in-addr.arpa",
    "113.0.203.in-addr.arpa",
    "255.255.255.255.in-addr.arpa",
    _IP6_ALL_ZERO,
    _IP6_LOOPBACK,
    "d.f.ip6.arpa",
    "8.e.f.ip6.arpa",
    "9.e.f.ip6.arpa",
    "a.e.f.ip6.arpa",
    "b.e.f.ip6.arpa",
    "8.b.d.0.1.0.0.2.ip6.arpa",
)
"""The locally served reverse zones of RFC 6303 section 4, each with a switch of its own name."""
ALL_ZONES: Final = frozenset({"localhost", *_NEGATIVE_TREES, "home.arpa", "resolver.arpa", *REVERSE_ZONES})
NEVER_FORWARDED: Final = frozenset({"resolver.arpa"})
"""Asks this very resolver about itself; it has no switch (RFC 9462 section 6.4)."""

_LOCALHOST = {codes.A: bytes([127, 0, 0, 1]), codes.AAAA: bytes(15) + b"\1"}
_LOOPBACK_NAMES = {to_wire("1.0.0.127.in-addr.arpa"), to_wire(_IP6_LOOPBACK)}
_NAMES_BELOW_APEX = (*_LOOPBACK_NAMES, DDR_NAME)


class SpecialUse:
    """The zones of one configuration; unknown zone names are ignored here and refused by the settings."""

    def __init__(self, zones: frozenset[str], designated: tuple[Designated, ...] = ()) -> None:
        self._zones = {to_wire(zone): zone for zone in (zones & ALL_ZONES) | NEVER_FORWARDED}
        self._tops = tuple({to_wire(zone.rpartition(".")[2]) for zone in self._zones.values()})
        self._designated = designated

    def answer(self, name: bytes, qtype: int) -> Answer | None:
        """Return the local answer for a lower-case wire name, or None when the name is not special here."""
        if not name.endswith(self._tops):  # nearly every name
            return None
        apex = next((suffix for suffix in suffixes(name) if suffix in self._zones), None)
        if apex is None:
            return None
        zone = self._zones[apex]
        if zone == "localhost":
            return _localhost(apex, qtype)
        if zone in _NEGATIVE_TREES:
            return zone_answer(codes.NXDOMAIN, (), (_soa(apex),))
        if name == apex and qtype == codes.DS:
            return None  # the parent's proof that the zone is unsigned must be the real one (RFC 8375 section 4)
        if name == DDR_NAME:
            return ddr_answer(self._designated, qtype, _soa(apex))
        return _served_zone(apex, name, qtype)


def _localhost(apex: bytes, qtype: int) -> Answer:
    address = _LOCALHOST.get(qtype)
    if address is None:
        return zone_answer(codes.NOERROR, (), (_soa(apex),))
    return zone_answer(codes.NOERROR, (record(qtype, _TTL, address),), ())


def _served_zone(apex: bytes, name: bytes, qtype: int) -> Answer:
    """An empty zone with SOA and NS at its apex (RFC 6303 section 3)."""
    if name in _LOOPBACK_NAMES and qtype == codes.PTR:
        return zone_answer(codes.NOERROR, (record(codes.PTR, _TTL, to_wire("localhost")),), ())
    if name == apex and qtype == codes.SOA:
        return zone_answer(codes.NOERROR, (_soa(apex),), ())
    if name == apex and qtype == codes.NS:
        return zone_answer(codes.NOERROR, (record(codes.NS, _TTL, apex),), ())
    exists = name == apex or any(known.endswith(name) for known in _NAMES_BELOW_APEX)
    return zone_answer(codes.NOERROR if exists else codes.NXDOMAIN, (), (_soa(apex),))


def _soa(apex: bytes) -> bytes:
    return record(codes.SOA, _TTL, apex + b"\x06nobody" + to_wire("invalid") + _SOA_NUMBERS, owner=apex)
