"""Designated encrypted resolvers: how a client that knows our address finds DoT and DoH here (RFC 9462, RFC 9461)."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

from attrs import frozen

from blocklist.names import to_wire
from resolver.core import codes
from resolver.core.answer import Answer, record, zone_answer

DDR_NAME = to_wire("_dns.resolver.arpa")
_TTL = 3600
# SvcParamKeys (RFC 9460 section 14.3.2, RFC 9461 section 5), which stand in ascending order
_ALPN, _PORT, _IPV4HINT, _IPV6HINT, _DOHPATH = 1, 3, 4, 6, 7


@frozen
class Designated:
    """One encrypted service: `alpn` is `dot` or `h2`, `path` the template of DoH, `addresses` where it listens."""

    target: str
    alpn: str
    port: int
    path: str = ""
    addresses: tuple[IPv4Address | IPv6Address, ...] = ()


def ddr_answer(services: Sequence[Designated], qtype: int, soa: bytes) -> Answer:
    """Return the answer at `_dns.resolver.arpa`: the services in order of preference, NODATA for other types."""
    if qtype != codes.SVCB or not services:
        return zone_answer(codes.NOERROR, (), (soa,))
    found = [record(codes.SVCB, _TTL, _rdata(number, each)) for number, each in enumerate(services, 1)]
    return zone_answer(codes.NOERROR, found, (), _addresses(services))


def _rdata(priority: int, service: Designated) -> bytes:
    v4 = b"".join(address.packed for address in service.addresses if address.version == 4)
    v6 = b"".join(address.packed for address in service.addresses if address.version == 6)
    params = (
        (_ALPN, bytes([len(service.alpn)]) + service.alpn.encode()),
        (_PORT, service.port.to_bytes(2)),
        (_IPV4HINT, v4),
        (_IPV6HINT, v6),
        (_DOHPATH, service.path.encode()),
    )
    told = b"".join(key.to_bytes(2) + len(value).to_bytes(2) + value for key, value in params if value)
    return priority.to_bytes(2) + to_wire(service.target) + told


def _addresses(services: Sequence[Designated]) -> list[bytes]:
    """The addresses of the names pointed to, so that nobody has to ask for them (RFC 9460 section 4.1)."""
    found = dict.fromkeys((each.target, address) for each in services for address in each.addresses)
    return [
        record(codes.A if address.version == 4 else codes.AAAA, _TTL, address.packed, owner=to_wire(target))
        for target, address in found
    ]
