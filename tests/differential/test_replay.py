"""More than 2,000 recorded questions and answers of odd shapes through the real daemon, twice: nothing is lost."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable, Iterator

import dns.message
import dns.rcode
import dns.rrset
import pytest

from tests.differential.recording import Pair, record
from tests.differential.replay import Replay
from tests.differential.shapes import shaped
from tests.differential.zones import Servers
from tests.support.asking import read_exactly
from tests.support.daemon import Daemon

pytestmark = [pytest.mark.daemon, pytest.mark.peers, pytest.mark.xdist_group("differential")]
AT_ONCE = 50  # questions on the way on one connection
AUTHORITY_SHARE = 0.99


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    servers = Servers(tmp_path_factory.mktemp("recording"))
    try:
        return [*record(servers), *shaped()]
    finally:
        servers.stop()


@pytest.fixture(scope="module")
def resolver(pairs: list[Pair], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Daemon, Replay]]:
    replay = Replay(pairs)
    daemon = Daemon(tmp_path_factory.mktemp("resolver"), replay.address, [])
    try:
        yield daemon.start(), replay
        assert daemon.stop() == 0, daemon.text()
    finally:
        daemon.stop()
        replay.stop()


def test_twice_the_same_and_once_asked(
    pairs: list[Pair], resolver: tuple[Daemon, Replay], record_property: Callable[[str, object], None]
) -> None:
    """Same rcode and answer for all, authority for 99 %, no TTL above the upstream's, the second time from cache."""
    daemon, replay = resolver
    assert len(pairs) >= 2_000
    assert len({pair.key for pair in pairs}) == len(pairs)
    began = time.monotonic()
    first = ask_all(daemon.port, pairs)
    asked = dict(replay.asked)
    second = ask_all(daemon.port, pairs)
    took = time.monotonic() - began
    assert replay.strange == 0
    recorded = [read(pair.answer) for pair in pairs]
    for answers in (first, second):
        faults = [fault for old, answer in zip(recorded, answers, strict=True) if (fault := difference(old, answer))]
        assert not faults, faults[:10]
        same = sum(as_set(a.authority) == as_set(b.authority) for a, b in zip(recorded, answers, strict=True))
        record_property("pairs with the same authority", f"{same} of {len(pairs)}")
        assert same >= AUTHORITY_SHARE * len(pairs)
    kept = [pair for pair, old in zip(pairs, recorded, strict=True) if is_cacheable(pair, old, took)]
    record_property("pairs, of which are kept", f"{len(pairs)}, {len(kept)}")
    assert len(kept) >= 2_000
    again = [str(pair.question.question[0]) for pair in kept if replay.asked[pair.key] != asked[pair.key]]
    assert not again, again[:10]


def test_a_difference_is_seen(pairs: list[Pair]) -> None:
    """The comparison itself finds another rcode, a missing record, a changed one and a TTL that grew."""
    data = next(pair.answer for pair in pairs if read(pair.answer).answer)
    for change in ("rcode", "missing", "changed", "ttl"):
        answer = read(data)
        if change == "rcode":
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif change == "missing":
            answer.answer.clear()
        elif change == "changed":
            answer.answer.append(dns.rrset.from_text("other.test.", 1, "IN", "A", "192.0.2.250"))
        else:
            answer.answer[0].ttl += 1
        assert difference(read(data), answer), change


def ask_all(port: int, pairs: list[Pair]) -> list[dns.message.Message]:
    """Ask over one TCP connection, some at a time; answers may come in any order."""
    answers: dict[int, bytes] = {}
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        for start in range(0, len(pairs), AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, len(pairs)))
            for number in numbers:
                wire = number.to_bytes(2, "big") + pairs[number].question.to_wire()[2:]
                line.sendall(len(wire).to_bytes(2, "big") + wire)
            for _ in numbers:
                data = read_exactly(line, int.from_bytes(read_exactly(line, 2), "big"))
                answers[int.from_bytes(data[:2], "big")] = data
    return [read(answers[number]) for number in range(len(pairs))]


def difference(recorded: dns.message.Message, answer: dns.message.Message) -> str:
    """What is not as recorded, in words; nothing when all is."""
    asked = str(recorded.question[0])
    if answer.rcode() != recorded.rcode():
        return f"{asked}: {dns.rcode.to_text(answer.rcode())}, not {dns.rcode.to_text(recorded.rcode())}"
    if as_set(answer.answer) != as_set(recorded.answer):
        return f"{asked}: another answer section"
    if any(has_grown(ours, theirs) for ours, theirs in zip(sections(answer), sections(recorded), strict=True)):
        return f"{asked}: a TTL above the upstream's"
    return ""


def is_cacheable(pair: Pair, recorded: dns.message.Message, seconds: float) -> bool:
    """TTLs that have not ended after so long, and for what does not exist a SOA that says for how long (RFC 2308)."""
    rrsets = [rrset for section in sections(recorded) for rrset in section]
    if recorded.rcode() == dns.rcode.SERVFAIL:
        return False  # kept for seconds only
    is_positive = any(rrset.rdtype == pair.question.question[0].rdtype for rrset in recorded.answer)
    has_soa = any(rrset.rdtype == dns.rdatatype.SOA for rrset in recorded.authority)
    return (is_positive or has_soa) and all(seconds + 1 < lasts(rrset) < 2**31 for rrset in rrsets)


def lasts(rrset: dns.rrset.RRset) -> int:
    """For how long a record is kept: the last number of a SOA bounds what is not there."""
    return min(rrset.ttl, rrset[0].minimum) if rrset.rdtype == dns.rdatatype.SOA else rrset.ttl


def read(data: bytes) -> dns.message.Message:
    return dns.message.from_wire(data, one_rr_per_rrset=True)


def sections(message: dns.message.Message) -> tuple[list[dns.rrset.RRset], ...]:
    return message.answer, message.authority, message.additional


def as_set(section: Iterable[dns.rrset.RRset]) -> set[bytes]:
    """Owner (in lower case), type and data of each record."""
    return {identity(rrset) for rrset in section}


def has_grown(ours: Iterable[dns.rrset.RRset], theirs: Iterable[dns.rrset.RRset]) -> bool:
    most: dict[bytes, int] = {}
    for rrset in theirs:
        most[identity(rrset)] = max(most.get(identity(rrset), 0), rrset.ttl)
    return any(rrset.ttl > most.get(identity(rrset), -1) for rrset in ours)


def identity(rrset: dns.rrset.RRset) -> bytes:
    """One record without its TTL, in canonical form."""
    owner = rrset.name.canonicalize().to_wire()
    assert owner is not None
    return owner + rrset.rdtype.to_bytes(2) + rrset[0].to_digestable()
