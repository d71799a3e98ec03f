"""The demo's zone: records out of a small text file, found by name as an authoritative server finds them.

Leaves out what the demo does not need: delegations, DNSSEC, more than one zone.
"""

import shlex
from collections.abc import Iterator

from attrs import Factory, define, frozen
from dnslib import CNAME, QTYPE, RD, RDMAP, RR, DNSBuffer, DNSLabel

ORIGIN = DNSLabel("example.")
TTL = 300  # seconds, where a line names none


@frozen
class Found:
    """What stands at a name: its records by type; whether the name exists at all."""

    records: dict[int, list[RR]] = Factory(dict)
    exists: bool = False


@define
class Zone:
    """All records of `example.`."""

    _names: dict[DNSLabel, dict[int, list[RR]]] = Factory(dict)

    @classmethod
    def from_text(cls, text: str) -> "Zone":
        """Read the zone file; ValueError or KeyError for a line that cannot be read (it is our own data)."""
        zone = cls()
        for line in text.splitlines():
            if line.strip() and not line.startswith(";"):
                zone._add(_record(line))
        return zone

    @property
    def soa(self) -> RR:
        """The record that vouches for what does not exist."""
        return self._names[ORIGIN][QTYPE.SOA][0]

    def covers(self, name: DNSLabel) -> bool:
        """Whether the name is at or below the zone's top."""
        return bool(name.matchSuffix(ORIGIN))

    def find(self, name: DNSLabel) -> Found:
        """Return the records at a name, by a wildcard if need be (RFC 4592); the owner keeps the asked form."""
        if name in self._names:
            return Found(_renamed(self._names[name], name), exists=True)
        if any(known.matchSuffix(name) for known in self._names):
            return Found(exists=True)  # an empty name with others below it
        for parent in _parents(name):
            wildcard = self._names.get(parent.add("*"))
            if wildcard:
                return Found(_renamed(wildcard, name), exists=True)
            if parent in self._names:
                break
        return Found()

    def alias_above(self, name: DNSLabel) -> RR | None:
        """Return the DNAME that redirects everything below one of the name's parents."""
        for parent in _parents(name):
            found = self._names.get(parent, {}).get(QTYPE.DNAME)
            if found:
                return found[0]
        return None

    def _add(self, record: RR) -> None:
        self._names.setdefault(record.rname, {}).setdefault(record.rtype, []).append(record)


def redirected(name: DNSLabel, dname: RR) -> RR:
    """Return the CNAME that a DNAME makes for a name below it (RFC 6672, section 2.2)."""
    prefix = name.label[: len(name.label) - len(dname.rname.label)]
    return RR(
        name,
        QTYPE.CNAME,
        ttl=dname.ttl,
        rdata=CNAME(DNSLabel(prefix + DNSBuffer(dname.rdata.data).decode_name().label)),
    )


def _parents(name: DNSLabel) -> Iterator[DNSLabel]:
    for depth in range(1, len(name.label) - len(ORIGIN.label) + 1):
        yield DNSLabel(name.label[depth:])


def _renamed(records: dict[int, list[RR]], name: DNSLabel) -> dict[int, list[RR]]:
    return {
        rtype: [RR(name, rtype, ttl=each.ttl, rdata=each.rdata) for each in group] for rtype, group in records.items()
    }


def _record(line: str) -> RR:
    owner, *rest = shlex.split(line)
    ttl = int(rest.pop(0)) if rest[0].isdigit() else TTL
    kind, *data = rest
    name = ORIGIN if owner == "@" else ORIGIN.add(owner)
    if kind.startswith("TYPE"):
        return RR(name, int(kind[4:]), ttl=ttl, rdata=RD(bytes.fromhex(data[-1])))
    return RR(name, getattr(QTYPE, kind), ttl=ttl, rdata=_data(kind, data))


def _data(kind: str, data: list[str]) -> RD:
    if kind == "DNAME":  # dnslib has no class for it; the name in it is never compressed (RFC 6672)
        wire = DNSBuffer()
        wire.encode_name_nocompress(DNSLabel(data[0]))
        return RD(bytes(wire.data))
    return RDMAP["HTTPS" if kind == "SVCB" else kind].fromZone(data, ORIGIN)
