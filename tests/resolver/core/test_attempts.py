"""Queries on their way to upstreams."""

from __future__ import annotations

from random import Random

import dns.message
import pytest

from blocklist.names import to_wire
from resolver.core.attempts import Attempts
from resolver.core.codes import DOT, TCP, UDP
from resolver.core.config import UpstreamConfig
from resolver.core.counters import Counters, Layout
from resolver.core.limits import Limits
from resolver.core.pending import Pending
from resolver.core.policy import Course, Decision
from resolver.core.upstreams import Upstreams

CLEAR, SECURE = 0, 1


@pytest.fixture
def upstreams() -> Upstreams:
    configs = [UpstreamConfig("clear"), UpstreamConfig("secure", tls=True)]
    return Upstreams(configs, Counters.in_memory(Layout(2, 0)), Limits())


def asked(*, do: bool = False, tcp: bool = False) -> Pending:
    question = to_wire("ok.example") + bytes([0, 1, 0, 1])
    pending = Pending(question + b"\0", question, do, False, 0.0, Decision(Course.OPEN), 1)
    pending.tcp = tcp
    return pending


@pytest.mark.parametrize(
    ("upstream", "tcp", "transport"),
    [(CLEAR, False, UDP), (CLEAR, True, TCP), (SECURE, False, DOT), (SECURE, True, DOT)],
)
def test_the_transport_is_the_upstreams_or_the_questions(
    upstreams: Upstreams, upstream: int, tcp: bool, transport: int
) -> None:
    """TLS always where the upstream has it; TCP once an answer was cut; probes go the same way."""
    attempts, pending = Attempts(upstreams, Random(1).randbytes), asked(tcp=tcp, do=True)
    attempts.ask(upstream, pending, 1.0)
    attempts.ask_over_tcp(upstream, pending, 1.0)
    attempts.probe(upstream, 1.0)
    ask, again, probe = attempts.taken_to_send()
    assert (ask.transport, again.transport) == (transport, DOT if upstream == SECURE else TCP)
    assert probe.transport == (DOT if upstream == SECURE else UDP)
    assert dns.message.from_wire(probe.data).question[0].to_text() == ". IN NS"
    assert pending.asked == {upstream} and pending.sends == 2
    assert attempts.taken_to_send() == []


def test_an_attempt_is_found_until_it_has_ended(upstreams: Upstreams) -> None:
    """By its number, at its question and at its upstream; only what the edge does not know is told to it."""
    attempts, pending = Attempts(upstreams, Random(1).randbytes), asked()
    for _ in range(2):
        attempts.ask(CLEAR, pending, 1.0)
    first, second = attempts.of(pending)
    assert list(upstreams[CLEAR].in_flight.values()) == [pending, pending]
    attempts.forget(first)
    assert attempts.find(first.number) is None and attempts.find(second.number) is second
    assert attempts.taken_to_close() == []
    attempts.close(second)
    assert attempts.taken_to_close() == [second.number]
    assert not attempts.of(pending) and not upstreams[CLEAR].in_flight


def test_each_query_has_an_id_and_a_case_of_its_own(upstreams: Upstreams) -> None:
    """Random ones; in lower case where nobody on the way can answer, or the upstream does not keep it."""
    attempts, pending = Attempts(upstreams, Random(1).randbytes), asked()
    for _ in range(20):
        attempts.ask(CLEAR, pending, 1.0)
    queries = [query.data for query in attempts.taken_to_send()]
    assert len({data[:2] for data in queries}) > 15
    assert len({data[12:24] for data in queries}) > 15
    assert {data[12:24].lower() for data in queries} == {to_wire("ok.example")}
    upstreams[CLEAR].keeps_case = False
    attempts.ask(CLEAR, pending, 1.0)
    attempts.ask(SECURE, pending, 1.0)
    assert {query.data[12:24] for query in attempts.taken_to_send()} == {to_wire("ok.example")}
