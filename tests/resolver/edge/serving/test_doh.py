"""DoH connections around a fake core, with h2's client at the other end."""

from __future__ import annotations

import base64
import gc
from weakref import ref

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, ResponseReceived, StreamReset

from resolver.core.codes import DOH
from resolver.core.door import Door
from resolver.edge.limits import ConnectionLimits, DohLimits
from resolver.edge.serving.doh import DohConnection, DohTerms
from resolver.edge.serving.stream import Streams
from tests.resolver.edge.stream_bench import StreamBench, Transport

LIMITS = DohLimits(in_flight=3)


class Bench(StreamBench):
    """Connections as they are behind the handshake."""

    def factory(self) -> Streams:
        return Streams(DohConnection, Door(DOH), self.pump, self.connections, DohTerms("/q", LIMITS))


class Client:
    """One client of it."""

    def __init__(self, bench: Bench) -> None:
        self.connection: DohConnection
        self.transport: Transport
        self.connection, self.transport = bench.connect()
        self.http = H2Connection(H2Configuration())
        self.http.initiate_connection()
        self.bodies: dict[int, bytes] = {}
        self.statuses: dict[int, str] = {}
        self.resets: list[int] = []
        self.went_away = False

    def ask(self, message: bytes) -> int:
        stream: int = self.http.get_next_available_stream_id()
        path = "/q?dns=" + base64.urlsafe_b64encode(message).rstrip(b"=").decode()
        head = [(":method", "GET"), (":scheme", "https"), (":authority", "a.test"), (":path", path)]
        self.http.send_headers(stream, head, end_stream=True)
        self.connection.dataReceived(self.http.data_to_send())
        self.listen()
        return stream

    def listen(self) -> None:
        data = self.transport.value()
        self.transport.clear()
        for event in self.http.receive_data(data) if data else []:
            if isinstance(event, ResponseReceived):
                self.statuses[event.stream_id] = dict(event.headers)[b":status"].decode()
            elif isinstance(event, DataReceived):
                self.bodies[event.stream_id] = self.bodies.get(event.stream_id, b"") + event.data
            elif isinstance(event, StreamReset):
                self.resets.append(event.stream_id)
            elif isinstance(event, ConnectionTerminated):
                self.went_away = True


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def client(bench: Bench) -> Client:
    return Client(bench)


def question(kind: str, label: int = 0) -> bytes:
    return f"{kind}:{label:08d}".encode()


def test_a_question_known_at_once_and_one_that_waits(bench: Bench, client: Client) -> None:
    """Each on its own stream, in the order they are ready."""
    slow, quick = client.ask(question("slow")), client.ask(question("echo", 7))
    assert client.bodies == {quick: b"answer:00000007"}
    bench.core.answer()
    bench.pump.flush()
    client.listen()
    assert client.bodies[slow] == b"SLOW:00000000"
    assert bench.core.hosts == ["192.0.2.1", "192.0.2.1"]


def test_questions_in_flight_are_bounded_also_where_the_client_took_them_back(bench: Bench, client: Client) -> None:
    """Resetting a stream makes no room in the core."""
    for number in range(3):
        stream = client.ask(question("slow", number))
        client.http.reset_stream(stream)
    late = client.ask(question("slow", 9))
    assert client.resets == [late]
    assert len(bench.core.waiting) == 3
    bench.core.answer()
    bench.pump.flush()
    assert client.ask(question("echo")) in client.bodies


def test_a_bug_in_the_core_costs_one_question(bench: Bench, client: Client) -> None:
    """The next is answered."""
    client.ask(question("bug"))
    assert client.ask(question("echo", 1)) in client.bodies
    assert len(bench.reports) == 1


def test_an_http1_client_is_told_and_let_go(bench: Bench) -> None:
    """It reads a whole response before the end."""
    connection, transport = bench.connect()
    connection.dataReceived(b"GET /q?dns=AAAA HTTP/1.1\r\nHost: a.test\r\n\r\n")
    assert transport.value().startswith(b"HTTP/1.1 505 ")
    assert not transport.connected


def test_a_broken_client_is_let_go(client: Client) -> None:
    """After a GOAWAY that says why."""
    client.ask(question("echo"))
    client.connection.dataReceived(b"\0\0\x05\x06\0\0\0\0\0xxxxx")  # a ping of five bytes
    client.listen()
    assert client.went_away
    assert not client.transport.connected


def test_a_drained_connection_answers_what_it_was_asked(bench: Bench, client: Client) -> None:
    """GOAWAY, the answer, the end."""
    client.ask(question("slow"))
    client.connection.drain()
    assert client.transport.connected
    bench.core.answer()
    bench.pump.flush()
    assert b"SLOW:00000000" in client.transport.value()
    assert not client.transport.connected


def test_an_idle_connection_lives_longer_than_over_tcp(bench: Bench, client: Client) -> None:
    """And then ends."""
    client.ask(question("echo"))
    bench.pass_seconds(int(LIMITS.idle_seconds) - 1)
    assert client.transport.connected
    bench.pass_seconds(1)
    assert not client.transport.connected


def test_pings_are_no_life(bench: Bench, client: Client) -> None:
    """Only questions and answers are."""
    client.ask(question("echo"))
    for _ in range(int(LIMITS.idle_seconds) // 10):
        bench.pass_seconds(10)
        client.http.ping(b"12345678")
        client.connection.dataReceived(client.http.data_to_send())
    assert not client.transport.connected


def test_a_shut_window_ends_the_connection(bench: Bench, client: Client) -> None:
    """Answers wait for the client's flow control no longer than for TCP's."""
    client.http.update_settings({4: 0})  # SETTINGS_INITIAL_WINDOW_SIZE
    client.ask(question("echo"))
    bench.pass_seconds(int(ConnectionLimits().stalled_seconds))
    assert client.transport.aborted


def test_a_client_that_takes_no_answers_is_not_read(client: Client) -> None:
    """What it asked is answered when it takes them."""
    client.ask(question("echo"))
    client.connection.pauseProducing()
    client.ask(question("echo", 1))
    assert not client.transport.reading
    client.connection.resumeProducing()
    assert client.transport.reading


def test_a_client_that_takes_none_of_many_large_answers_is_not_answered_on(client: Client) -> None:
    """It is noticed between two questions that came together; the later ones may be asked again."""
    client.http.increment_flow_control_window(1 << 20)
    client.http.update_settings({4: 1 << 20})
    stall = client.transport
    write = stall.write

    def full(data: bytes) -> None:
        write(data)
        if len(stall.value()) > 100_000:
            client.connection.pauseProducing()

    stall.write = full  # type: ignore[method-assign]  # Twisted's own pauses us just so
    for number in range(5):
        stream = client.http.get_next_available_stream_id()
        path = "/q?dns=" + base64.urlsafe_b64encode(question("big", number)).rstrip(b"=").decode()
        head = [(":method", "GET"), (":scheme", "https"), (":authority", "a.test"), (":path", path)]
        client.http.send_headers(stream, head, end_stream=True)
    client.connection.dataReceived(client.http.data_to_send())
    client.listen()
    assert len(client.bodies) == 2
    assert len(client.resets) == 3


def test_a_goodbye_comes_before_the_end_of_an_idle_connection(bench: Bench, client: Client) -> None:
    """So that the client knows that what it may just have sent was not looked at (RFC 9113 section 6.8)."""
    client.ask(question("echo"))
    bench.pass_seconds(int(LIMITS.idle_seconds))
    client.listen()
    assert client.went_away


def test_an_answer_for_a_client_that_is_gone_is_dropped(bench: Bench, client: Client) -> None:
    """Nothing is written, nothing raised."""
    client.ask(question("slow"))
    client.connection.abort()
    client.ask(question("echo"))
    assert len(bench.core.hosts) == 1
    bench.core.answer()
    bench.pump.flush()
    assert client.transport.value() == b""
    assert not bench.reports


def test_a_fault_costs_one_connection(bench: Bench, client: Client) -> None:
    """It is reported; answers of others that came with it still go out."""
    other = Client(bench)
    client.ask(question("slow"))
    stream = other.ask(question("slow", 1))
    client.connection._http.answer = None  # type: ignore[method-assign, assignment]  # any fault there is
    bench.core.answer()
    bench.core.answer()
    bench.pump.flush()
    other.listen()
    assert client.transport.aborted
    assert other.bodies[stream] == b"SLOW:00000001"
    assert [report["kind"] for report in bench.reports] == ["TypeError"]


@pytest.mark.parametrize("kind", ["echo", "slow"])
def test_a_connection_leaves_no_cycle(bench: Bench, kind: str) -> None:
    """What HTTP/2 knew of it is freed when it is lost: the garbage collector never walks old objects here."""
    gc.disable()
    try:
        client = Client(bench)
        client.ask(question(kind))
        alive = ref(client.connection._http._h2)
        assert alive() is not None
        client.transport.loseConnection()
        client.transport.unregisterProducer()  # as a socket of Twisted's does, which lets its protocol go too
        del client.transport.protocol
        bench.core.waiting.clear()
        del client
        assert alive() is None
    finally:
        gc.enable()


def test_questions_behind_the_one_that_ended_the_connection_are_not_asked(bench: Bench, client: Client) -> None:
    """Nobody would hear the answer."""
    client.transport.write = lambda _data: client.connection.abort()  # type: ignore[method-assign]
    head = [(":method", "GET"), (":scheme", "https"), (":authority", "a.test")]
    for kind in ("echo", "slow"):
        stream = client.http.get_next_available_stream_id()
        path = "/q?dns=" + base64.urlsafe_b64encode(question(kind)).rstrip(b"=").decode()
        client.http.send_headers(stream, [*head, (":path", path)], end_stream=True)
    client.connection.dataReceived(client.http.data_to_send())
    assert not bench.core.waiting
    assert not bench.reports
