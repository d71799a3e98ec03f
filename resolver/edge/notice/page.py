"""The notice page as HTML: Japanese, then English, each with the same parts. No script, nothing fetched, no clock."""

import base64
import hashlib
import re
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from pathlib import Path
from string import Template
from typing import Final

from attrs import frozen

from resolver.edge.notice.words import LANGUAGES, NAMES, Language, words
from resolver.settings import Desk, Notice, Terms
from resolver.settings.notices import DESK_KINDS

_HERE: Final = Path(__file__).parent
_PAGE: Final = Template(_HERE.joinpath("page.html").read_text("utf-8"))


def _short(css: str) -> str:
    """Leave out the blanks that only people need."""
    return re.sub(r"\s*([{};])\s*", r"\1", re.sub(r"([:,])\s+", r"\1", css))


_CSS: Final = _short(_HERE.joinpath("page.css").read_text("utf-8"))
STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()
# One page has one title; the English half hangs below it, a level deeper.
_TITLE_LEVEL: Final[Mapping[Language, int]] = {"ja": 1, "en": 2}

Texts = Mapping[str, str]


@frozen
class NoticeContext:
    """What the page says that is not part of the notice's own settings."""

    terms: Terms | None = None
    list_ids: tuple[str, ...] = ()
    no_record: bool = False
    """Whether `mamori preflight` vouches for it that nobody records this visit: only then the page says so."""


def page(notice: Notice, context: NoticeContext) -> bytes:
    """The whole page."""
    articles = "\n".join(_article(notice, context, language) for language in LANGUAGES)
    title = " / ".join(_flat(words(notice, language)["title"]) for language in LANGUAGES)
    return _PAGE.substitute(title=escape(title), css=_CSS, articles=articles).encode("utf-8")


def _article(notice: Notice, context: NoticeContext, language: Language) -> str:
    text, level = words(notice, language), _TITLE_LEVEL[language]
    other: Language = "en" if language == "ja" else "ja"
    parts = [
        f'<article id="{language}" lang="{language}" aria-labelledby="{language}-title">',
        f'<p class="jump"><a href="#{other}" lang="{other}" hreflang="{other}">{NAMES[other]}</a></p>',
        f'<h{level} class="title" id="{language}-title">{escape(_flat(text["title"]))}</h{level}>',
        *_opening(notice, context, language, text),
        *_law(notice, text, level + 1),
        *(_section(notice, kind, language, text, level + 1) for kind in DESK_KINDS),
        _footer(notice, context, text),
        "</article>",
    ]
    return "\n".join(part for part in parts if part)


def _opening(notice: Notice, context: NoticeContext, language: Language, text: Texts) -> list[str]:
    """What happened, on whose list, under which terms, and that nobody is accused."""
    calm = _paragraphs(text["accident"])
    if context.no_record:
        calm.append(f"<p><strong>{escape(text['no_record'])}</strong></p>")
    return [
        *_paragraphs(text["opening"]),
        _terms(notice, context, language, text),
        f'<div class="calm">{"".join(calm)}</div>',
    ]


def _terms(notice: Notice, context: NoticeContext, language: Language, text: Texts) -> str:
    by_law = notice.status == HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS and notice.terms_article is None
    if context.terms is None or by_law:  # the law is named then
        return ""
    name = text["terms_of"]
    if notice.terms_article is not None:
        name += text["article_mark"] + notice.terms_article[language]
    return f"<p>{escape(text['terms'] + text['colon'])}{_link(context.terms.url, name)}</p>"


def _law(notice: Notice, text: Texts, level: int) -> list[str]:
    read = [f"<p>{_link(notice.law_url, text['law_link'])}</p>"] if notice.law_url else []
    return [_heading(text["law"], level), *_paragraphs(text["law_text"]), *read]


def _section(notice: Notice, kind: str, language: Language, text: Texts, level: int) -> str:
    """The desks of one kind, each with whom it is for; nothing when none is set."""
    desks = [_desk(desk, language) for desk in notice.desks if desk.kind == kind]
    if not desks:
        return ""
    return "\n".join([_heading(text[kind], level), *_paragraphs(text[f"{kind}_text"]), "<ul>", *desks, "</ul>"])


def _desk(desk: Desk, language: Language) -> str:
    name = desk.name[language]
    shown = _link(desk.url, name) if desk.url else escape(name)
    phone = _link(dial(desk.phone), desk.phone) if desk.phone else ""
    return f"<li><div>{shown}<span>{escape(desk.for_whom[language])}</span></div>{phone}</li>"


def dial(phone: str) -> str:
    """A number as a link (RFC 3966); a bare # would begin the link's fragment."""
    return "tel:" + re.sub("[^0-9+#*]", "", phone).replace("#", "%23")


def _footer(notice: Notice, context: NoticeContext, text: Texts) -> str:
    """Which policy, terms and lists this page stands for; never which version of a list, never a name."""
    facts = []
    if notice.policy_url:
        facts.append(_link(notice.policy_url, _with_version(text, notice.policy_version)))
    elif notice.policy_version:
        facts.append(escape(_with_version(text, notice.policy_version)))
    if notice.contact_url:
        facts.append(_link(notice.contact_url, text["contact"]))
    plain = {
        "terms_version": context.terms.version if context.terms else "",
        "list": ", ".join(context.list_ids),
        "date": notice.date or "",
    }
    facts += [f"{escape(text[key] + text['colon'] + fact)}" for key, fact in plain.items() if fact]
    return f"<footer><p>{'<br>'.join(facts)}</p></footer>" if facts else ""


def _with_version(text: Texts, version: str | None) -> str:
    if version is None:
        return text["policy"]
    before, after = text["version_of"].split("{version}")
    return before.replace("{text}", text["policy"]) + version + after


def _heading(text: str, level: int) -> str:
    return f"<h{level}>{escape(text)}</h{level}>"


def _paragraphs(text: str) -> list[str]:
    """One for each line."""
    return [f"<p>{escape(line.strip())}</p>" for line in text.splitlines() if line.strip()]


def _flat(text: str) -> str:
    return " ".join(text.split())


def _link(url: str, text: str) -> str:
    return f'<a href="{escape(url)}">{escape(text)}</a>'
