"""Broken messages and broken framing over every transport leave the resolver alive and never get a wrong reply."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import dns.message
import pytest

from tests.hostile.judge import Judge
from tests.hostile.mutation import MARK, Mutator
from tests.hostile.stage import Attack, attacked

SEED, SHARE = 20261122, 0.02


@pytest.mark.daemon
@pytest.mark.peers
@pytest.mark.xdist_group("hostile")
def test_broken_messages(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """A fiftieth of `make hostile`: no worker dies, no fault is counted, every reply fits its query."""
    with attacked(tmp_path) as daemon:
        attack = Attack(daemon, SEED, SHARE)
        figures = attack.run()
    record_property("hostile input", json.dumps(figures))
    assert figures["broken"] == []


def test_the_same_seed_breaks_the_same_queries() -> None:
    """What failed once can be sent again."""
    one, other = Mutator(SEED), Mutator(SEED)
    assert [one.next() for _ in range(1000)] == [other.next() for _ in range(1000)]


REPLIES = {
    "right": (lambda reply: reply, None),
    "another id": (lambda reply: b"\x00\x00" + reply[2:], "not the query's id"),
    "a query": (lambda reply: reply[:2] + b"\x01" + reply[3:], "no response, or another opcode"),
    "another question": (lambda reply: reply.replace(b"\x03www", b"\x03wwx"), "a question nobody asked"),
    "the body": (lambda reply: reply + MARK, "a broken body echoed"),
    "records": (lambda reply: reply[:7] + b"\x01" + reply[8:], "an error with a body"),
    "the harmful address": (lambda reply: reply + b"\x00\x04\xcb\x00\x71\x42", "a wrong address"),
    "the notice": (lambda reply: reply + b"\x00\x04\xc0\x00\x02\x01", "a wrong address"),
    "eleven bytes": (lambda reply: reply[:11], "not the query's id"),
}


@pytest.mark.parametrize("spoil", REPLIES)
def test_the_judge_tells_a_wrong_reply(spoil: str) -> None:
    """A judge that lets everything pass would prove nothing."""
    query = dns.message.make_query("www.example", "A", id=0x1234)
    reply = dns.message.make_response(query)
    reply.set_rcode(1)
    change, fault = REPLIES[spoil]
    judge = Judge()
    judge.look(query.to_wire(), change(reply.to_wire()))
    assert list(judge.faults) == ([] if fault is None else [fault])
