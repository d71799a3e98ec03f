"""Queries to upstreams: random id and case, our own OPT, and the test that a response answers them (RFC 5452)."""

from enum import Enum
from struct import Struct

from attrs import define

from native import MODULE
from resolver.core import codes
from resolver.core.edns import PADDING_OPTION, make_opt, make_option
from resolver.core.limits import Limits

_HEADER = Struct(">HHHHHH")
_LETTERS = bytes(0x20 if chr(byte).isascii() and chr(byte).isalpha() else 0 for byte in range(256))
_UDP_BYTES = Limits().upstream_udp_bytes
_BLOCK = Limits().query_block_bytes
_OPT = {do: make_opt(_UDP_BYTES, do=do) for do in (False, True)}
_FLAGS = {cd: codes.RD | codes.AD | (codes.CD if cd else 0) for cd in (False, True)}
_NO_PADDING = make_option(PADDING_OPTION, b"")


@define
class UpstreamQuery:
    """A message for the edge to send: `attempt` names it from now on, `upstream` is its place in the configuration."""

    attempt: int
    upstream: int
    transport: int
    data: bytes


class Likeness(Enum):
    """How well a response fits a query."""

    SAME = "same"
    OTHER_CASE = "other_case"
    STRANGE = "strange"
    """Another id, another question, or no response at all: not for us."""
    BARE_ERROR = "bare_error"
    """The right id and an error, but no question repeated."""


def random_case(question: bytes, drawn: bytes) -> bytes:
    """Return a lower-case question with the case of each letter of the name set by `drawn`, a byte a letter (0x20)."""
    name = question[:-4]
    upper = int.from_bytes(drawn) & int.from_bytes(name.translate(_LETTERS))
    return (int.from_bytes(name) ^ upper).to_bytes(len(name)) + question[-4:]


def pure_make_query(question: bytes, drawn: bytes, flags: int, opt: bytes, mixed: bool) -> bytes:
    """Return a query for a lower-case question: two bytes `drawn` are the id, one more for each byte of the name."""
    cased = random_case(question, drawn[2:]) if mixed else question
    return drawn[:2] + _HEADER.pack(0, flags, 1, 0, 0, 1)[2:] + cased + opt


make_query = pure_make_query if MODULE is None else MODULE.make_query


def build(question: bytes, drawn: bytes, *, do: bool, cd: bool, mixed: bool, padded: bool = False) -> bytes:
    """Return a query with RD=1, AD=1 (to learn the AD bit, RFC 6840 section 5.7), DO and CD as the client set them.

    `padded` fills it up to a multiple of 128 bytes, so that a name cannot be told by its length (RFC 7830, 8467).
    """
    opt = _padded_opt(codes.HEADER_BYTES + len(question), do=do) if padded else _OPT[do]
    query: bytes = make_query(question, drawn, _FLAGS[cd], opt, mixed)
    return query


def _padded_opt(size: int, *, do: bool) -> bytes:
    zeros = -(size + len(_OPT[do]) + len(_NO_PADDING)) % _BLOCK
    return make_opt(_UDP_BYTES, do=do, options=make_option(PADDING_OPTION, bytes(zeros)))


def likeness(query: bytes, question: bytes, response: bytes) -> Likeness:
    """Compare a response with the query it should answer: QR, opcode, id, question (RFC 5452 section 9.1)."""
    if len(response) < codes.HEADER_BYTES or response[:2] != query[:2] or response[2] & 0xF8 != 0x80:
        return Likeness.STRANGE
    qdcount = int.from_bytes(response[4:6])
    if qdcount == 0 and len(response) == codes.HEADER_BYTES and response[3] & codes.RCODE:
        return Likeness.BARE_ERROR
    end = codes.HEADER_BYTES + len(question)
    echoed = response[codes.HEADER_BYTES : end]
    if qdcount != 1 or echoed[-4:] != question[-4:]:
        return Likeness.STRANGE
    if echoed == question:
        return Likeness.SAME
    same_name = echoed[:-4].lower() == question[:-4].lower()
    return Likeness.OTHER_CASE if same_name else Likeness.STRANGE
