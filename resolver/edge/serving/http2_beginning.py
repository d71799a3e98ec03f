"""How an HTTP/2 connection begins, what is said to one that begins otherwise, and how many frames go by."""

from typing import Final

from attrs import define, field

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HTTP1_TEXT = b"DNS over HTTPS is answered over HTTP/2 only (RFC 8484 section 5.2).\n"
HTTP1_ANSWER: Final = (
    b"HTTP/1.1 505 HTTP Version Not Supported\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
    b"Cache-Control: no-store\r\nConnection: close\r\n\r\n%s" % (len(_HTTP1_TEXT), _HTTP1_TEXT)
)
"""For every client that does not begin as HTTP/2 does, whatever it said."""
_FRAME_HEAD = 9  # bytes of a frame's head; its first three are the length of the rest


@define(eq=False)
class FrameCount:
    """Counts frames as their heads go by."""

    _skip: int = field(default=len(PREFACE), init=False)  # bytes up to the next head
    _head: bytearray = field(factory=bytearray, init=False)

    def count(self, data: bytes) -> int:
        """Frames whose head is whole with `data`."""
        found, at, end = 0, 0, len(data)
        while True:
            step = min(self._skip, end - at)
            self._skip -= step
            at += step
            missing = _FRAME_HEAD - len(self._head)
            self._head += data[at : at + missing]
            at += missing
            if len(self._head) < _FRAME_HEAD:
                return found
            found += 1
            self._skip = int.from_bytes(self._head[:3], "big")
            self._head.clear()
