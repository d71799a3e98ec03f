"""The notice page as bytes: for each notice two constant HTTP responses, the page and the empty body.

Nothing of a request goes in, so nothing of it can come out: no clock, no name, no address. What leaves this module is
sent as it stands, by `resolver.edge.notice.server`.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from http import HTTPStatus
from pathlib import Path
from string import Template
from typing import Final, Literal
from urllib.parse import quote

from attrs import frozen

from resolver.settings import Desk, Notice, Terms
from resolver.settings.notices import DESK_KINDS

_HERE: Final = Path(__file__).parent
_PAGE: Final = Template(_HERE.joinpath("page.html").read_text("utf-8"))
_CSS: Final = _HERE.joinpath("page.css").read_text("utf-8")
_TEXTS: Final[Mapping[str, Mapping[str, str]]] = json.loads(_HERE.joinpath("text.json").read_text("utf-8"))

Language = Literal["ja", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("ja", "en")

_URL_SAFE: Final = ":/?#[]@!$&'()*+,;=%~"
_ACCEPT_LINE: Final = re.compile(rb"^accept[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)


@frozen
class NoticeContext:
    """What the page says that is not part of the notice's own settings."""

    terms: Terms | None = None
    list_ids: tuple[str, ...] = ()


@frozen
class NoticeResponses:
    """The whole HTTP/1.1 responses (RFC 9112) of one notice address, heads and bodies."""

    page_head: bytes
    page_body: bytes
    empty_head: bytes

    def answer(self, request_head: bytes) -> bytes:
        """The response to a request head: only its method and its `Accept` are looked at."""
        if not names_html(request_head):
            return self.empty_head
        return self.page_head if request_head.startswith(b"HEAD ") else self.page_head + self.page_body


def names_html(request_head: bytes) -> bool:
    """True if an `Accept` header (RFC 9110, 12.5.1) names `text/html`; `*/*` does not, or images would get the page."""
    ranges = b",".join(_ACCEPT_LINE.findall(request_head)).split(b",")
    return any(media.partition(b";")[0].strip().lower() == b"text/html" for media in ranges)


def render(notice: Notice, context: NoticeContext) -> NoticeResponses:
    """Both responses of a notice, ready to send."""
    body = _body(notice, context)
    status = HTTPStatus(notice.status)
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *_headers(notice)]
    page = [*lines, "Content-Type: text/html; charset=utf-8", "Content-Language: ja, en"]
    return NoticeResponses(_head(page, len(body)), body, _head(lines, 0))


def _head(lines: Sequence[str], length: int) -> bytes:
    return "\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode("ascii")


def _headers(notice: Notice) -> list[str]:
    style = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()
    headers = [
        "Cache-Control: no-store",
        f"Content-Security-Policy: default-src 'none'; style-src 'sha256-{style}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "Referrer-Policy: no-referrer",
        "X-Content-Type-Options: nosniff",
        "X-Robots-Tag: noindex",
        "Connection: close",
    ]
    if notice.status == HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS:
        headers.append(f'Link: <{quote(notice.blocked_by or "", _URL_SAFE)}>; rel="blocked-by"')  # RFC 7725, 4
    return headers


def _body(notice: Notice, context: NoticeContext) -> bytes:
    articles = "\n".join(_article(notice, context, language) for language in LANGUAGES)
    title = " / ".join(_TEXTS[language]["title"] for language in LANGUAGES)
    return _PAGE.substitute(title=escape(title), css=_CSS, articles=articles).encode("utf-8")


def _article(notice: Notice, context: NoticeContext, language: Language) -> str:
    text = _TEXTS[language]
    other: Language = "en" if language == "ja" else "ja"
    jump = f'<p class="jump"><a href="#{other}" lang="{other}">{"English" if other == "en" else "日本語"}</a></p>'
    parts = [
        f'<article id="{language}" lang="{language}" aria-labelledby="{language}-title">',
        jump,
        f'<h1 id="{language}-title">{escape(text["title"])}</h1>',
        _opening(notice, context, language),
        *(_section(notice, kind, language) for kind in DESK_KINDS),
        _footer(notice, context, language),
        "</article>",
    ]
    return "\n".join(part for part in parts if part)


def _opening(notice: Notice, context: NoticeContext, language: Language) -> str:
    """What happened, who decided, that nobody is accused, and the law."""
    text = _TEXTS[language]
    stopped = Template(text["stopped"]).substitute(body=notice.body[language], isp=notice.isp[language])
    law = escape(text["law_text"])
    if notice.law_url:
        law += f"<br>{_link(notice.law_url, text['law_link'])}"
    parts = [
        f"<p>{escape(stopped)}</p>",
        _terms(notice, context, language),
        f'<p class="calm">{escape(text["accident"])}</p>',
    ]
    return "\n".join([part for part in parts if part] + [f"<h2>{escape(text['law'])}</h2>", f"<p>{law}</p>"])


def _terms(notice: Notice, context: NoticeContext, language: Language) -> str:
    if context.terms is None:
        return ""
    text = _TEXTS[language]
    name = Template(text["terms_of"]).substitute(isp=notice.isp[language])
    if notice.terms_article is not None:
        name += text["article_mark"] + notice.terms_article[language]
    return f"<p>{escape(text['terms'])}: {_link(context.terms.url, name)}</p>"


def _section(notice: Notice, kind: str, language: Language) -> str:
    """The desks of one kind, each with whom it is for; nothing when none is set."""
    desks = [desk for desk in notice.desks if desk.kind == kind]
    if not desks:
        return ""
    text = _TEXTS[language]
    items = "\n".join(_desk(desk, language) for desk in desks)
    return f"<h2>{escape(text[kind])}</h2>\n<p>{escape(text[f'{kind}_text'])}</p>\n<ul>\n{items}\n</ul>"


def _desk(desk: Desk, language: Language) -> str:
    name = desk.name[language]
    shown = _link(desk.url, name) if desk.url else escape(name)
    phone = f" {_link(_dial(desk.phone), desk.phone)}" if desk.phone else ""
    return f"<li>{shown}{phone}<span>{escape(desk.for_whom[language])}</span></li>"


def _dial(phone: str) -> str:
    """A number as a link (RFC 3966); a bare # would begin the link's fragment."""
    return "tel:" + re.sub("[^0-9+#*]", "", phone).replace("#", "%23")


def _footer(notice: Notice, context: NoticeContext, language: Language) -> str:
    """Which policy, terms and lists this page stands for; never which version of a list, never a name."""
    text = _TEXTS[language]
    facts = [_link(notice.policy_url, text["policy"])] if notice.policy_url else []
    if context.terms is not None:
        facts.append(f"{escape(text['terms_version'])}: {escape(context.terms.version)}")
    if context.list_ids:
        facts.append(f"{escape(text['list'])}: {escape(', '.join(context.list_ids))}")
    return f"<footer><p>{'<br>'.join(facts)}</p></footer>" if facts else ""


def _link(url: str, text: str) -> str:
    return f'<a href="{escape(url)}">{escape(text)}</a>'
