"""Walking an upstream's message: every record found, every length checked, OPT set apart."""

from struct import Struct

from attrs import define

from resolver.core import codes
from resolver.core.edns import Edns, read_opt
from resolver.core.names import ROOT, WireFault, plain_name_end, read_name
from resolver.core.rdata import expand

ANSWER, AUTHORITY, ADDITIONAL = 0, 1, 2
_COUNTS = Struct(">HHHHH")
_RR = Struct(">HHIH")


@define(eq=False)
class Record:
    """One record of a message; `owner` is uncompressed and lower case, `rdata` has every known name uncompressed.

    `ttl` is seconds, 0 where the top bit was set (RFC 2181 section 8).
    """

    section: int
    owner: bytes
    rtype: int
    rclass: int
    ttl: int
    rdata: bytes
    start: int
    ttl_offset: int
    end: int


@define(eq=False)
class Message:
    """A response that was read to its last byte."""

    data: bytes
    flags: int
    question: bytes
    records: list[Record]
    edns: Edns | None
    opt_span: tuple[int, int] | None

    @property
    def rcode(self) -> int:
        """The rcode with the high bits of OPT (RFC 6891 section 6.1.3)."""
        return self.flags & codes.RCODE | (self.edns.rcode_high << 4 if self.edns else 0)

    @property
    def body_start(self) -> int:
        """Offset of the first record."""
        return codes.HEADER_BYTES + len(self.question)


def read_message(data: bytes) -> Message:
    """Read a response with exactly one question; WireFault for anything cut, looping, miscounted or left over."""
    if len(data) < codes.HEADER_BYTES:
        raise WireFault("header_cut")
    flags, qdcount, *counts = _COUNTS.unpack_from(data, 2)
    if qdcount != 1:
        raise WireFault("question_count")
    offset = plain_name_end(data, codes.HEADER_BYTES) + 4
    if offset > len(data):
        raise WireFault("question_cut")
    question = data[codes.HEADER_BYTES : offset]
    message = Message(data, flags, question, [], None, None)
    shared_owner, known = question[:-4].lower(), dict[int, bytes]()
    for section, count in enumerate(counts):
        for _ in range(count):
            offset = _read_record(message, section, offset, shared_owner, known)
    if offset != len(data):
        raise WireFault("bytes_left_over")
    return message


def _read_record(message: Message, section: int, start: int, shared_owner: bytes, known: dict[int, bytes]) -> int:
    data = message.data
    if data[start : start + 2] == b"\xc0\x0c":
        owner, offset = shared_owner, start + 2
    else:
        owner, offset = read_name(data, start, known)
        owner = owner.lower()
    rdata_start = offset + _RR.size
    if rdata_start > len(data):
        raise WireFault("record_cut")
    rtype, rclass, ttl, length = _RR.unpack_from(data, offset)
    end: int = rdata_start + length
    if end > len(data):
        raise WireFault("record_cut")
    if rtype == codes.OPT:
        _keep_opt(message, section, owner, (start, end), read_opt(rclass, ttl, data[rdata_start:end]))
        return end
    rdata = expand(rtype, data, rdata_start, end, known)
    shown_ttl = 0 if ttl & 0x8000_0000 else ttl
    message.records.append(Record(section, owner, rtype, rclass, shown_ttl, rdata, start, offset + 4, end))
    return end


def _keep_opt(message: Message, section: int, owner: bytes, span: tuple[int, int], edns: Edns) -> None:
    if message.edns is not None or section != ADDITIONAL or owner != ROOT:
        raise WireFault("opt_misplaced")
    message.edns = edns
    message.opt_span = span
