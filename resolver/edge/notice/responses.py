"""The notice page as bytes: for each notice two constant HTTP responses, the page and the empty body.

Nothing of a request goes in, so nothing of it can come out: no clock, no name, no address. What leaves this module is
sent as it stands, by `resolver.edge.notice.server`.
"""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from attrs import frozen

from resolver.edge.notice.page import STYLE_HASH, NoticeContext, page
from resolver.settings import Notice, Settings

_URL_SAFE: Final = ":/?#[]@!$&'()*+,;=%~"
_BLANK: Final = rb"[ \t\r\v\f]*"
_NAMES_HTML: Final = re.compile(
    rb"^accept[ \t]*:(?:[^\n]*,)?" + _BLANK + rb"text/html" + _BLANK + rb"(?:[;,]|$)", re.IGNORECASE | re.MULTILINE
)


@frozen
class NoticeResponses:
    """The whole HTTP/1.1 responses (RFC 9112) of one notice address, heads and bodies."""

    page_head: bytes
    page_body: bytes
    empty_head: bytes

    def answer(self, request_head: bytes | memoryview) -> bytes:
        """The response to a request head: only its method and its `Accept` are looked at, and nothing is copied."""
        if not names_html(request_head):
            return self.empty_head
        return self.page_head if request_head[:5] == b"HEAD " else self.page_head + self.page_body


def names_html(request_head: bytes | memoryview) -> bool:
    """True if an `Accept` header (RFC 9110, 12.5.1) names `text/html`; `*/*` does not, or images would get the page."""
    return _NAMES_HTML.search(request_head) is not None


def context_of(settings: Settings, name: str, *, no_record: bool) -> NoticeContext:
    """What a notice's page says beside its own settings: the terms, and the lists that lead to it in any view."""
    shown = [
        each.id
        for each in settings.lists
        if name in (each.notice, *(view.notices.get(each.id) for view in settings.views))
    ]
    return NoticeContext(settings.terms, tuple(shown), no_record)


def render(notice: Notice, context: NoticeContext) -> NoticeResponses:
    """Both responses of a notice, ready to send."""
    body = page(notice, context)
    status = HTTPStatus(notice.status)
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *_headers(notice)]
    full = [*lines, "Content-Type: text/html; charset=utf-8", "Content-Language: ja, en"]
    return NoticeResponses(_head(full, len(body)), body, _head(lines, 0))


def _head(lines: Sequence[str], length: int) -> bytes:
    return "\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode("ascii")


def _headers(notice: Notice) -> list[str]:
    headers = [
        "Cache-Control: no-store",
        f"Content-Security-Policy: default-src 'none'; style-src 'sha256-{STYLE_HASH}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "Referrer-Policy: no-referrer",
        "X-Content-Type-Options: nosniff",
        "X-Robots-Tag: noindex",
        "Connection: close",
    ]
    if notice.status == HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS:
        headers.append(f'Link: <{quote(notice.blocked_by or "", _URL_SAFE)}>; rel="blocked-by"')  # RFC 7725, 4
    return headers
