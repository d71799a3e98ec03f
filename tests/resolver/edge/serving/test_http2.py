"""HTTP/2 without a network: a client of the same library, and bytes no library would send."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import dns.message
import dns.rrset
import pytest
from attrs import define, field
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, ResponseReceived, StreamEnded, StreamReset
from h2.settings import SettingCodes, Settings
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.edge.limits import DohLimits
from resolver.edge.serving.http2 import Http2
from resolver.edge.serving.http2_beginning import HTTP1_ANSWER

LIMITS = DohLimits(streams=8, message_bytes=512, spare_frames=40, frames_per_answer=4, unsent_bytes=3000)
KIND = ("content-type", "application/dns-message")
ENHANCE_YOUR_CALM, REFUSED_STREAM, NO_ERROR = 11, 7, 0


def query(name: str = "www.a.example", ident: int = 0) -> bytes:
    message = dns.message.make_query(name, "A", use_edns=0)
    message.id = ident
    return message.to_wire()


def reply(wire: bytes, size: int = 0, ttl: int = 60) -> bytes:
    message = dns.message.make_response(dns.message.from_wire(wire))
    message.answer = [dns.rrset.from_text(message.question[0].name, ttl, "IN", "A", "192.0.2.1")]
    return message.to_wire() + bytes(size)


@define
class Heard:
    """What a client heard on one stream."""

    headers: dict[str, str] = field(factory=dict)
    body: bytes = b""
    ended: bool = False
    reset: int | None = None


class Client:
    """A client and the server it talks to; answers are given by the test."""

    def __init__(self, limits: DohLimits = LIMITS, **settings: int) -> None:
        self.server, self.limits = Http2("/dns-query", limits), limits
        self.http = H2Connection(H2Configuration(validate_outbound_headers=False))
        self.http.initiate_connection()
        if settings:
            self.http.update_settings({SettingCodes[name]: value for name, value in settings.items()})
        self.heard: dict[int, Heard] = {}
        self.questions: list[tuple[int, bytes]] = []
        self.went_away: int | None = None
        self.now = 0.0
        self.flush()

    def ask(self, method: str, target: str, *more: tuple[str, str], body: bytes = b"", whole: bool = True) -> int:
        stream: int = self.http.get_next_available_stream_id()
        self.heard[stream] = Heard()
        head = [(":method", method), (":scheme", "https"), (":authority", "a.test"), (":path", target), *more]
        self.http.send_headers(stream, head, end_stream=whole and not body)
        if body:
            self.http.send_data(stream, body, end_stream=whole)
        return stream

    def get(self, message: bytes) -> int:
        return self.ask("GET", "/dns-query?dns=" + base64.urlsafe_b64encode(message).rstrip(b"=").decode())

    def post(self, message: bytes) -> int:
        return self.ask("POST", "/dns-query", KIND, body=message)

    def throw(self, *frames: Frame) -> None:
        self.give(b"".join(frame.serialize() for frame in frames))

    def flush(self) -> None:
        self.give(self.http.data_to_send())

    def give(self, data: bytes) -> None:
        self.questions += self.server.receive(data, self.now)
        self.listen()

    def answer(self, size: int = 0) -> None:
        """Answer all questions at hand."""
        for stream, message in self.questions:
            self.server.answer(stream, reply(message, size), self.now)
        self.questions.clear()
        self.listen()

    def listen(self) -> None:
        data = self.server.outgoing()
        if not data:
            return
        for event in self.http.receive_data(data):
            self._hear(event)

    def _hear(self, event: Any) -> None:
        if isinstance(event, ConnectionTerminated):
            self.went_away = int(event.error_code)
        heard = self.heard.get(getattr(event, "stream_id", None) or 0)
        if heard is None:
            return
        if isinstance(event, ResponseReceived):
            heard.headers = {_text(name): _text(value) for name, value in event.headers}
        elif isinstance(event, DataReceived):
            heard.body += event.data
        elif isinstance(event, StreamReset):
            heard.reset = int(event.error_code)
        elif isinstance(event, StreamEnded):
            heard.ended = True

    def status(self, stream: int) -> str:
        self.flush()
        return self.heard[stream].headers[":status"]


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.mark.parametrize("verb", ["get", "post"])
def test_a_question_is_answered(client: Client, verb: str) -> None:
    """With the id it was asked with, its length, and no longer freshness than its records."""
    stream = getattr(client, verb)(query())
    client.flush()
    assert client.questions == [(stream, query())]
    client.answer()
    heard = client.heard[stream]
    assert heard.body == reply(query())
    assert heard.ended
    assert heard.headers == {
        ":status": "200",
        "content-type": "application/dns-message",
        "content-length": str(len(heard.body)),
        "cache-control": "private, max-age=0000000060",
    }


def test_head_gets_the_headers_of_get(client: Client) -> None:
    """And no body."""
    target = "/dns-query?dns=" + base64.urlsafe_b64encode(query()).rstrip(b"=").decode()
    stream = client.ask("HEAD", target)
    client.flush()
    client.answer()
    heard = client.heard[stream]
    assert (heard.headers[":status"], heard.headers["content-length"]) == ("200", str(len(reply(query()))))
    assert heard.ended
    assert heard.body == b""


def test_answers_go_out_in_the_order_they_are_ready(client: Client) -> None:
    """A slow question holds up no other."""
    first, second = client.get(query("a.example")), client.post(query("b.example"))
    client.flush()
    client.server.answer(second, reply(query("b.example")), 0.0)
    client.listen()
    assert client.heard[second].ended
    assert not client.heard[first].ended
    client.server.answer(first, reply(query("a.example")), 0.0)
    client.listen()
    assert client.heard[first].ended


@pytest.mark.parametrize(
    ("method", "target", "more", "body", "status"),
    [
        ("GET", "/", (), b"", "404"),
        ("PUT", "/dns-query", (KIND,), b"x", "405"),
        ("GET", "/dns-query?dns=AAAA", (), b"", "400"),
        ("GET", "/dns-query?dns=" + "A" * 800, (), b"", "414"),
        ("GET", "/dns-query?dns=" + "A" * 64, (), b"a body", "400"),
        ("GET", "/dns-query", (("x", "y" * 20_000),), b"", "431"),
        ("POST", "/dns-query", (), query(), "415"),
        ("POST", "/dns-query", (KIND,), b"", "400"),
        ("POST", "/dns-query", (KIND,), bytes(11), "400"),
        ("POST", "/dns-query", (KIND,), bytes(600), "413"),
        ("POST", "/dns-query", (KIND, ("content-length", "600")), b"", "413"),
    ],
)
def test_what_asks_nothing_gets_its_status(
    client: Client, method: str, target: str, more: Sequence[tuple[str, str]], body: bytes, status: str
) -> None:
    """Nothing of it comes back, and the connection lives on."""
    whole = ("content-length", "600") not in more
    stream = client.ask(method, target, *more, body=body, whole=whole)
    assert client.status(stream) == status
    heard = client.heard[stream]
    assert heard.headers["content-length"] == "0"
    assert heard.headers["cache-control"] == "no-store"
    assert heard.headers.get("allow") == ("GET, HEAD, POST" if status == "405" else None)
    assert heard.ended
    assert (heard.reset is None) == whole
    good = client.post(query())
    client.flush()
    client.answer()
    assert client.heard[good].headers[":status"] == "200"


def test_what_is_refused_early_is_not_read_on(client: Client) -> None:
    """The client is told that the rest is not wanted (RFC 9113 section 8.1)."""
    stream = client.ask("POST", "/dns-query", KIND, body=bytes(600), whole=False)
    assert client.status(stream) == "413"
    assert client.heard[stream].reset == NO_ERROR


def test_a_client_that_waits_hears_100_before_the_answer(client: Client) -> None:
    """Then it sends its message."""
    stream = client.ask("POST", "/dns-query", KIND, ("expect", "100-continue"), whole=False)
    client.flush()
    client.http.send_data(stream, query(), end_stream=True)
    client.flush()
    client.answer()
    assert client.status(stream) == "200"


@pytest.mark.parametrize("first", [b"GET /dns-query HTTP/1.1\r\n", b"\x16\x03\x01", b"PRI * HTTP/1.1\r\n\r\n"])
@pytest.mark.parametrize("at_once", [True, False])
def test_what_does_not_begin_as_http2_gets_one_constant_answer(first: bytes, at_once: bool) -> None:
    """HTTP/1.1 clients understand it; whatever was said, nothing of it comes back."""
    server = Http2("/dns-query", LIMITS)
    for piece in [first] if at_once else [first[at : at + 1] for at in range(len(first))]:
        assert server.receive(piece, 0.0) == []
    assert server.outgoing() == HTTP1_ANSWER
    assert server.is_over
    assert HTTP1_ANSWER.startswith(b"HTTP/1.1 505 ")


@pytest.mark.parametrize(
    "frame",
    [PingFrame(0, b"12345678"), SettingsFrame(0, {}), WindowUpdateFrame(0, 1), PriorityFrame(3, depends_on=1)],
    ids=["ping", "settings", "window", "priority"],
)
def test_a_flood_of_frames_that_ask_nothing_ends_the_connection(client: Client, frame: Frame) -> None:
    """Pings, settings, windows, priorities: none of them is the work this connection is for."""
    for _ in range(LIMITS.spare_frames // 2):
        client.throw(frame)
    assert not client.server.is_over
    for _ in range(LIMITS.spare_frames // 2):
        client.throw(frame)
    assert client.server.is_over
    assert client.went_away == ENHANCE_YOUR_CALM


def test_rapid_resets_end_the_connection(client: Client) -> None:
    """CVE-2023-44487: a request and its reset cost the client as much of its reserve as us work."""
    asked = 0
    while not client.server.is_over:
        stream = client.get(query())
        client.http.reset_stream(stream, 8)
        client.flush()
        asked += 1
        assert asked <= LIMITS.spare_frames
    assert client.went_away == ENHANCE_YOUR_CALM
    assert len(client.questions) <= asked


def test_a_client_that_gets_answers_may_go_on_for_ever(client: Client) -> None:
    """What it sends beside its requests is paid by the answers."""
    for _ in range(4 * LIMITS.spare_frames):
        stream = client.post(query())
        client.http.ping(b"12345678")
        client.flush()
        client.answer()
        client.flush()  # the window it gives back
        assert client.heard.pop(stream).ended
    assert not client.server.is_over


def test_continuations_without_end_end_the_connection(client: Client) -> None:
    """CVE-2024-27316 and its kind: a header section that never ends is not kept."""
    client.throw(HeadersFrame(1, b"", flags=["END_STREAM"]))
    for _ in range(LIMITS.spare_frames + 1):
        if client.server.is_over:
            break
        client.give(ContinuationFrame(1, b"").serialize())
    assert client.server.is_over


def test_a_header_bomb_ends_the_connection(client: Client) -> None:
    """A field of 4 kB, referred to ten thousand times by one byte each."""
    stream = client.ask("GET", "/", ("x", "y" * 3900))
    assert client.status(stream) == "404"
    frame = HeadersFrame(stream + 2, b"\x82\x87\x84" + b"\xbe" * 10_000, flags=["END_HEADERS", "END_STREAM"])
    client.throw(frame)
    assert client.server.is_over
    assert client.went_away == ENHANCE_YOUR_CALM


def test_empty_data_frames_without_end_end_the_connection(client: Client) -> None:
    """Each costs us as much as a full one."""
    stream = client.ask("POST", "/dns-query", KIND, whole=False)
    client.flush()
    for _ in range(LIMITS.spare_frames):
        client.throw(DataFrame(stream, b""))
    assert client.server.is_over


def test_one_stream_too_many_is_refused_alone(client: Client) -> None:
    """A client may not have heard our settings yet: the others are answered, and there is room again."""
    assert client.http.remote_settings.max_concurrent_streams == LIMITS.streams
    client.http.remote_settings = Settings(client=False)  # as at the beginning: no bound
    streams = [client.get(query()) for _ in range(LIMITS.streams + 1)]
    client.flush()
    client.answer()
    assert [client.heard[stream].ended for stream in streams] == [True] * LIMITS.streams + [False]
    assert client.heard[streams[-1]].reset == REFUSED_STREAM
    again = client.get(query())
    client.flush()
    client.answer()
    assert client.heard[again].ended


def test_a_client_that_says_goodbye_gets_what_it_asked(client: Client) -> None:
    """GOAWAY tells of new requests only; then the connection ends."""
    stream = client.get(query())
    client.flush()
    client.throw(GoAwayFrame(0, last_stream_id=0))
    assert not client.server.is_over
    client.answer()
    assert client.heard[stream].ended
    assert client.server.is_over


def test_a_client_that_says_goodbye_with_nothing_open_is_let_go(client: Client) -> None:
    """At once."""
    client.throw(GoAwayFrame(0, last_stream_id=0))
    assert client.server.is_over


def test_a_small_window_lets_the_answer_out_in_pieces() -> None:
    """As the client allows, to the last byte."""
    client = Client(INITIAL_WINDOW_SIZE=10)
    stream = client.get(query())
    client.flush()
    client.answer()
    assert client.heard[stream].body == reply(query())[:10]
    while not client.heard[stream].ended:
        client.http.increment_flow_control_window(7, stream)
        client.flush()
    assert client.heard[stream].body == reply(query())


def test_a_window_that_stays_shut_is_overdue() -> None:
    """Any progress begins the time anew."""
    client = Client(INITIAL_WINDOW_SIZE=0)
    stream = client.get(query())
    client.flush()
    client.answer()
    assert not client.server.overdue(4.9, 5.0)
    assert client.server.overdue(5.0, 5.0)
    client.now = 4.0
    client.http.increment_flow_control_window(1, stream)
    client.flush()
    assert not client.server.overdue(8.9, 5.0)
    assert client.server.overdue(9.0, 5.0)
    client.http.increment_flow_control_window(5000, stream)
    client.flush()
    assert not client.server.overdue(100.0, 5.0)


def test_answers_that_wait_are_bounded() -> None:
    """Beyond it more requests are refused so that the client may repeat them elsewhere."""
    client = Client(INITIAL_WINDOW_SIZE=0)
    for _ in range(3):
        client.get(query())
    client.flush()
    client.answer(size=1000)
    late = client.get(query())
    client.flush()
    assert client.heard[late].reset == REFUSED_STREAM
    assert not client.questions
    for stream in (1, 3, 5):
        client.http.increment_flow_control_window(5000, stream)
    client.flush()
    assert all(client.heard[stream].ended for stream in (1, 3, 5))
    again = client.get(query())
    client.flush()
    client.answer()
    assert client.heard[again].headers[":status"] == "200"


def test_answers_to_what_was_asked_before_are_bounded_too() -> None:
    """All requests at once, all answers large, and a window that stays shut."""
    client = Client(INITIAL_WINDOW_SIZE=0)
    streams = [client.get(query()) for _ in range(LIMITS.streams)]
    client.flush()
    client.answer(size=1000)
    refused = [stream for stream in streams if client.heard[stream].reset == REFUSED_STREAM]
    assert refused == streams[3:]


def test_a_question_taken_back_needs_no_answer(client: Client) -> None:
    """Nothing is sent, and what waited for its window is forgotten."""
    stream = client.get(query())
    client.flush()
    client.http.reset_stream(stream)
    client.flush()
    client.answer()
    assert client.heard[stream] == Heard()
    assert not client.server.is_over


def test_an_answer_taken_back_leaves_its_room() -> None:
    """The bytes that waited do not count against others."""
    client = Client(INITIAL_WINDOW_SIZE=0)
    stream = client.get(query())
    client.flush()
    client.answer(size=3100)
    client.http.reset_stream(stream)
    client.flush()
    client.get(query())
    client.flush()
    assert len(client.questions) == 1
    assert not client.server.overdue(100.0, 5.0)


def test_a_request_that_is_never_whole_is_overdue(client: Client) -> None:
    """A dribbled body; one that waits for our answer is not."""
    client.get(query())
    client.flush()
    assert not client.server.overdue(100.0, 5.0)
    client.ask("POST", "/dns-query", KIND, body=b"\0", whole=False)
    client.flush()
    assert not client.server.overdue(LIMITS.request_seconds - 0.1, 5.0)
    assert client.server.overdue(LIMITS.request_seconds, 5.0)


def test_a_question_is_turned_away_with_leave_to_repeat_it(client: Client) -> None:
    """REFUSED_STREAM says that nothing was done (RFC 9113 section 8.7)."""
    stream = client.get(query())
    client.flush()
    client.server.turn_away(stream)
    client.listen()
    assert client.heard[stream].reset == REFUSED_STREAM


def test_going_away_answers_what_was_asked(client: Client) -> None:
    """GOAWAY first, the answers, then the end; what comes later may be asked elsewhere."""
    client.get(query())
    last = client.get(query())
    client.flush()
    client.server.go_away()
    said = client.server.outgoing()  # the library would hear nothing more behind it
    assert said == b"\0\0\x08\x07\0\0\0\0\0" + last.to_bytes(4, "big") + bytes(4)
    assert not client.server.is_over
    for number, message in client.questions:
        client.server.answer(number, reply(message), 0.0)
    assert client.server.is_over
    assert client.server.outgoing().count(reply(query())) == 2


def test_a_request_behind_the_goodbye_is_refused(client: Client) -> None:
    """It was not looked at."""
    first = client.get(query())
    client.flush()
    client.server.go_away()
    client.server.outgoing()  # still on its way to the client
    late = client.get(query())
    client.flush()
    assert client.heard[late].reset == REFUSED_STREAM
    assert [number for number, _ in client.questions] == [first]


def test_a_connection_without_requests_goes_at_once() -> None:
    """Before its preface nothing is said at all."""
    server = Http2("/dns-query", LIMITS)
    server.go_away()
    assert server.is_over
    assert server.outgoing() == b""
    idle = Client()
    idle.server.go_away()
    assert idle.server.is_over
    idle.listen()
    assert idle.went_away == NO_ERROR


def test_the_client_does_not_choose_how_much_we_remember() -> None:
    """A table of headers as large as it likes would be memory of ours."""
    client = Client(HEADER_TABLE_SIZE=1 << 20)
    assert client.server._h2.encoder.header_table_size == 4096


_FRAMES = [PingFrame(0, b"12345678"), RstStreamFrame(1, 8), SettingsFrame(0, {4: 0}), WindowUpdateFrame(1, 5)]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_spoilt_bytes_in_random_pieces_never_raise(data: st.DataObject) -> None:
    """Requests and stray frames with bytes changed: questions or an end, no exception, and never a 5xx."""
    http = H2Connection(H2Configuration(validate_outbound_headers=False))
    http.initiate_connection()
    client = Client.__new__(Client)
    client.http, client.heard = http, {}
    for _ in range(data.draw(st.integers(1, 4))):
        data.draw(st.sampled_from([client.get, client.post]))(query())
    wire = bytearray(http.data_to_send() + b"".join(frame.serialize() for frame in _FRAMES))
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, len(wire) - 1), st.integers(0, 255)), max_size=6)):
        wire[at] = value
    server, at = Http2("/dns-query", LIMITS), 0
    while at < len(wire):
        size = data.draw(st.integers(1, 60))
        for stream, message in server.receive(bytes(wire[at : at + size]), 0.0):
            server.answer(stream, reply(query()) if message[2] & 0x80 == 0 else b"", 0.0)
        at += size
    server.overdue(1.0, 5.0)
    server.outgoing()
    server.go_away()
    server.outgoing()
