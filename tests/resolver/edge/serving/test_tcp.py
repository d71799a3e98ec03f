"""Clients over TCP, without a network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.python.failure import Failure

from resolver.core.codes import TCP
from resolver.core.door import Door
from resolver.edge.limits import ConnectionLimits, TcpLimits
from resolver.edge.serving.stream import Streams
from resolver.edge.serving.tcp import TcpConnection
from tests.resolver.edge.stream_bench import StreamBench

LIMITS = ConnectionLimits()
TCP_LIMITS = TcpLimits(in_flight=2, message_bytes=64)


class Bench(StreamBench):
    """TCP connections around a fake core."""

    def factory(self) -> Streams:
        return Streams(TcpConnection, Door(TCP), self.pump, self.connections, TCP_LIMITS)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def framed(*messages: bytes) -> bytes:
    return b"".join(len(message).to_bytes(2, "big") + message for message in messages)


def question(kind: str, label: int = 0) -> bytes:
    """A message long enough to be one, with QR=0."""
    return f"{kind}:{label:08d}".encode()


def test_a_question_in_pieces_is_answered(bench: Bench) -> None:
    """TCP keeps no message boundaries: the length field alone counts."""
    connection, transport = bench.connect()
    wire = framed(question("echo", 7))
    for position in range(len(wire)):
        connection.dataReceived(wire[position : position + 1])
    assert transport.value() == framed(b"answer:00000007")


def test_pipelined_questions_are_answered_in_the_order_they_are_ready(bench: Bench) -> None:
    """A slow question does not hold up a quick one (RFC 7766 section 6.2.1.1)."""
    connection, transport = bench.connect()
    connection.dataReceived(framed(question("slow"), question("echo", 2)))
    assert transport.value() == framed(b"answer:00000002")
    bench.core.answer()
    bench.pump.flush()
    assert transport.value() == framed(b"answer:00000002", b"SLOW:00000000")


def test_questions_in_flight_are_bounded(bench: Bench) -> None:
    """At the limit the connection is not read; an answer makes room and the questions at hand go on."""
    connection, transport = bench.connect()
    connection.dataReceived(framed(*(question("slow", number) for number in range(4))))
    assert len(bench.core.waiting) == 2
    assert not transport.reading
    bench.core.answer()
    bench.pump.flush()
    assert len(bench.core.waiting) == 2
    for _ in range(3):
        bench.core.answer()
        bench.pump.flush()
    assert transport.reading
    assert transport.value().count(b"SLOW") == 4


@pytest.mark.parametrize("wire", [b"\0\0", b"\0\x0b", b"\xff\xff", framed(b"\0\0\x80" + bytes(9))])
def test_what_only_a_broken_client_sends_ends_the_connection(bench: Bench, wire: bytes) -> None:
    """Too short, too long, or a response instead of a query."""
    connection, transport = bench.connect()
    connection.dataReceived(wire)
    assert not transport.connected
    assert not bench.core.hosts


def test_a_bug_in_the_core_leaves_the_connection_open(bench: Bench) -> None:
    """The next question is answered."""
    connection, transport = bench.connect()
    connection.dataReceived(framed(question("bug"), question("echo", 1)))
    assert transport.value() == framed(b"answer:00000001")
    assert len(bench.reports) == 1


def test_a_quiet_connection_is_closed(bench: Bench) -> None:
    """As long after its last answer as clients are told (RFC 7828), and not before."""
    connection, transport = bench.connect()
    connection.dataReceived(framed(question("echo")))
    bench.pass_seconds(int(TCP_LIMITS.idle_seconds) - 1)
    assert transport.connected
    bench.pass_seconds(1)
    assert not transport.connected


def test_a_dribbled_message_ends_the_connection(bench: Bench) -> None:
    """Bytes that never become a question do not count as life, also behind a first good question."""
    connection, transport = bench.connect()
    connection.dataReceived(framed(question("echo")))
    for byte in b"\0\x40slo":
        assert transport.connected
        connection.dataReceived(bytes([byte]))
        bench.pass_seconds(1)
    assert not transport.connected


def test_a_message_we_do_not_read_is_not_late(bench: Bench) -> None:
    """While all places for questions are taken the client need not finish the next."""
    connection, transport = bench.connect()
    connection.dataReceived(framed(question("slow"), question("slow")) + b"\0")
    bench.pass_seconds(int(TCP_LIMITS.message_seconds) + 1)
    assert transport.connected


def test_a_busy_connection_lives_until_its_lifetime_is_over(bench: Bench) -> None:
    """Nobody keeps a place for ever."""
    connection, transport = bench.connect()
    connection.dataReceived(framed(question("echo")))
    for _ in range(int(LIMITS.lifetime_seconds) // 5 - 1):
        bench.pass_seconds(5)
        connection.dataReceived(framed(question("echo")))
    assert transport.connected
    bench.pass_seconds(5)
    assert not transport.connected


def test_a_client_that_takes_no_answers_is_not_read_and_then_aborted(bench: Bench) -> None:
    """Its answers cannot pile up here."""
    connection, transport = bench.connect()
    connection.dataReceived(framed(question("echo")))
    transport.producer.pauseProducing()
    connection.dataReceived(framed(question("echo", 1)))
    assert not transport.reading
    assert len(bench.core.hosts) == 1
    bench.pass_seconds(5)
    assert transport.aborted


def test_a_client_that_takes_its_answers_again_is_read_again(bench: Bench) -> None:
    """What waited meanwhile is answered."""
    connection, transport = bench.connect()
    transport.producer.pauseProducing()
    connection.dataReceived(framed(question("echo", 1)))
    transport.producer.resumeProducing()
    assert transport.reading
    assert transport.value() == framed(b"answer:00000001")
    bench.pass_seconds(6)
    assert transport.connected


def test_a_connection_that_does_not_close_is_aborted(bench: Bench) -> None:
    """Closing waits for the client to take its answers, but not for ever."""
    connection, transport = bench.connect()
    transport.slow = True
    connection.close()
    bench.pass_seconds(4)
    assert not transport.aborted
    bench.pass_seconds(1)
    assert transport.aborted


def test_a_client_that_has_sent_all_it_will_gets_its_answers(bench: Bench) -> None:
    """Half-closed by the client: open until the last answer is out."""
    connection, transport = bench.connect()
    connection.dataReceived(framed(question("slow")))
    connection.readConnectionLost()
    assert transport.connected
    bench.core.answer()
    bench.pump.flush()
    assert transport.value() == framed(b"SLOW:00000000")
    assert not transport.connected


def test_an_answer_for_a_client_that_is_gone_is_dropped(bench: Bench) -> None:
    """Nothing is written, nothing raised."""
    connection, transport = bench.connect()
    connection.dataReceived(framed(question("slow")))
    connection.connectionLost(Failure(ConnectionResetError()))
    bench.core.answer()
    bench.pump.flush()
    assert transport.value() == b""
    assert not bench.reports


def test_no_timer_runs_without_connections(bench: Bench) -> None:
    """An idle worker sleeps."""
    connection, _ = bench.connect()
    connection.close()
    bench.pass_seconds(2)
    assert not bench.clock.getDelayedCalls()


def test_a_connection_that_is_drained_answers_what_it_has_read(bench: Bench) -> None:
    """Questions in flight and in the buffer; nothing more is read, and the end comes with the last answer."""
    connection, transport = bench.connect()
    connection.dataReceived(framed(*(question("slow", number) for number in range(3))))
    connection.drain()
    assert transport.connected
    assert not transport.reading
    for _ in range(3):
        bench.core.answer()
        bench.pump.flush()
    assert transport.value().count(b"SLOW") == 3
    assert not transport.connected


def test_a_quiet_connection_that_is_drained_is_closed(bench: Bench) -> None:
    """A worker that leaves leaves no client waiting."""
    connection, transport = bench.connect()
    connection.drain()
    assert not transport.connected


@given(
    st.lists(st.integers(0, 99_999_999), max_size=8), st.lists(st.integers(1, 40), min_size=1), st.binary(max_size=40)
)
def test_whole_messages_in_any_pieces_are_answered_and_rubbish_never_raises(
    labels: list[int], cuts: list[int], rubbish: bytes
) -> None:
    """Whatever comes behind them."""
    bench = Bench()
    connection, transport = bench.connect()
    wire, at = framed(*(question("echo", label) for label in labels)) + rubbish, 0
    while at < len(wire):
        size = cuts[at % len(cuts)]
        connection.dataReceived(wire[at : at + size])
        at += size
    assert transport.value().startswith(framed(*(b"answer:%08d" % label for label in labels)))
    assert not bench.reports
