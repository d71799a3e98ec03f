"""The times of every connection, plain or over TLS, whatever its bytes mean."""

from __future__ import annotations

import pytest

from resolver.core.codes import TCP
from resolver.core.door import Door
from resolver.edge.limits import ConnectionLimits
from resolver.edge.serving.stream import Stream, Streams
from tests.resolver.edge.stream_bench import StreamBench

LIMITS = ConnectionLimits(most=2, unproven_share=1)


class Plain(Stream):
    """Every byte is a question, answered at once."""

    late = False
    drained = False

    def work(self) -> None:
        """There is nothing at hand."""

    def dataReceived(self, data: bytes) -> None:
        self.used()

    def overdue(self, now: float) -> bool:
        return self.late

    def idle_limit(self) -> float:
        return 30.0

    def finish(self) -> None:
        self.drained = True


class Bench(StreamBench):
    """Connections of this kind; with `secure` as if TLS were below them."""

    def __init__(self, *, secure: bool = False) -> None:
        self._secure = secure
        super().__init__(LIMITS)

    def factory(self) -> Streams:
        return Streams(Plain, Door(TCP), self.pump, self.connections, None, secure=self._secure)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_who_never_asks_is_ended_early(bench: Bench) -> None:
    """Long before it would count as quiet."""
    _, transport = bench.connect()
    bench.pass_seconds(int(LIMITS.first_query_seconds) - 1)
    assert transport.connected
    bench.pass_seconds(1)
    assert transport.aborted


def test_a_handshake_has_a_time_of_its_own() -> None:
    """Dribbled TLS ends; a finished handshake begins the time for the first question anew."""
    bench = Bench(secure=True)
    slow, quick = bench.connect(), bench.connect()
    bench.pass_seconds(4)
    quick[0].handshakeCompleted()
    bench.pass_seconds(1)
    assert slow[1].aborted
    bench.pass_seconds(3)
    assert quick[1].connected
    bench.pass_seconds(1)
    assert quick[1].aborted


def test_what_is_overdue_is_ended(bench: Bench) -> None:
    """The kind of connection knows what that is."""
    connection, transport = bench.connect()
    connection.dataReceived(b"x")
    bench.pass_seconds(2)
    assert transport.connected
    connection.late = True
    bench.pass_seconds(1)
    assert transport.aborted


def test_one_that_takes_no_answers_is_not_read_and_ended(bench: Bench) -> None:
    """Its answers cannot pile up here."""
    connection, transport = bench.connect()
    connection.dataReceived(b"x")
    connection.pauseProducing()
    assert not transport.reading
    bench.pass_seconds(int(LIMITS.stalled_seconds))
    assert transport.aborted


def test_answers_pile_up_only_so_far(bench: Bench) -> None:
    """Many large ones in flight, and a client that takes none: it need not be waited for."""
    connection, transport = bench.connect()
    connection.write(bytes(2 * LIMITS.held_bytes))
    assert transport.connected
    connection.pauseProducing()
    connection.write(bytes(LIMITS.held_bytes))
    connection.resumeProducing()
    connection.pauseProducing()
    connection.write(bytes(LIMITS.held_bytes))
    assert transport.connected
    connection.write(b"x")
    assert transport.aborted


def test_a_quiet_connection_is_let_go(bench: Bench) -> None:
    """As its kind says."""
    connection, _ = bench.connect()
    connection.dataReceived(b"x")
    bench.pass_seconds(29)
    assert not connection.drained
    bench.pass_seconds(1)
    assert connection.drained


def test_an_old_connection_is_drained_however_busy(bench: Bench) -> None:
    """Its answers still go out."""
    connection, transport = bench.connect()
    for _ in range(int(LIMITS.lifetime_seconds) // 4):
        connection.dataReceived(b"x")
        assert not connection.drained
        bench.pass_seconds(4)
    assert connection.drained
    assert transport.connected
    bench.pass_seconds(int(LIMITS.drain_seconds))
    assert not transport.connected


def test_one_too_many_is_aborted(bench: Bench) -> None:
    """Everybody else waits for an answer."""
    for _ in range(2):
        connection, _ = bench.connect()
        connection.dataReceived(b"x")
        connection.in_flight = 1
    _, transport = bench.connect()
    assert transport.aborted


def test_the_producer_s_verbs_after_the_end_do_nothing(bench: Bench) -> None:
    """Twisted may still call them."""
    connection, transport = bench.connect()
    connection.abort()
    transport.reading = True
    connection.pauseProducing()
    connection.resumeProducing()
    connection.stopProducing()
    assert transport.reading
