"""The records of a kept answer: aged by patching TTLs in place, or written anew when some are left out."""

from collections.abc import Iterable, Sequence
from struct import Struct

from attrs import Factory, define

from resolver.core import codes
from resolver.core.answer import Answer
from resolver.core.edns import make_ede
from resolver.core.message import ADDITIONAL, ANSWER, AUTHORITY, Record

_TTL = Struct(">I")
_POINTER_REACH = 0x4000


@define(eq=False)
class Body:
    """The records of an answer with what its TTLs were when it came; `ttls` = (offset in `sections`, seconds)."""

    flags: int
    rcode: int
    counts: tuple[int, int, int]
    sections: bytes
    ttls: tuple[tuple[int, int], ...]
    options: bytes
    shown_ttl_max: int = 0xFFFF_FFFF
    """No TTL is shown above this, however long the answer is kept."""
    _rendered: dict[int, tuple[bytes, bytes]] = Factory(dict)
    """What answers of every age have in common."""

    def aged(self, seconds: int) -> Answer:
        """Return the answer after so many seconds in the cache, each TTL lower by as much, 0 at least."""
        sections = bytearray(self.sections)
        for offset, ttl in self.ttls:
            _TTL.pack_into(sections, offset, min(max(0, ttl - seconds), self.shown_ttl_max))
        return Answer(self.flags, self.rcode, self.counts, bytes(sections), self.options, self._rendered)

    def stale(self, ttl: int) -> Answer:
        """Return the answer after its end (RFC 8767): no TTL above `ttl` seconds, a reason to know it by, AD=0.

        It was validated while its signatures were in force; whether they still are, nobody has looked.
        """
        sections = bytearray(self.sections)
        for offset, original in self.ttls:
            _TTL.pack_into(sections, offset, min(original, ttl, self.shown_ttl_max))
        reason = codes.EDE_STALE_NXDOMAIN if self.rcode == codes.NXDOMAIN else codes.EDE_STALE_ANSWER
        options = make_ede(reason) + self.options
        return Answer(self.flags & ~codes.AD, self.rcode, self.counts, bytes(sections), options)


def rebuilt(question: bytes, records: Sequence[Record], flags: int, rcode: int, options: bytes, ceiling: int) -> Body:
    """Write records anew behind a question, TTLs at most `ceiling`; owners are compressed, names in RDATA are not."""
    writer = _Writer(question)
    for record in records:
        writer.write(record, min(record.ttl, ceiling))
    return Body(flags, rcode, counts_of(records), bytes(writer.out), tuple(writer.ttls), options)


def counts_of(records: Iterable[Record]) -> tuple[int, int, int]:
    """Return ANCOUNT, NSCOUNT and ARCOUNT."""
    sections = [record.section for record in records]
    return sections.count(ANSWER), sections.count(AUTHORITY), sections.count(ADDITIONAL)


class _Writer:
    """Records behind a question, owner names compressed against the question and earlier owners."""

    def __init__(self, question: bytes) -> None:
        self.out = bytearray()
        self.ttls: list[tuple[int, int]] = []
        self._base = codes.HEADER_BYTES + len(question)
        self._known: dict[bytes, int] = {}
        self._remember(question[:-4].lower(), codes.HEADER_BYTES)

    def write(self, record: Record, ttl: int) -> None:
        self._write_owner(record.owner)
        self.out += record.rtype.to_bytes(2) + record.rclass.to_bytes(2)
        self.ttls.append((len(self.out), ttl))
        self.out += _TTL.pack(ttl) + len(record.rdata).to_bytes(2) + record.rdata

    def _write_owner(self, owner: bytes) -> None:
        position = self._base + len(self.out)
        start = 0
        while owner[start]:
            target = self._known.get(owner[start:])
            if target is not None:
                self.out += owner[:start] + (0xC000 | target).to_bytes(2)
                break
            start += owner[start] + 1
        else:
            self.out += owner
        self._remember(owner, position)

    def _remember(self, name: bytes, position: int) -> None:
        start = 0
        while name[start] and position + start < _POINTER_REACH:
            self._known.setdefault(name[start:], position + start)
            start += name[start] + 1
