"""DNS cookies (RFC 7873) in the form all servers of one anycast set share (RFC 9018).

A server cookie says, without anything being remembered, that whoever asks gets what is sent to its address.
"""

from collections.abc import Callable, Sequence
from hmac import compare_digest
from struct import Struct

from siphashc import siphash

from resolver.core.limits import Limits

SECRET_BYTES = 16
CLIENT_BYTES = 8
_SERVER_BYTES_MIN, _SERVER_BYTES_MAX = 8, 32
_HEAD = Struct(">8sB3sI")  # client cookie, version, reserved, timestamp (RFC 9018 section 4)
_COOKIE = Struct(">8sB3sI8s")
_VERSION = 1
_RESERVED = bytes(3)


def is_cookie(option: bytes) -> bool:
    """Whether this is a COOKIE option's content: a client cookie, alone or with a server cookie (RFC 7873 5.2)."""
    server_bytes = len(option) - CLIENT_BYTES
    return server_bytes == 0 or _SERVER_BYTES_MIN <= server_bytes <= _SERVER_BYTES_MAX


class Cookies:
    """The secrets, newest first, and the time of day in POSIX seconds."""

    def __init__(self, secrets: Sequence[bytes], unix_time: Callable[[], float], limits: Limits) -> None:
        self._secrets = tuple(secrets)
        self._unix_time = unix_time
        self._limits = limits

    def fresh(self, client_cookie: bytes, address: bytes) -> bytes:
        """Return the content of a COOKIE option for an answer to this packed address."""
        head = _HEAD.pack(client_cookie, _VERSION, _RESERVED, int(self._unix_time()) & 0xFFFF_FFFF)
        return head + _hash(self._secrets[0], head, address)

    def holds(self, cookie: bytes, address: bytes) -> bool:
        """Whether a whole cookie is one of ours, for this address, and of now."""
        if len(cookie) != _COOKIE.size:
            return False
        _, version, _, stamp, shown = _COOKIE.unpack(cookie)
        age = _difference(int(self._unix_time()), stamp)
        if version != _VERSION or not -self._limits.cookie_ahead_seconds <= age <= self._limits.cookie_seconds:
            return False
        return any(compare_digest(_hash(secret, cookie[: _HEAD.size], address), shown) for secret in self._secrets)


def _difference(now: int, stamp: int) -> int:
    """Seconds from `stamp` to `now` in the arithmetic of serial numbers (RFC 1982): 32 bits that wrap."""
    return ((now - stamp + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000


def _hash(secret: bytes, head: bytes, address: bytes) -> bytes:
    return siphash(secret, head + address).to_bytes(8, "little")
