"""Answers made here are booked as local answers."""

from __future__ import annotations

from attrs import evolve

from resolver.core import codes
from resolver.core.answer import ANY_ANSWER
from resolver.core.counters import Counters, Layout
from resolver.core.door import Door
from resolver.core.local import answer_locally, refusal
from resolver.core.query import read_query
from tests.resolver.core.world import CONFIG, ede, parsed, question


def test_a_local_answer_is_counted_with_its_transport_and_rcode() -> None:
    """It is no cache hit."""
    counters = Counters.in_memory(Layout(1, 1))
    query = read_query(question("any.example", "ANY"))
    assert query is not None
    answer = parsed(answer_locally(counters, query, Door(codes.DOH), ANY_ANSWER))
    assert (answer.id, answer.answer[0].rdtype) == (int.from_bytes(query.ident), codes.HINFO)
    readout = counters.read()
    assert (readout.queries["doh"], readout.answers["NOERROR"], readout.cache_hits) == (1, 1, 0)


def test_a_refusal_says_why_but_not_in_relay_mode() -> None:
    """EDE 18 Prohibited (RFC 8914) is ours; a relay adds nothing of its own."""
    counters = Counters.in_memory(Layout(1, 1))
    query = read_query(question("any.example"))
    assert query is not None
    for config, expected in ((CONFIG, [18]), (evolve(CONFIG, relay=True), [])):
        answer = parsed(answer_locally(counters, query, Door(codes.UDP), refusal(config)))
        assert (answer.rcode(), ede(answer)) == (codes.REFUSED, expected)
