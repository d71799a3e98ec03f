"""Response policy zones (draft-vixie-dnsop-dns-rpz): which names a zone file lists.

`name` alone is a host entry, `name` with `*.name` a domain entry. A lone `*.name` is refused, because a domain entry
would also block the name itself, which the zone does not. Only QNAME triggers can be taken over; `rpz-passthru.` is
an exemption and no listing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from attrs import define, field

from blocklist.errors import EntryFault

_COMMENT: Final = re.compile(r'("[^"]*")|;.*')
_CLASSES: Final = frozenset({"in", "ch", "hs"})
_SKIPPED: Final = frozenset({"soa", "ns", "rrsig", "nsec", "nsec3", "nsec3param", "dnskey", "txt"})
_TRIGGER: Final = re.compile(r"\.rpz-(ip|client-ip|nsip|nsdname)$")
_TTL: Final = re.compile(r"[0-9]+[smhdw0-9]*", re.IGNORECASE)


@define
class _Zone:
    """What has been read so far. Names are relative to the zone and in lower case."""

    origin: str = ""
    owner: str = ""
    listed: dict[str, int] = field(factory=dict)  # name -> line
    below: dict[str, int] = field(factory=dict)  # name of a wildcard's parent -> line

    def relative(self, name: str) -> str | None:
        """The owner name below the zone's apex; None for the apex and for what is not in the zone."""
        name = name.lower()
        if name == "@" or (name.endswith(".") and name.rstrip(".") == self.origin):
            return None
        if not name.endswith("."):
            return name
        inside = self.origin != "" and name.rstrip(".").endswith(f".{self.origin}")
        return name.rstrip(".").removesuffix(f".{self.origin}") if inside else None


def read_rpz(lines: Iterable[tuple[int, str | EntryFault]]) -> Iterator[tuple[int, Mapping[str, str] | EntryFault]]:
    """Read a zone file; listings come at its end, since a wildcard may stand anywhere."""
    zone = _Zone()
    open_brackets = 0
    for number, line in lines:
        if isinstance(line, EntryFault):
            yield number, line
            continue
        text = _COMMENT.sub(lambda match: match.group(1) or "", line)
        inside, open_brackets = open_brackets > 0, open_brackets + text.count("(") - text.count(")")
        if inside or not text.strip():
            continue  # the rest of a bracketed record: only a SOA or a TXT is written so
        fault = _record(zone, text, number)
        if fault is not None:
            yield number, fault
    yield from _listings(zone)


def _record(zone: _Zone, text: str, number: int) -> EntryFault | None:
    words = text.replace("(", " ").replace(")", " ").split()
    if not words:
        return EntryFault("no_zone_record")  # brackets alone
    if words[0].startswith("$"):
        return _directive(zone, words)
    if not text[0].isspace():
        zone.owner = words.pop(0)
    while words and (words[0].lower() in _CLASSES or _TTL.fullmatch(words[0])):
        words.pop(0)
    if len(words) < 2:
        return EntryFault("no_zone_record")
    kind, target = words[0].lower(), words[1].lower()
    if kind in _SKIPPED:
        _note_apex(zone, kind)
        return None
    return _trigger(zone, target if kind == "cname" else "", number)


def _directive(zone: _Zone, words: list[str]) -> EntryFault | None:
    if words[0].upper() == "$TTL":
        return None
    if words[0].upper() != "$ORIGIN" or len(words) < 2:
        return EntryFault("zone_directive_unsupported")
    if not zone.origin:
        zone.origin = words[1].lower().rstrip(".")
        return None
    return None if words[1].lower().rstrip(".") == zone.origin else EntryFault("second_origin_unsupported")


def _note_apex(zone: _Zone, kind: str) -> None:
    """A zone without $ORIGIN is named by its SOA's owner."""
    if kind == "soa" and not zone.origin and zone.owner.endswith("."):
        zone.origin = zone.owner.lower().rstrip(".")


def _trigger(zone: _Zone, target: str, number: int) -> EntryFault | None:
    name = zone.relative(zone.owner)
    if name is None:
        return EntryFault("outside_the_zone")
    if target == "rpz-passthru.":
        return EntryFault("passthru_is_no_listing")
    if _TRIGGER.search(name):
        return EntryFault("rpz_trigger_unsupported")
    where = zone.below if name.startswith("*.") else zone.listed
    where.setdefault(name.removeprefix("*."), number)
    return None


def _listings(zone: _Zone) -> Iterator[tuple[int, Mapping[str, str] | EntryFault]]:
    for name, number in zone.listed.items():
        yield number, {"name": name, "type": "domain" if name in zone.below else "host"}
    for name, number in zone.below.items():
        if name not in zone.listed:
            yield number, EntryFault("wildcard_without_its_name")
