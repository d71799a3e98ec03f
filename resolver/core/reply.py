"""An upstream's message as it is kept and served: how long, without what, with which TTLs (RFC 2308)."""

from collections.abc import Iterable

from blocklist.names import suffixes
from resolver.core import codes
from resolver.core.answer import policy_soa
from resolver.core.body import Body, counts_of, rebuilt
from resolver.core.config import CoreConfig
from resolver.core.edns import copied_ede
from resolver.core.message import ADDITIONAL, ANSWER, AUTHORITY, Message, Record

_PASSING = codes.ALIAS_TYPES | {codes.RRSIG}
"""Types that lead to an answer or prove it, and are none by themselves."""


def lifetime(message: Message, config: CoreConfig) -> int:
    """Return for how many seconds a message may be kept: its lowest TTL, for a negative one by its SOA (RFC 2308)."""
    ttl = min((record.ttl for record in message.records), default=0)
    if is_negative(message):
        soa = negative_soa(message)
        if soa is None:
            return 0
        ttl = min(ttl, soa_minimum(soa), config.limits.negative_ttl_max)
    return bounded(ttl, config)


def bounded(ttl: int, config: CoreConfig) -> int:
    """Return a lifetime in seconds as the settings allow it; 0 stays 0."""
    return min(max(ttl, config.min_ttl), config.max_ttl) if ttl else 0


def negative_soa(message: Message) -> Record | None:
    """Return the SOA that says how long a denial holds."""
    return next((record for record in message.records if _is_negative_soa(record)), None)


def soa_minimum(soa: Record) -> int:
    """Return its last field, in seconds."""
    return int.from_bytes(soa.rdata[-4:])


def is_negative(message: Message) -> bool:
    """Whether a message says that a name or a type does not exist: NXDOMAIN, or nothing but aliases in the answer."""
    if message.rcode == codes.NXDOMAIN:
        return True
    passing = _PASSING - {int.from_bytes(message.question[-4:-2])}
    return all(record.section != ANSWER or record.rtype in passing for record in message.records)


def _is_negative_soa(record: Record) -> bool:
    return record.section == AUTHORITY and record.rtype == codes.SOA


def body_of(message: Message, config: CoreConfig, *, trust_ad: bool) -> Body:
    """Return the whole message as it will be served: OPT gone, AA cleared, AD only from a trusted upstream."""
    options = copied_ede(message.edns, config.limits)
    flags = served_flags(message.flags, trust_ad)
    # A negative answer's SOA must not outlive it (RFC 2308 section 5).
    ceiling = lifetime(message, config) if is_negative(message) else config.max_ttl
    span = message.opt_span
    if span is not None and span[1] != len(message.data):  # records behind OPT may point behind it: write anew
        return rebuilt(message.question, message.records, flags, message.rcode, options, ceiling)
    start = message.body_start
    sections = message.data[start : span[0] if span else len(message.data)]
    ttls = tuple((record.ttl_offset - start, min(record.ttl, ceiling)) for record in message.records)
    return Body(flags, message.rcode, counts_of(message.records), sections, ttls, options)


def served_flags(flags: int, trust_ad: bool) -> int:
    """Return the flags that an upstream's are answered with."""
    return codes.QR | codes.RA | (flags & codes.AD if trust_ad else 0)


def without(message: Message, body: Body, dropped: Iterable[Record]) -> Body:
    """Return the body with some records left out."""
    gone = {id(record) for record in dropped}
    kept = [record for record in message.records if id(record) not in gone]
    return rebuilt(
        message.question, kept, body.flags, body.rcode, body.options, max((ttl for _, ttl in body.ttls), default=0)
    )


def as_nodata(message: Message, body: Body, answer_ttl: int) -> Body:
    """Return an NXDOMAIN as NODATA: the upstream's SOA, no proofs, AD=0, no TTL shown above `answer_ttl` seconds."""
    kept = [record for record in message.records if _stays_in_nodata(record)]
    ceiling = max((ttl for _, ttl in body.ttls), default=0)
    made = rebuilt(message.question, kept, body.flags & ~codes.AD, codes.NOERROR, body.options, ceiling)
    made.shown_ttl_max = answer_ttl
    if not any(_is_negative_soa(record) for record in kept):
        answers, authority, _ = made.counts
        made.sections += policy_soa(answer_ttl)
        made.counts = (answers, authority + 1, 0)
    return made


def _stays_in_nodata(record: Record) -> bool:
    return record.section != ADDITIONAL and record.rtype not in codes.PROOF_TYPES | codes.ADDRESS_TYPES


def chain_ttl(message: Message) -> int:
    """Return the smallest TTL of the aliases and service records that led to a listed name, in seconds.

    A CNAME made from a DNAME counts with the DNAME's TTL: some servers give it 0 (RFC 6672 section 3.1).
    """
    leading = codes.ALIAS_TYPES | codes.SERVICE_TYPES
    chain = [record for record in message.records if record.section == ANSWER and record.rtype in leading]
    subtrees = {record.owner for record in chain if record.rtype == codes.DNAME}
    return min((record.ttl for record in chain if not _is_synthesized(record, subtrees)), default=0)


def _is_synthesized(record: Record, subtrees: set[bytes]) -> bool:
    return record.rtype == codes.CNAME and any(parent in subtrees for parent in suffixes(record.owner))
