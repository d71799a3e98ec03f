"""The two constant answers of a notice, read as a browser would read them."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from html.parser import HTMLParser
from typing import Any

import pytest

from resolver.edge.notice.page import NoticeContext, NoticeResponses, names_html, render
from tests.resolver.settings.samples import full, read

ALLOWED_TAGS = {"html", "head", "meta", "title", "style", "body", "main", "article", "h1", "h2", "p", "a", "br"} | {
    *("ul", "li", "div", "span", "footer", "strong")
}


def _desk(kind: str, ja: str, en: str, **more: str) -> dict[str, Any]:
    for_whom = {"ja": f"{ja}がお話をうかがう方の説明", "en": f"a line saying for whom {en} is"}
    return {"kind": kind, "name": {"ja": ja, "en": en}, "for_whom": for_whom, **more}


# As many as a real page has.
DESKS = [
    _desk(
        "mistake",
        "見本リスト作成管理団体 異議申立て窓口",
        "Sample List Body, objections",
        url="https://a.example/?x=1&y=2",
    ),
    _desk("mistake", "見本インターネット お客様センター", "Sample Internet, customers", phone="0120-000-000"),
    _desk("report", "見本ホットラインセンター", "Sample hotline centre", url="https://b.example/report"),
    _desk("help", "見本児童相談ダイヤル", "Sample child guidance centres", phone="189"),
    _desk("help", "見本こども110番", "Sample children's line", phone="0120-111-110"),
    _desk("help", "見本被害相談電話", "Sample line for who was harmed", phone="#0000"),
    _desk("help", "見本ワンストップ支援センター", "Sample one-stop centres", phone="#0001", url="https://c.example/"),
    _desk("help", "見本有害情報相談センター", "Sample consultation centre", url="https://d.example/"),
    _desk("worried", "見本セルフヘルプ相談", "Sample self-help service", url="https://e.example/"),
]


def _page(**notice: Any) -> tuple[NoticeResponses, dict[str, str], str]:
    data = full()
    data["notices"]["default"] |= notice
    settings = read(data)
    made = render(settings.notices["default"], NoticeContext(settings.terms, ("demo",)))
    lines = made.page_head.decode("ascii").split("\r\n")
    assert lines[-2:] == ["", ""]
    headers = dict(line.lower().split(": ", 1) for line in lines[1:-2])
    return made, headers | {"status": lines[0]}, made.page_body.decode("utf-8")


class _Tree(HTMLParser):
    """Fails on a tag that is closed out of order; keeps what was opened."""

    VOID = ("meta", "br")

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag


def test_headers_of_the_page() -> None:
    """Not stored, not indexed, not sniffed, no referrer, no cookie, closed afterwards."""
    made, headers, _ = _page()
    assert headers["status"] == "HTTP/1.1 403 Forbidden"
    assert headers["content-length"] == str(len(made.page_body))
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-robots-tag"] == "noindex"
    assert headers["connection"] == "close"
    assert not headers.keys() & {"set-cookie", "strict-transport-security", "server", "link"}


def test_the_policy_allows_the_one_style_and_nothing_else() -> None:
    """The hash in Content-Security-Policy is that of the style on the page."""
    _, headers, page = _page()
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = headers["content-security-policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest.lower()}'")


def test_under_law_the_status_is_451_and_names_who_blocks() -> None:
    """RFC 7725: 451 with a Link to the ISP's policy, which cannot break the header."""
    made, headers, _ = _page(status=451, blocked_by='https://isp.example/a>b"c')
    assert headers["status"] == "HTTP/1.1 451 Unavailable For Legal Reasons"
    assert headers["link"] == '<https://isp.example/a%3eb%22c>; rel="blocked-by"'
    assert made.empty_head.startswith(b"HTTP/1.1 451 ")


def test_the_page_is_small_and_fetches_nothing() -> None:
    """Under 10 kB with all desks, no script, no picture, no frame, nothing from elsewhere."""
    urls = {"law_url": "https://law.example/document", "policy_url": "https://isp.example/policy"}
    made, _, page = _page(desks=DESKS, terms_article={"ja": "第12条", "en": "article 12"}, **urls)
    assert len(made.page_body) < 10_000
    tree = _Tree()
    tree.feed(page)
    assert tree.stack == []
    assert {tag for tag, _ in tree.seen} <= ALLOWED_TAGS
    assert not any(name.startswith("on") or name in ("src", "style") for _, attrs in tree.seen for name in attrs)


def test_japanese_comes_first_and_each_part_names_its_language() -> None:
    """A screen reader is told the language of each half, and what each half is called."""
    _, _, page = _page()
    tree = _Tree()
    tree.feed(page)
    articles = [attrs for tag, attrs in tree.seen if tag == "article"]
    assert [attrs["lang"] for attrs in articles] == ["ja", "en"]
    titles = {attrs["id"] for tag, attrs in tree.seen if tag == "h1"}
    assert {attrs["aria-labelledby"] for attrs in articles} == titles


def test_who_decided_and_where_to_turn() -> None:
    """ISP, list body, terms, list and every desk with whom it is for stand on the page in both languages."""
    _, _, page = _page(desks=DESKS, isp={"ja": "甲社", "en": "Firm A"}, body={"ja": "乙団体", "en": "Body <B>"})
    for text in ("甲社", "Firm A", "乙団体", "Body &lt;B&gt;", "https://isp.example/terms", "2026-11", "demo"):
        assert text in page
    for desk in DESKS:
        for text in (*desk["name"].values(), *desk["for_whom"].values()):
            assert escape(text) in page
    for link in ("https://a.example/?x=1&amp;y=2", "tel:0120000000", "tel:%230000"):
        assert f'href="{link}"' in page


def test_an_article_of_the_terms_is_named() -> None:
    """The link to the terms says whose they are and which article counts."""
    _, _, page = _page(terms_article={"ja": "第12条", "en": "article 12"}, isp={"ja": "甲社", "en": "Firm A"})
    assert '<a href="https://isp.example/terms">甲社 利用規約 第12条</a>' in page
    assert '<a href="https://isp.example/terms">Firm A terms of service, article 12</a>' in page


def test_nothing_is_promised_that_nobody_attested() -> None:
    """Recorders on the way to the page are not ours to speak for: the page says nothing about records."""
    assert not any(text in _page()[2] for text in ("記録", "record"))


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"GET / HTTP/1.1\r\nAccept: text/html,*/*;q=0.8\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nhost: x.test\r\naccept:TEXT/HTML;q=0.9\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nAccept: image/avif\r\nAccept: text/html\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nAccept: image/avif,image/*,*/*;q=0.8\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nAccept: text/htmlx\r\n\r\n", False),
        (b"GET /?Accept: text/html HTTP/1.1\r\nX-Accept: text/html\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"\x16\x03\x01\x00", False),
        (b"", False),
    ],
)
def test_only_accept_decides(head: bytes, expected: bool) -> None:
    """A picture request never gets the page; a browser's visit does."""
    assert names_html(head) is expected


def test_the_answers_are_constant() -> None:
    """Whatever host, path, method or header is sent, one of the constants comes back; HEAD gets the head of one."""
    made, _, _ = _page()
    accept = b"Accept: text/html\r\n\r\n"
    page = made.page_head + made.page_body
    assert made.answer(b"GET /secret HTTP/1.1\r\nHost: secret.example\r\n" + accept) == page
    assert made.answer(b"POST / HTTP/1.1\r\n" + accept) == page
    assert made.answer(b"HEAD / HTTP/1.1\r\n" + accept) == made.page_head
    assert made.answer(b"GET / HTTP/1.1\r\nAccept: image/png\r\n\r\n") == made.empty_head
    assert made.empty_head.endswith(b"Content-Length: 0\r\n\r\n")
