"""What a DoH request asks (RFC 8484 section 4.1), or the HTTP status that says why it is none. Pure.

Nothing of a request is echoed. `Accept` is not looked at: there is one form an answer can have, and RFC 9110 section
12.5.1 lets a server send it all the same.
"""

import binascii
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from typing import Final

from attrs import frozen

from resolver.core.codes import HEADER_BYTES
from resolver.edge.limits import DohLimits

MEDIA_TYPE: Final = b"application/dns-message"
OK, BAD_REQUEST, NOT_FOUND, METHOD_NOT_ALLOWED, TOO_LARGE, URI_TOO_LONG, WRONG_MEDIA_TYPE, HEADERS_TOO_LARGE = (
    200, 400, 404, 405, 413, 414, 415, 431,
)  # fmt: skip
ALLOWED: Final = b"GET, HEAD, POST"

_FIELD_OVERHEAD = 32  # bytes a header field counts beyond name and value (RFC 9113 section 6.5.2)
_LENGTH_DIGITS = 9
_QR = 0x80  # in the third byte of a message
_BASE64URL = re.compile(rb"[A-Za-z0-9_-]+")  # RFC 8484 section 6: without padding

Headers = Iterable[tuple[bytes, bytes]]


class Refusal(Exception):
    """The request is answered with this HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@frozen
class Head:
    """A request's header section. `message` is what a GET asks; None where a body brings it."""

    is_head: bool
    message: bytes | None
    waits_to_send: bool  # it holds the body back until it hears 100 (RFC 9110 section 10.1.1)


def read_head(headers: Headers, path: bytes, limits: DohLimits) -> Head:
    """Read it. Refusal: it asks nothing."""
    fields = dict(headers := list(headers))
    if sum(len(name) + len(value) + _FIELD_OVERHEAD for name, value in headers) > limits.header_bytes:
        raise Refusal(HEADERS_TOO_LARGE)
    own, _, query = fields.get(b":path", b"").partition(b"?")
    if own != path:
        raise Refusal(NOT_FOUND)
    method = fields[b":method"]
    if method == b"POST":
        _check_body(fields, limits)
        return Head(False, None, fields.get(b"expect", b"").lower() == b"100-continue")
    if method not in (b"GET", b"HEAD"):
        raise Refusal(METHOD_NOT_ALLOWED)
    return Head(method == b"HEAD", _from_query(query, limits), False)


def check_message(message: bytes) -> bytes:
    """Return it if it could be a query. Refusal."""
    if len(message) < HEADER_BYTES or message[2] & _QR:
        raise Refusal(BAD_REQUEST)
    return message


def _check_body(fields: dict[bytes, bytes], limits: DohLimits) -> None:
    kind = fields.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind != MEDIA_TYPE:
        raise Refusal(WRONG_MEDIA_TYPE)
    length = fields.get(b"content-length", b"0")
    if not length.isdigit():
        raise Refusal(BAD_REQUEST)
    if len(length) > _LENGTH_DIGITS or int(length) > limits.message_bytes:
        raise Refusal(TOO_LARGE)


def _from_query(query: bytes, limits: DohLimits) -> bytes:
    """The one `dns` variable of the template; others are not ours to judge."""
    values = [value for name, _, value in (each.partition(b"=") for each in query.split(b"&")) if name == b"dns"]
    if len(values) != 1 or not _BASE64URL.fullmatch(values[0]):
        raise Refusal(BAD_REQUEST)
    text = values[0]
    if len(text) * 3 // 4 > limits.message_bytes:
        raise Refusal(URI_TOO_LONG)
    try:
        return check_message(urlsafe_b64decode(text + b"=" * (-len(text) % 4)))
    except binascii.Error:
        raise Refusal(BAD_REQUEST) from None
