"""One HTTP/2 connection with DNS questions in it (RFC 8484, RFC 9113), without input or output.

The framing, HPACK and stream states are the `h2` library's. Added here is what a client may cost: every frame that
comes in takes from a reserve and every answer that goes out gives some back, so that resets (CVE-2023-44487), pings,
settings, empty frames and continuations without end close the connection, whatever they are; requests, bodies and
unsent answers are bounded too (`DohLimits`).
"""

from contextlib import suppress
from typing import Any

from attrs import define, field
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import H2Error
from h2.settings import SettingCodes, Settings
from hpack import Encoder, NeverIndexedHeaderTuple
from hyperframe.frame import Frame, GoAwayFrame

from resolver.core.freshness import freshness
from resolver.edge.limits import DohLimits
from resolver.edge.serving import doh_request
from resolver.edge.serving.doh_request import Head, Refusal, check_message, read_head
from resolver.edge.serving.http2_beginning import HTTP1_ANSWER, PREFACE, FrameCount

_HPACK_TABLE_BYTES = 4096  # for what we pack, whatever the client would let us use

Question = tuple[int, bytes]
"""The stream a question came on, and the DNS message."""


class _EvenEncoder(Encoder):
    """HPACK without Huffman's code: what is equally long before is so afterwards."""

    def encode(self, headers: Any, huffman: bool = False) -> bytes:
        """Pack a header section; h2 asks for Huffman's code by default."""
        return super().encode(headers, huffman=False)


class _Connection(H2Connection):
    """Theirs, with less memory for streams that are over, and milder to a client that is not at fault."""

    MAX_CLOSED_STREAMS = DohLimits().resets_kept

    @property
    def open_inbound_streams(self) -> int:
        """h2 looks here before it ends the connection of a client with one stream too many, which may not have heard
        our settings yet: we refuse that stream only (RFC 9113 section 5.1.2)."""
        _ = super().open_inbound_streams  # which lets those go that are over
        return 0

    def _receive_goaway_frame(self, frame: GoAwayFrame) -> tuple[list[Frame], list[Event]]:
        """Theirs would let nothing more out; but the client may wait for what it asked (RFC 9113 section 6.8)."""
        return [], [ConnectionTerminated()]


@define(eq=False)
class _Stream:
    """One request, and what is left of its answer."""

    head: Head
    since: float
    body: bytearray = field(factory=bytearray)
    asked: bool = False
    unsent: bytes = b""


def _even(length: int, max_age: int) -> list[tuple[bytes, bytes]]:
    """Return the fields that tell one answer from another, as long for each time to live and whatever was said before.

    Else the size of an encrypted response would tell whether its TTL was met on this connection, and so the constant
    one of listed names from those that count down. Leading zeros are allowed (RFC 9111 section 1.2.2).
    """
    return [
        NeverIndexedHeaderTuple(b"content-length", b"%d" % length),
        NeverIndexedHeaderTuple(b"cache-control", b"private, max-age=%010d" % max_age),
    ]


class Http2:
    """The server's side of one connection; `is_over` when nothing more will be said."""

    def __init__(self, path: str, limits: DohLimits) -> None:
        self.is_over = False
        self._path = path.encode()
        self._limits = limits
        self._early = bytearray()  # what came before the preface was whole
        self._has_begun = False
        self._goes_away = False
        self._frames = FrameCount()
        self._reserve = limits.spare_frames
        self._streams: dict[int, _Stream] = {}
        self._unsent_bytes = 0
        self._waits_since: float | None = None  # for the client to let us send
        self._said = bytearray()  # beside what h2 says
        self._h2 = _Connection(H2Configuration(client_side=False, header_encoding=None))
        self._h2.local_settings = Settings(
            client=False,
            initial_values={
                SettingCodes.MAX_CONCURRENT_STREAMS: limits.streams,
                SettingCodes.MAX_HEADER_LIST_SIZE: limits.header_bytes_read,
            },
        )
        self._h2.decoder.max_header_list_size = limits.header_bytes_read
        self._h2.encoder = _EvenEncoder()

    # --- in ---------------------------------------------------------------------------------------------

    def receive(self, data: bytes, now: float) -> list[Question]:
        """Take in what came; the questions that are whole now. Requests that ask nothing are answered here."""
        if self.is_over or not (self._has_begun or self._begin(data)):
            return []
        whole = bytes(self._early) + data
        self._early.clear()
        if not self._frames_allowed(whole):
            return []
        try:
            events = self._h2.receive_data(whole)
        except H2Error:  # its GOAWAY says why
            self.is_over = True
            return []
        questions: list[Question] = []
        for event in events:
            self._take(event, now, questions)
        self._send_on(now)
        return questions

    def overdue(self, now: float, stalled_seconds: float) -> bool:
        """Whether a request should have been whole by now, or the client should have let us send."""
        if self._waits_since is not None and now - self._waits_since >= stalled_seconds:
            return True
        late = now - self._limits.request_seconds
        return any(each.since <= late and not each.asked for each in self._streams.values())

    # --- out --------------------------------------------------------------------------------------------

    def answer(self, number: int, message: bytes, now: float) -> None:
        """Answer the question of a stream; nothing where the client took it back."""
        stream = self._streams.get(number)
        if stream is None:
            return
        if self._unsent_bytes > self._limits.unsent_bytes:
            self.turn_away(number)
            return
        headers = [
            (b":status", b"200"),
            (b"content-type", doh_request.MEDIA_TYPE),
            *_even(len(message), freshness(message)),
        ]
        self._reserve = min(self._reserve + self._limits.frames_per_answer, self._limits.spare_frames)
        try:
            self._h2.send_headers(number, headers, end_stream=stream.head.is_head)
        except H2Error:  # the stream or the connection is closed
            self._forget(number)
            return
        if stream.head.is_head:
            self._forget(number)
            return
        stream.unsent = message
        self._unsent_bytes += len(message)
        self._send_on(now)

    def turn_away(self, number: int) -> None:
        """Take back a question that cannot be asked now; the client may ask again (RFC 9113 section 8.7)."""
        self._forget(number)
        if not self.is_over:
            self._reset(number, ErrorCodes.REFUSED_STREAM)

    def go_away(self) -> None:
        """Take no more requests; those at hand are answered. `is_over` then."""
        if self._goes_away or self.is_over:
            return
        self._goes_away = True
        if self._has_begun:  # not by h2, which would let nothing more out
            frame = GoAwayFrame(0, last_stream_id=self._h2.highest_inbound_stream_id)
            self._said += frame.serialize()
        self.is_over = not self._streams

    def outgoing(self) -> bytes:
        """What is to be sent, once."""
        data = self._h2.data_to_send() + bytes(self._said)
        self._said.clear()
        return data

    def let_go(self) -> None:
        """The connection is lost. h2's state refers to itself, and nobody collects what has grown old (worker.py)."""
        self.is_over = True
        self._streams.clear()
        vars(self._h2).clear()

    # --- the beginning ----------------------------------------------------------------------------------

    def _begin(self, data: bytes) -> bool:
        """Whether the client's preface is whole. What begins otherwise is HTTP/1, or nothing we know."""
        seen = self._early[: len(PREFACE)] + data[: len(PREFACE) - len(self._early)]
        if not PREFACE.startswith(seen):
            self._said += HTTP1_ANSWER
            self.is_over = True
        elif len(seen) < len(PREFACE):
            self._early += data
        else:
            self._has_begun = True
            self._h2.initiate_connection()
        return self._has_begun

    def _frames_allowed(self, data: bytes) -> bool:
        self._reserve -= self._frames.count(data)
        if self._reserve < 0:
            self._h2.close_connection(ErrorCodes.ENHANCE_YOUR_CALM)
            self.is_over = True
        return not self.is_over

    # --- events -----------------------------------------------------------------------------------------

    def _take(self, event: Event, now: float, questions: list[Question]) -> None:
        try:
            if isinstance(event, RequestReceived):
                self._open(event, now)
            elif isinstance(event, DataReceived):
                self._collect(event)
            elif isinstance(event, StreamEnded):
                self._finish(event.stream_id, questions)
            elif isinstance(event, StreamReset):
                self._forget(event.stream_id)
            elif isinstance(event, RemoteSettingsChanged):
                table = self._h2.encoder
                table.header_table_size = min(table.header_table_size, _HPACK_TABLE_BYTES)
            elif isinstance(event, ConnectionTerminated):
                self._goes_away = True
                self.is_over = not self._streams
        except Refusal as refusal:
            self._refuse(event.stream_id, refusal.status)  # type: ignore[attr-defined]  # only streams are refused

    def _open(self, event: RequestReceived, now: float) -> None:
        number = event.stream_id
        is_full = len(self._streams) >= self._limits.streams or self._unsent_bytes > self._limits.unsent_bytes
        if self._goes_away or is_full:
            self._reset(number, ErrorCodes.REFUSED_STREAM)
            return
        head = read_head(event.headers, self._path, self._limits)
        self._streams[number] = _Stream(head, now)
        if head.waits_to_send:
            self._headers(number, [(b":status", b"100")])

    def _collect(self, event: DataReceived) -> None:
        with suppress(H2Error):  # the stream may be over
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        stream = self._streams.get(event.stream_id)
        if stream is None:
            return
        if stream.head.message is not None and event.data:
            raise Refusal(doh_request.BAD_REQUEST)  # a GET has no body
        if len(stream.body) + len(event.data) > self._limits.message_bytes:
            raise Refusal(doh_request.TOO_LARGE)
        stream.body += event.data

    def _finish(self, number: int, questions: list[Question]) -> None:
        stream = self._streams.get(number)
        if stream is not None:
            known = stream.head.message
            questions.append((number, check_message(bytes(stream.body)) if known is None else known))
            stream.asked = True

    def _refuse(self, number: int, status: int) -> None:
        """Say no; what is left of the request is not wanted (RFC 9113 section 8.1)."""
        self._forget(number)
        headers = [(b":status", b"%d" % status), (b"content-length", b"0"), (b"cache-control", b"no-store")]
        if status == doh_request.METHOD_NOT_ALLOWED:
            headers.append((b"allow", doh_request.ALLOWED))
        self._headers(number, headers, end_stream=True)
        self._reset(number, ErrorCodes.NO_ERROR)

    # --- h2's side --------------------------------------------------------------------------------------

    def _headers(self, number: int, headers: list[tuple[bytes, bytes]], *, end_stream: bool = False) -> None:
        with suppress(H2Error):  # the stream or the connection is closed
            self._h2.send_headers(number, headers, end_stream=end_stream)

    def _reset(self, number: int, error: ErrorCodes) -> None:
        with suppress(H2Error):
            self._h2.reset_stream(number, error)

    def _send_on(self, now: float) -> None:
        """Send what the client's flow control lets out."""
        before = self._unsent_bytes
        for number in [number for number, stream in self._streams.items() if stream.unsent]:
            self._send(number, self._streams[number])
        if not self._unsent_bytes:
            self._waits_since = None
        elif self._waits_since is None or self._unsent_bytes < before:
            self._waits_since = now

    def _send(self, number: int, stream: _Stream) -> None:
        try:
            while stream.unsent:
                most = min(self._h2.local_flow_control_window(number), self._h2.max_outbound_frame_size)
                if most <= 0:
                    return
                piece, stream.unsent = stream.unsent[:most], stream.unsent[most:]
                self._unsent_bytes -= len(piece)
                self._h2.send_data(number, piece, end_stream=not stream.unsent)
        except H2Error:  # the stream or the connection is closed
            pass
        self._forget(number)

    def _forget(self, number: int) -> None:
        stream = self._streams.pop(number, None)
        if stream is not None:
            self._unsent_bytes -= len(stream.unsent)
        if self._goes_away and not self._streams:
            self.is_over = True
