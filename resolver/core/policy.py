"""What the list says about a question and about an upstream's answer to it (answers.md rows 1-13)."""

from collections.abc import Iterable
from enum import Enum

from attrs import frozen

from blocklist.index import Index, Match
from resolver.core import codes
from resolver.core.limits import Limits
from resolver.core.message import ANSWER, Message, Record
from resolver.core.names import without_service_labels
from resolver.core.rdata import covered_type, target_name


class Course(Enum):
    """What is done with a question."""

    OPEN = "open"
    """Not listed: forwarded, the answer is checked."""
    EXEMPT = "exempt"
    """Locally exempt: forwarded, the real answer (rows 11, 12)."""
    BLOCK = "block"
    """Answered by policy, nothing is sent upstream."""
    SOFTEN = "soften"
    """A listed name, another type: forwarded, NXDOMAIN becomes NODATA (row 4)."""
    TRUTHFUL = "truthful"
    """DS and DNSKEY: forwarded, never touched (row 7)."""


@frozen
class Decision:
    """The verdict on a question, with the listing behind it where there is one."""

    course: Course
    match: Match | None = None


_UNLISTED_LABEL = b"\x01-"
"""No entry begins with a hyphen (`canonical_name`): what matches below this label matches for all of its parents."""

_OPEN, _EXEMPT, _TRUTHFUL = Decision(Course.OPEN), Decision(Course.EXEMPT), Decision(Course.TRUTHFUL)


def decide(index: Index, name: bytes, qtype: int, now: float) -> Decision:
    """Decide a question by its lower-case name and type."""
    if qtype in (codes.DS, codes.DNSKEY):
        return _TRUTHFUL
    match = look_up(index, name, qtype, now)
    if match is None:
        return _OPEN
    if match.exempt:
        return _EXEMPT
    blocked = qtype in codes.ADDRESS_TYPES or match.all_types
    return Decision(Course.BLOCK if blocked else Course.SOFTEN, match)


def look_up(index: Index, name: bytes, qtype: int, now: float) -> Match | None:
    """Look a name up; a service name (`_8443._https.host`) stands for its host too, the more specific verdict holds."""
    own = index.match(name, now)
    host = without_service_labels(name) if qtype in codes.SERVICE_TYPES else name
    if host == name or own != index.match(_UNLISTED_LABEL + host, now):
        return own  # or the leading labels themselves are listed: underscores occur in names of sites
    return index.match(host, now)


@frozen
class Ruling:
    """The verdict on an upstream's answer."""

    blocked: Match | None = None
    """A listed alias or service target: answer by policy."""
    broken: bool = False
    """A chain too long or looping: SERVFAIL."""
    dropped: tuple[Record, ...] = ()
    """Records of listed names to leave out."""
    to_nodata: bool = False
    """NXDOMAIN to be turned into NODATA."""
    stands: bool = False
    """Whether it is the same under every list that does not list the question itself."""


_AS_IT_IS = Ruling()
_STANDS = Ruling(stands=True)
_LEADING = codes.ALIAS_TYPES | codes.SERVICE_TYPES
_SHOWN = codes.ADDRESS_TYPES | {codes.RRSIG}
"""Types that may have to be left out when their owner is listed."""


def decide_response(decision: Decision, message: Message, index: Index, limits: Limits, now: float) -> Ruling:
    """Decide an upstream's answer to a question that was decided before."""
    if decision.course in (Course.EXEMPT, Course.TRUTHFUL):
        return _AS_IT_IS
    question_name = message.question[:-4].lower()
    to_nodata = decision.course is Course.SOFTEN and message.rcode == codes.NXDOMAIN
    if decision.course is Course.OPEN and speaks_of_nobody_else(message, question_name):
        return _STANDS
    qtype = int.from_bytes(message.question[-4:-2])
    if qtype in codes.ADDRESS_TYPES:
        if _is_broken(message, question_name, limits):
            return Ruling(broken=True)
        blocked = _listed_among(names_that_count(message, question_name, qtype), qtype, index, now)
        if blocked is not None:
            return Ruling(blocked=blocked)
    return Ruling(dropped=_listed_addresses(decision, message, index, now), to_nodata=to_nodata)


def speaks_of_nobody_else(message: Message, question_name: bytes) -> bool:
    """Whether nothing leads away from QNAME: the common answer, for which the index need not be asked again."""
    return not any(
        record.rtype in _LEADING
        or (record.owner != question_name and (record.section == ANSWER or record.rtype in _SHOWN))
        for record in message.records
    )


def _aliases(message: Message) -> list[Record]:
    return [record for record in message.records if record.section == ANSWER and record.rtype in codes.ALIAS_TYPES]


def names_that_count(message: Message, question_name: bytes, qtype: int) -> set[bytes]:
    """Every owner in the answer and every alias or service target, in whatever order they stand (rows 12, 13)."""
    names: set[bytes] = set()
    for record in message.records:
        if record.section != ANSWER:
            continue
        names.add(record.owner)
        if record.rtype in codes.ALIAS_TYPES or (record.rtype in codes.SERVICE_TYPES and qtype == record.rtype):
            names.add(target_name(record.rtype, record.rdata))
    return names - {question_name, b"\0"}


def _listed_among(names: Iterable[bytes], qtype: int, index: Index, now: float) -> Match | None:
    """Return the match of the first list in configuration order; ties by the listing that dies last."""
    found = (look_up(index, name, qtype, now) for name in names)
    listed = [match for match in found if match is not None and not match.exempt]
    return min(listed, key=lambda match: (match.list_number, match.test, -match.not_after), default=None)


def _is_broken(message: Message, question_name: bytes, limits: Limits) -> bool:
    """Whether the aliases from QNAME on loop or are more than `chain_max`."""
    aliases = _aliases(message)
    if len(aliases) > limits.alias_records_max:
        return True
    targets = {
        record.owner: target_name(record.rtype, record.rdata) for record in aliases if record.rtype == codes.CNAME
    }
    subtrees = {
        record.owner: target_name(record.rtype, record.rdata) for record in aliases if record.rtype == codes.DNAME
    }
    name = question_name
    for _ in range(limits.chain_max + 1):
        following = targets.get(name) or _substituted(name, subtrees)
        if following is None:
            return False
        name = following
    return True


def _substituted(name: bytes, subtrees: dict[bytes, bytes]) -> bytes | None:
    """Return the name a DNAME leads to (RFC 6672 section 2.2), for answers without the synthesized CNAME."""
    if not subtrees:
        return None
    start = name[0] + 1 if name[0] else 0
    while start and start < len(name):
        target = subtrees.get(name[start:])
        if target is not None and start + len(target) <= codes.NAME_BYTES_MAX:
            return name[:start] + target
        start += name[start] + 1
    return None


def _listed_addresses(decision: Decision, message: Message, index: Index, now: float) -> tuple[Record, ...]:
    """Return the A, AAAA, HTTPS and SVCB records, and their signatures, whose owner is listed (rows 4, 13).

    QNAME counts like any other owner: a listed one may be its own mail host. Its signatures are what was asked for.
    """
    question_name, qtype = message.question[:-4].lower(), int.from_bytes(message.question[-4:-2])
    listed = {(question_name, qtype in codes.SERVICE_TYPES): False} if decision.course is Course.OPEN else {}
    dropped = []
    for record in message.records:
        is_proof = record.rtype == codes.RRSIG
        rtype = covered_type(record.rdata) if is_proof else record.rtype
        is_asked_for = is_proof and record.section == ANSWER and record.owner == question_name
        if rtype not in codes.ADDRESS_TYPES or is_asked_for:
            continue
        looked_up = record.owner, rtype in codes.SERVICE_TYPES
        if looked_up not in listed:
            match = look_up(index, record.owner, rtype, now)
            listed[looked_up] = match is not None and not match.exempt
        if listed[looked_up]:
            dropped.append(record)
    return tuple(dropped)
