"""The response nearly all questions have, read in one go.

Plain is what answers the query in id, question and case, says NOERROR or NXDOMAIN, is not cut, holds nothing that leads
away from the question (`policy.speaks_of_nobody_else`), and whose OPT, if it has one, stands last and explains nothing.
Such an answer to an open question is served as it is, so no record of it need become an object. All else takes the way
through `message.py` and `ruling.py`, which would say the same of a plain one.
"""

from typing import Final

from native import MODULE
from resolver.core import codes
from resolver.core.body import Body, counts_of
from resolver.core.config import CoreConfig
from resolver.core.edns import EDE_OPTION
from resolver.core.message import Message, read_message
from resolver.core.names import WireFault
from resolver.core.policy import speaks_of_nobody_else
from resolver.core.reply import bounded, is_negative, negative_soa, served_flags, soa_minimum
from resolver.core.upstream_query import Likeness, likeness

Plain = tuple[bytes, int, tuple[int, int, int], bytes, tuple[tuple[int, int], ...], int, int, int]
"""The message with its question in lower case, flags, counts without OPT, records without OPT, (offset, seconds) of
every TTL, the lowest and the highest of them, and the SOA's minimum: POSITIVE where nothing is denied, NO_SOA where
there is none."""
POSITIVE: Final = -2
NO_SOA: Final = -1
BYTES_MAX: Final = 4096
RECORDS_MAX: Final = 64
_NAMED_ALIAS: Final = frozenset({b"\xc0\x0c\0\5", b"\xc0\x0c\0\x41"})
"""How an alias or HTTPS record begins that stands first in the answer."""


def pure_read_plain(data: bytes, query: bytes, question: bytes) -> Plain | None:
    """Return what a response to a query holds if it is plain; `question` is in lower case."""
    end = codes.HEADER_BYTES + len(question)
    if len(data) > BYTES_MAX or data[end : end + 4] in _NAMED_ALIAS:
        return None
    if likeness(query, query[codes.HEADER_BYTES : end], data) is not Likeness.SAME:
        return None
    kept = data[: codes.HEADER_BYTES] + question + data[end:]
    try:
        message = read_message(kept)
    except WireFault:
        return None
    return _plain(message) if _is_plain(message) else None


def _is_plain(message: Message) -> bool:
    edns, span = message.edns, message.opt_span
    if span is not None and span[1] != len(message.data):
        return False
    if edns is not None and any(code == EDE_OPTION for code, _ in edns.options):
        return False
    if message.flags & codes.TC or message.rcode not in (codes.NOERROR, codes.NXDOMAIN):
        return False
    if len(message.records) > RECORDS_MAX or any(message.data[record.ttl_offset] & 0x80 for record in message.records):
        return False
    return speaks_of_nobody_else(message, message.question[:-4])


def _plain(message: Message) -> Plain:
    start, span, records = message.body_start, message.opt_span, message.records
    soa = negative_soa(message)
    return (
        message.data,
        message.flags,
        counts_of(records),
        message.data[start : span[0] if span else len(message.data)],
        tuple((record.ttl_offset - start, record.ttl) for record in records),
        min((record.ttl for record in records), default=0),
        max((record.ttl for record in records), default=0),
        POSITIVE if not is_negative(message) else NO_SOA if soa is None else soa_minimum(soa),
    )


read_plain = pure_read_plain if MODULE is None else MODULE.read_plain


def plain_lifetime(plain: Plain, config: CoreConfig) -> int:
    """Return for how many seconds a plain message may be kept (`lifetime`)."""
    _, _, _, _, _, lowest, _, soa = plain
    if soa == NO_SOA:
        return 0
    return bounded(lowest if soa == POSITIVE else min(lowest, soa, config.limits.negative_ttl_max), config)


def body_of_plain(plain: Plain, seconds: int, config: CoreConfig, *, trust_ad: bool) -> Body:
    """Return a plain message as it will be served (`body_of`), its TTLs in place; `seconds` is its lifetime."""
    _, word, counts, sections, ttls, _, highest, soa = plain
    ceiling = config.max_ttl if soa == POSITIVE else seconds
    body = Body(served_flags(word, trust_ad), word & codes.RCODE, counts, sections, ttls, b"")
    if highest > ceiling:
        body.ttls = tuple((offset, min(ttl, ceiling)) for offset, ttl in ttls)
        body.sections = body.aged(0).sections
    return body
