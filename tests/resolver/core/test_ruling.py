"""Entries under the list in force."""

from __future__ import annotations

import dns.message
import pytest
from attrs import define

from blocklist.index import Match
from resolver.core import codes
from resolver.core.answer import failure
from resolver.core.codes import HEADER_BYTES
from resolver.core.counters import Layout
from resolver.core.message import Message, read_message
from resolver.core.plain import read_plain
from resolver.core.ruling import Ruler
from tests.resolver.core.world import CLOCK_OFFSET, CONFIG, TABLE, index_of, question, records

MATCH = Match(False, 0, "demo", False, False, CLOCK_OFFSET + 500.0)
LAYOUT = Layout(1, 1)


def ruler() -> Ruler:
    made = Ruler(CONFIG, LAYOUT)
    made.enforce(TABLE, 1)
    return made


def message(*lines: str) -> Message:
    reply = records(*lines)(dns.message.from_wire(question("www.late.example")))
    assert isinstance(reply, dns.message.Message)
    return read_message(reply.to_wire())


def test_a_verdict_ends_with_its_listing() -> None:
    """`not_after` is compared in trusted time: 500 s after monotonic 0."""
    entry = ruler().verdict(MATCH, codes.A, 100.0)
    assert entry.due == 500.0
    assert entry.event == LAYOUT.blocks
    assert ruler().refresh(entry, 499.0)
    assert not ruler().refresh(entry, 500.0)


def test_events_are_a_queries_of_real_listings() -> None:
    """AAAA and self-test names have no cell."""
    assert ruler().verdict(MATCH, codes.AAAA, 0.0).event == 0
    test_match = Match(False, 0, "demo", False, True, CLOCK_OFFSET + 500.0)
    assert ruler().verdict(test_match, codes.A, 0.0).event == 0


def test_verdicts_of_another_generation_are_not_used() -> None:
    """They hold no message to decide again."""
    rules = ruler()
    entries = [rules.verdict(MATCH, codes.A, 0.0)]
    assert all(rules.refresh(entry, 1.0) for entry in entries)
    rules.enforce(TABLE, 2)
    assert not any(rules.refresh(entry, 1.0) for entry in entries)


def test_a_kept_message_is_decided_again_in_both_directions() -> None:
    """Listed by a new generation it is not for use, open again by the next, with its TTL as old as it is."""
    rules = ruler()
    entry, keep = rules.entry_for(message("an www.late.example. 60 A 192.0.2.7"), False, 0.0)
    assert keep
    real = entry.answer.sections
    rules.enforce(index_of(["late.example"]), 2)
    assert not rules.refresh(entry, 5.0)  # a verdict answers in its place
    other = rules.under(entry, entry.view, 5.0)
    assert other.event == LAYOUT.blocks
    assert other.answer.sections != real
    assert not rules.refresh(other, 5.0)
    rules.enforce(index_of(), 3)
    assert rules.refresh(entry, 10.0)
    assert entry.event == 0
    assert entry.answer.sections == real.replace((60).to_bytes(4), (50).to_bytes(4))
    assert not rules.refresh(entry, 60.0)


def test_an_alias_verdict_that_ends_is_decided_again() -> None:
    """The listing's last day is over, the kept message is served as it is."""
    rules = ruler()
    rules.enforce(index_of(["blk.example"], days=1), 1)
    lines = ("an www.late.example. 9000 CNAME blk.example.", "an blk.example. 9000 A 192.0.2.7")
    entry, _ = rules.entry_for(message(*lines), False, 86_000.0)
    assert entry.event
    assert rules.refresh(entry, 86_401.0)
    assert not entry.event


def test_what_has_no_lifetime_is_not_to_be_kept() -> None:
    """TTL 0 is for those who asked."""
    assert ruler().entry_for(message("an www.late.example. 0 A 192.0.2.7"), False, 0.0)[1] is False


def test_a_failure_holds_nothing() -> None:
    """It stands in for an answer as long as `failing.py` says, and is no answer itself."""
    rules = ruler()
    entry = rules.failed(failure(22), 10.0)
    assert not rules.refresh(entry, 10.0)
    assert entry.answer.rcode == codes.SERVFAIL


def test_an_old_answer_is_decided_by_the_list_in_force() -> None:
    """Open, then listed, then open again: its TTLs are bounded, and policy answers are what they always are."""
    rules = ruler()
    entry, _ = rules.entry_for(message("an www.late.example. 60 A 192.0.2.7"), False, 0.0)
    assert rules.old_answer(entry, 100.0).options[4:6] == codes.EDE_STALE_ANSWER.to_bytes(2)
    rules.enforce(index_of(["late.example"]), 2)
    assert rules.old_answer(entry, 100.0).options[4:6] == codes.EDE_FORGED_ANSWER.to_bytes(2)
    rules.enforce(index_of(), 3)
    assert rules.old_answer(entry, 100.0).options[4:6] == codes.EDE_STALE_ANSWER.to_bytes(2)


def test_a_broken_chain_is_a_failure_and_kept_as_long() -> None:
    """A loop with TTLs of an hour is asked about again after 5 s."""
    loop = ("an www.late.example. 3600 CNAME b.example.", "an b.example. 3600 CNAME www.late.example.")
    entry, _ = ruler().entry_for(message(*loop, "an b.example. 3600 A 192.0.2.7"), False, 0.0)
    assert entry.answer.rcode == codes.SERVFAIL
    assert ruler().refresh(entry, 4.0)
    assert not ruler().refresh(entry, 5.0)


@define
class Response:
    """What has landed, without C."""

    kept: bytes
    seconds: int
    key: bytes = b""
    stored: float = 1000.0
    generation: int = 1
    upstream: int = 0
    cost: int = 0
    in_main: bool = False
    uses: int = 0


@pytest.mark.parametrize(
    "lines",
    [
        ("an www.late.example. 300 A 192.0.2.9", "ad"),
        ("an www.late.example. 300 A 192.0.2.9", "ns www.late.example. 20 NS ns.example."),
        ("an www.late.example. 900000 A 192.0.2.9",),
        ("nxdomain", "ns example. 40 SOA ns.example. mail.example. 1 2 3 4 30"),
        ("ns example. 40 SOA ns.example. mail.example. 1 2 3 4 30",),
    ],
)
def test_what_has_landed_is_the_entry_that_python_would_have_made(lines: tuple[str, ...]) -> None:
    """Answer, TTLs as time passes, and end."""
    query = question("www.late.example")
    data = query[:2] + message(*lines).data[2:]
    plain = read_plain(data, query, query[HEADER_BYTES : query.index(b"\0\0\1\0\1", HEADER_BYTES) + 5])
    assert plain is not None
    whole, _ = ruler().entry_for_plain(plain, CONFIG.upstreams[0].trust_ad, 1000.0, 0)
    late = ruler().landed(Response(plain[0], int(whole.until - whole.stored)))
    for seconds in (0, 1, 5):
        if seconds:
            late.age(1000.0 + seconds)
            whole.age(1000.0 + seconds)
        for each in ("until", "due", "stands", "kept", "trust_ad", "generation", "stored", "view", "event"):
            assert getattr(late, each) == getattr(whole, each)
        assert late.answer.sections == whole.answer.sections
        assert (late.answer.flags, late.answer.rcode) == (whole.answer.flags, whole.answer.rcode)
        assert late.answer.counts == whole.answer.counts


def test_what_has_landed_and_cannot_be_read_holds_nothing() -> None:
    """It ended when it came, so that the question is asked anew; nobody is told that an old answer is there."""
    late = ruler().landed(Response(bytes(HEADER_BYTES), 300))
    assert (late.until, late.kept, late.body) == (1000.0, b"", None)
    assert not ruler().refresh(late, 1000.0)
