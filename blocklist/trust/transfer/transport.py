"""One HTTP transfer from a mirror, bounded in time, rate and size.

Written over urllib3 with everything helpful switched off: no retries, no redirects, no proxies, no content decoding.
Not bounded here: the system's own name resolution.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, Protocol
from urllib.parse import SplitResult, urlsplit

import urllib3
from attrs import define, field, frozen
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError

from blocklist.errors import OperatorFault, TransferFault
from blocklist.trust.limits import FetchLimits
from blocklist.trust.transfer.tls import TlsFiles
from blocklist.trust.transfer.watch import Watch, WatchedStream

USER_AGENT = "mamori"


class HttpStatusFault(TransferFault):
    """The mirror answered with a status that is neither 200 nor an expected 304."""

    def __init__(self, host: str, status: int) -> None:
        super().__init__("http_status", f"{host}: the mirror answers HTTP {status}; ask the list body")
        self.status = status


@frozen
class Reply:
    """What a mirror answered: `status` 200, 206 or 304, the body (empty for 304), its ETag if any."""

    status: int
    body: bytes
    etag: str | None = None


class Transport(Protocol):
    """How the subscriber's side reaches a mirror; the tests' list body in memory implements it too."""

    def get(
        self, url: str, max_bytes: int, *, etag: str | None = None, fresh: bool = False, start: int | None = None
    ) -> Reply:
        """Fetch `url`. `etag` makes it conditional; `fresh` asks caches on the way not to answer.

        With `start` only what follows that many bytes is fetched, and no more than `max_bytes` of it, perhaps none.
        Raises TransferFault (HttpStatusFault for a status).
        """

    def close(self) -> None:
        """Drop kept connections."""


@define
class HttpTransport:
    """Transport over HTTPS (verified) or, for loopback addresses only, HTTP. One user, one thread."""

    limits: FetchLimits = field(factory=FetchLimits)
    tls: TlsFiles = field(factory=TlsFiles)
    monotonic: Callable[[], float] = time.monotonic
    _pools: dict[tuple[str, str, int | None], urllib3.HTTPConnectionPool] = field(factory=dict, init=False)
    _begun: dict[str, float] = field(factory=dict, init=False)  # by host and port: the first transfer since `close`
    _watch: Watch | None = field(default=None, init=False)

    def get(
        self, url: str, max_bytes: int, *, etag: str | None = None, fresh: bool = False, start: int | None = None
    ) -> Reply:
        """See Transport.get."""
        parts = check_url(url)
        self._watch = self._watching(parts, max_bytes + (start or 0))
        host = self._watch.host
        headers = _headers(etag, fresh)
        if start is not None:
            headers["Range"] = f"bytes={start}-{start + max_bytes - 1}"
        try:
            self._watch.seconds_left()
            with closing(self._open(parts, headers)) as response:
                if start is not None:
                    return self._read_part(response, start, max_bytes, self._watch)
                return self._read(response, etag, self._watch)
        except (TransferFault, OperatorFault):
            raise
        except (SSLError, ssl.SSLError):
            raise TransferFault("tls", f"{host}: the certificate or the TLS handshake is not good") from None
        except NewConnectionError:
            raise TransferFault("connect", f"{host}: no connection; check the network and the list's urls") from None
        except urllib3.exceptions.TimeoutError:
            raise self._watch.too_slow() from None
        except (HTTPError, http.client.HTTPException, OSError, ValueError):
            raise TransferFault("cut", f"{host}: the connection broke or is no HTTP") from None

    def _watching(self, parts: SplitResult, max_bytes: int) -> Watch:
        now = self.monotonic()
        end = self._begun.setdefault(parts.netloc, now) + self.limits.mirror_seconds
        return Watch(parts.hostname or "", self.limits, max_bytes, self.monotonic, now, end)

    def close(self) -> None:
        """Drop kept connections; the next transfer opens new ones, and each mirror's time begins anew."""
        self._begun.clear()
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()

    def _open(self, parts: SplitResult, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        return self._pool(parts).urlopen(
            "GET",
            parts.path,
            headers=headers,
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
            timeout=urllib3.Timeout(connect=self.limits.connect_seconds, read=self.limits.grace_seconds),
        )

    def _read(self, response: urllib3.BaseHTTPResponse, etag: str | None, watch: Watch) -> Reply:
        if response.status == http.HTTPStatus.NOT_MODIFIED and etag is not None:
            return Reply(response.status, b"", etag)
        self._check_status(response, http.HTTPStatus.OK, watch.host)
        body = io.BytesIO()  # gives its bytes away uncopied
        for chunk in self._chunks(response):
            body.write(chunk)
            if body.tell() > watch.max_bytes:
                raise watch.too_long()
        tag = response.headers.get("ETag")
        short = tag and len(tag) <= self.limits.etag_characters
        return Reply(response.status, body.getvalue(), tag if short else None)

    def _read_part(self, response: urllib3.BaseHTTPResponse, start: int, max_bytes: int, watch: Watch) -> Reply:
        """Return the part asked for, also from a server that always sends the whole file."""
        if response.status == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return Reply(http.HTTPStatus.PARTIAL_CONTENT, b"")
        if response.status == http.HTTPStatus.PARTIAL_CONTENT:
            if not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                raise TransferFault("cut", f"{watch.host}: the mirror sends another part of the file than asked for")
            start = 0
        else:
            self._check_status(response, http.HTTPStatus.OK, watch.host)
        body = bytearray()
        for chunk in self._chunks(response):
            body += chunk[start:]
            start = max(0, start - len(chunk))
            if len(body) >= max_bytes:
                break
        return Reply(http.HTTPStatus.PARTIAL_CONTENT, bytes(body[:max_bytes]))

    def _chunks(self, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        while chunk := response.read1(self.limits.chunk_bytes):
            yield chunk

    def _check_status(self, response: urllib3.BaseHTTPResponse, wanted: int, host: str) -> None:
        if 300 <= response.status < 400:
            raise TransferFault("redirect", f"{host}: the mirror redirects; put the final URL into `urls:`")
        if response.status != wanted:
            raise HttpStatusFault(host, response.status)

    def _pool(self, parts: SplitResult) -> urllib3.HTTPConnectionPool:
        key = (parts.scheme, parts.hostname or "", parts.port)
        if key not in self._pools:
            self._pools[key] = self._new_pool(*key)
        return self._pools[key]

    def _new_pool(self, scheme: str, host: str, port: int | None) -> urllib3.HTTPConnectionPool:
        if scheme == "https":
            context = self.tls.context()
            pool: urllib3.HTTPConnectionPool = urllib3.HTTPSConnectionPool(host, port, ssl_context=context)
        else:
            pool = urllib3.HTTPConnectionPool(host, port)
        base: type[Any] = HTTPSConnection if scheme == "https" else HTTPConnection
        pool.ConnectionCls = type("WatchedConnection", (base,), {"response_class": staticmethod(self._response)})
        return pool

    def _response(self, sock: socket.socket, *args: Any, **options: Any) -> http.client.HTTPResponse:
        """Stand in for `http.client.HTTPResponse`, with the watch between it and the socket."""
        response = http.client.HTTPResponse(sock, *args, **options)
        assert self._watch is not None
        raw = response.fp.detach()
        response.fp = io.BufferedReader(WatchedStream(raw, sock, self._watch))
        return response


def _headers(etag: str | None, fresh: bool) -> dict[str, str]:
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    if etag is not None:
        headers["If-None-Match"] = etag
    if fresh:
        headers["Cache-Control"] = "no-cache"
    return headers


def check_url(url: str) -> SplitResult:
    """Return the parts of a mirror's URL, or raise OperatorFault: https, or http to a loopback address."""
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.query or parts.fragment:
        raise OperatorFault("url", "a list's url must be https://host/path/ without user, query or fragment")
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname)):
        return parts
    raise OperatorFault("url", "a list's url must be https; http is for loopback addresses (127.0.0.1, ::1) only")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
