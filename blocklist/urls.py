"""One canonical spelling of a listed URL: the WHATWG parser of browsers, then the rules of the list format.

Fragment dropped, userinfo refused, default port removed, dot segments resolved, escapes of the path upper-cased and
its unreserved characters decoded once, query as the parser leaves it.
"""

import re

import can_ada
from attrs import field, frozen

from blocklist.errors import EntryFault
from blocklist.limits import LIMITS
from blocklist.names import canonical_name, is_ip_literal

_SCHEME = re.compile(r"(https?):", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:[/\\]{2}", re.IGNORECASE)
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")  # RFC 3986 section 2.3


@frozen
class CanonicalUrl:
    """A URL in parts. ``scheme`` None stands for http and https; ``port`` None for the scheme's own."""

    scheme: str | None
    host: str = field(repr=False)  # A-label, or an IP literal as browsers write it
    port: int | None
    path: str = field(repr=False)
    query: str | None = field(repr=False)

    def __str__(self) -> str:
        """Return the URL as text; without a scheme it starts with the host."""
        scheme = "" if self.scheme is None else f"{self.scheme}://"
        port = "" if self.port is None else f":{self.port}"
        query = "" if self.query is None else f"?{self.query}"
        return f"{scheme}{self.host}{port}{self.path}{query}"


def canonical_url(text: str) -> CanonicalUrl:
    """Return the parts of an http or https URL; the scheme may be left out.

    Raises EntryFault: bad_scheme, bad_url, userinfo, bad_escape, long_path, or what ``canonical_name`` says of it.
    """
    text = text.strip()
    match = _SCHEME.match(text)
    if match is None and _OTHER_SCHEME.match(text):
        raise EntryFault("bad_scheme")
    url = _parse(text if match else f"http://{text}")
    port = url.port
    if match is None and not port:
        port = _parse(f"https://{text}").port  # an explicit :80 is no default for a URL that also means https
    if _STRAY_PERCENT.search(url.pathname):
        raise EntryFault("bad_escape")  # decoding round it could make a new escape
    path = _ESCAPE.sub(_normal_escape, url.pathname)
    if len(path) > LIMITS.path_bytes:
        raise EntryFault("long_path")
    _, mark, query = url.href.partition("#")[0].partition("?")
    return CanonicalUrl(
        url.protocol.removesuffix(":") if match else None,
        url.hostname if is_ip_literal(url.hostname) else canonical_name(url.hostname),
        int(port) if port else None,
        path,
        query if mark else None,
    )


def _parse(text: str) -> can_ada.URL:
    try:
        url = can_ada.parse(text)
    except (ValueError, TypeError):  # TypeError: text with a lone surrogate
        raise EntryFault("bad_url") from None
    if url.has_credentials():
        raise EntryFault("userinfo")
    return url


def _normal_escape(match: re.Match[str]) -> str:
    escape = match.group().upper()
    character = chr(int(escape[1:], 16))
    return character if character in _UNRESERVED else escape
