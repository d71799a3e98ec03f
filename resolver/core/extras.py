"""From the options of a query to the options of its answer, in one place.

| asked with | answered with | where |
|---|---|---|
| Padding (RFC 7830) | padding to whole blocks (RFC 8467) | DoT, DoH |
| edns-tcp-keepalive (RFC 7828) | how long a quiet connection is kept | TCP, DoT |
| NSID (RFC 5001) | `identity.nsid`, where it is set | all |
| COOKIE (RFC 7873) | the client's cookie and a fresh one of ours | all |

Every other option is passed over. Nothing of a client's option goes upstream.
"""

from collections.abc import Iterable
from typing import Final

from attrs import evolve, frozen

from resolver.core import codes
from resolver.core.cookies import CLIENT_BYTES, Cookies, is_cookie
from resolver.core.edns import COOKIE_OPTION, KEEPALIVE_OPTION, NSID_OPTION, OPT_BYTES, PADDING_OPTION, make_option
from resolver.core.limits import Limits

ENCRYPTED: Final = frozenset({codes.DOT, codes.DOH})
_KEPT_ALIVE: Final = frozenset({codes.TCP, codes.DOT})
_OPTION_HEAD_BYTES = 4


class OptionFault(Exception):
    """An option that its RFC answers with FORMERR."""


@frozen
class Extras:
    """What the options of one query add to its answer."""

    told: bytes = b""
    """Encoded options that an error may do without: NSID, keepalive."""
    fresh: bytes = b""
    """The encoded COOKIE option: who sent one looks for it in every answer."""
    block_bytes: int = 0
    """The message is padded to a multiple of this; 0: not at all."""
    cookie: bytes = b""
    """The content of the query's COOKIE option."""

    @property
    def options(self) -> bytes:
        """All but the padding."""
        return self.told + self.fresh

    @property
    def brings_none(self) -> bool:
        """Whether a client's cookie came without a server cookie."""
        return len(self.cookie) == CLIENT_BYTES

    def of_error(self) -> "Extras":
        """Return what an error answer carries: it shall be no larger than it must."""
        return evolve(self, told=b"")

    def close(self, own: bytes, others: int) -> bytes:
        """Return all options of an answer: its own, these, and padding last (RFC 8467 section 3).

        `others` is how many bytes the message has without its OPT.
        """
        options = own + self.options
        if not self.block_bytes:
            return options
        bare = others + OPT_BYTES + len(options) + _OPTION_HEAD_BYTES
        fill = min(-bare % self.block_bytes, codes.MESSAGE_BYTES_MAX - bare)
        return options if fill < 0 else options + make_option(PADDING_OPTION, bytes(fill))


class Options:
    """The rules of one configuration. Without cookies the COOKIE option is passed over (RFC 7873 section 5.2.1)."""

    def __init__(self, nsid: str, cookies: Cookies | None, limits: Limits) -> None:
        self._nsid = make_option(NSID_OPTION, nsid.encode()) if nsid else b""
        self._cookies = cookies
        self._keepalive = make_option(KEEPALIVE_OPTION, int(limits.tcp_idle_seconds * 10).to_bytes(2))
        self._block_bytes = limits.answer_block_bytes

    def read(self, options: Iterable[tuple[int, bytes]], address: bytes, transport: int) -> Extras | None:
        """Return what is to be added to the answer, None for nothing; OptionFault for a malformed option."""
        found: dict[int, bytes] = {}
        for code, content in options:
            found.setdefault(code, content)  # of more than one COOKIE the first counts (RFC 7873 section 5.2)
        if not found:
            return None
        padded = PADDING_OPTION in found and transport in ENCRYPTED
        cookie = self._cookie(found)
        return Extras(
            told=(self._nsid if NSID_OPTION in found else b"") + self._idle_time(found, transport),
            fresh=self._fresh(cookie, address),
            block_bytes=self._block_bytes if padded else 0,
            cookie=cookie,
        )

    def proves(self, extras: Extras | None, address: bytes) -> bool:
        """Whether a query shows that its source address is its own."""
        return self._cookies is not None and extras is not None and self._cookies.holds(extras.cookie, address)

    def _cookie(self, found: dict[int, bytes]) -> bytes:
        cookie = found.get(COOKIE_OPTION) if self._cookies is not None else None
        if cookie is None:
            return b""
        if not is_cookie(cookie):
            raise OptionFault
        return cookie

    def _fresh(self, cookie: bytes, address: bytes) -> bytes:
        """Every answer brings a new one: that is how clients renew theirs (RFC 9018 section 4.3)."""
        if not cookie or self._cookies is None:
            return b""
        return make_option(COOKIE_OPTION, self._cookies.fresh(cookie[:CLIENT_BYTES], address))

    def _idle_time(self, found: dict[int, bytes], transport: int) -> bytes:
        """A client says nothing in this option, and over UDP it is ignored (RFC 7828 sections 3.1 and 3.3.1)."""
        asked = found.get(KEEPALIVE_OPTION)
        if asked is None or transport not in _KEPT_ALIVE:
            return b""
        if asked:
            raise OptionFault
        return self._keepalive
