"""Which upstreams a question goes to: those of the nearest zone above its name, else all that do recursion."""

from collections.abc import Iterator
from itertools import islice

from blocklist.names import suffixes, to_wire
from resolver.core import codes
from resolver.core.config import CoreConfig
from resolver.core.special_use import NEVER_FORWARDED

_OURS = frozenset(map(to_wire, NEVER_FORWARDED))


class ForwardZones:
    """The forward sets of one configuration."""

    def __init__(self, config: CoreConfig) -> None:
        self.recursors = tuple(range(len(config.upstreams)))[: config.recursors]
        """Those that are asked for names of no forward set."""
        self._zones = {to_wire(zone): each.upstreams for each in config.forward for zone in each.zones}

    def upstreams(self, name: bytes, qtype: int) -> tuple[int, ...]:
        """Return the places of the upstreams to ask for a lower-case wire name."""
        return self._nearest(name, qtype) or self.recursors

    def upstreams_of(self, question: bytes) -> tuple[int, ...]:
        """Do the same for a lower-case question."""
        if not self._zones:
            return self.recursors
        return self.upstreams(question[:-4], int.from_bytes(question[-4:-2]))

    def covers(self, name: bytes, qtype: int) -> bool:
        """Whether a forward set is named for it, which special-use names give way to; but for what is never asked."""
        return self._nearest(name, qtype) is not None and not _OURS.intersection(suffixes(name))

    def _nearest(self, name: bytes, qtype: int) -> tuple[int, ...] | None:
        if not self._zones:
            return None
        return next((self._zones[zone] for zone in _zones_above(name, qtype) if zone in self._zones), None)


def _zones_above(name: bytes, qtype: int) -> Iterator[bytes]:
    """The zones that may hold the records, the deepest first: a DS lies in the parent (RFC 4035 section 3.1.4.1)."""
    return islice(suffixes(name), 1 if qtype == codes.DS and name != b"\0" else 0, None)
