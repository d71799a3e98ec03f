"""The notice page, read as HTML."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from resolver.settings.notices import PAGE_BYTES_MAX
from tests.resolver.edge.notice.notices import DESKS, WHOLE, page, responses

ALLOWED_TAGS = {"html", "head", "meta", "title", "style", "body", "main", "article", "h1", "h2", "h3", "p", "a"} | {
    *("ul", "li", "div", "span", "footer", "strong", "br")
}
NO_RECORD = ("この画面を開いた記録は残していません。", "We keep no record of this visit.")


class _Tree(HTMLParser):
    """Fails on a tag that is closed out of order; keeps what was opened and what is read."""

    VOID = ("meta", "br")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_small_and_fetches_nothing() -> None:
    """Under 10 kB with all desks and every sentence, no script, no picture, no frame, nothing from elsewhere."""
    body = responses(no_record=True, **WHOLE).page_body
    assert len(body) < PAGE_BYTES_MAX
    tree = _Tree(body.decode())
    assert {tag for tag, _ in tree.seen} <= ALLOWED_TAGS
    assert not any(name.startswith("on") or name in ("src", "style") for _, attrs in tree.seen for name in attrs)


def test_japanese_comes_first_and_each_part_names_its_language() -> None:
    """A screen reader is told the language of each half, and what each half is called."""
    tree = _Tree(page())
    articles = [attrs for tag, attrs in tree.seen if tag == "article"]
    assert [attrs["lang"] for attrs in articles] == ["ja", "en"]
    titles = [attrs["id"] for tag, attrs in tree.seen if re.fullmatch("h[12]", tag) and "id" in attrs]
    assert [attrs["aria-labelledby"] for attrs in articles] == titles


def test_headings_go_down_by_one() -> None:
    """One title; the English half hangs below it: whoever walks by headings never falls through a missing level."""
    levels = [int(tag[1]) for tag, _ in _Tree(page(**WHOLE)).seen if re.fullmatch("h[1-6]", tag)]
    assert levels == [1, *[2] * 5, 2, *[3] * 5]


def test_who_decided_and_where_to_turn() -> None:
    """ISP, list body, terms, list and every desk with whom it is for stand on the page in both languages."""
    whole = WHOLE | {"isp": {"ja": "甲社", "en": "Firm A"}, "body": {"ja": "乙団体", "en": "Body <B>"}}
    text = page(**whole)
    for part in ("甲社", "Firm A", "乙団体", "Body &lt;B&gt;", "https://isp.example/terms", "2026-11", "demo"):
        assert part in text
    for desk in DESKS:
        for part in (*desk["name"].values(), *desk["for_whom"].values()):
            assert escape(part) in text
    for link in ("https://a.example/?x=1&amp;y=2", "tel:0120000000", "tel:%230000"):
        assert text.count(f'href="{link}"') == 2


def test_an_article_of_the_terms_is_named() -> None:
    """The link to the terms says whose they are and which article counts."""
    text = page(terms_article={"ja": "第12条", "en": "article 12"}, isp={"ja": "甲社", "en": "Firm A"})
    assert '<a href="https://isp.example/terms">甲社 利用規約 第12条</a>' in text
    assert '<a href="https://isp.example/terms">Firm A terms of service, article 12</a>' in text


def test_terms_are_never_called_the_ground() -> None:
    """Consent by terms excuses nothing; where the status says law they stand at the foot, but for a named article."""
    law = {"status": 451, "blocked_by": "https://isp.example/policy"}
    text = page(**law)
    assert "この措置に関する定め" not in text and "https://isp.example/terms" not in text
    assert "利用規約の版：2026-11" in text
    named = page(**law, terms_article={"ja": "第12条", "en": "article 12"})
    assert "この措置に関する定め：" in named and "As laid down in: " in named and "第12条" in named
    assert not [word for word in ("根拠", "basis") if word in page() + named]


def test_the_foot_says_what_the_page_stands_for() -> None:
    """Policy with its version, how to reach the ISP, terms, list and date: what is set, in both languages."""
    feet = re.findall("<footer>(.*?)</footer>", page(**WHOLE))
    assert len(feet) == 2
    assert '<a href="https://isp.example/policy">接続を止める際の方針（2026-11）</a>' in feet[0]
    assert '<a href="https://isp.example/contact">見本インターネットへのお問い合わせ</a>' in feet[0]
    assert '<a href="https://isp.example/policy">How and when connections are stopped (2026-11)</a>' in feet[1]
    for foot in feet:
        assert foot.count("2026-11-22") == 1 and foot.count("demo") == 1
    bare = page(policy_version="7 {text}")
    assert "接続を止める際の方針（7 {text}）" in bare
    assert "2026-11-22" not in bare


def test_nothing_is_promised_that_nobody_attested() -> None:
    """Recorders on the way to the page are not ours to speak for: without preflight it says nothing about records."""
    assert not any(text in page(**WHOLE) for text in ("記録", "record"))


def test_what_preflight_vouches_for_is_said_in_both_languages() -> None:
    """The sentence stands once in each half, and the page differs in nothing else."""
    with_it, without = page(no_record=True, **WHOLE), page(**WHOLE)
    for sentence in NO_RECORD:
        assert with_it.count(sentence) == 1
        with_it = with_it.replace(f"<p><strong>{sentence}</strong></p>", "")
    assert with_it == without


def test_lines_of_a_wording_are_paragraphs() -> None:
    """A body that prescribes three sentences on their own gets them so; a title is one line all the same."""
    own = {"ja": "一\n\n 二 \n三", "en": "one\ntwo"}
    text = page(wording={"opening": own, "title": own})
    assert "<p>一</p>\n<p>二</p>\n<p>三</p>" in text
    assert "<title>一 二 三 / one two</title>" in text


@given(
    st.dictionaries(
        st.sampled_from(("title", "opening", "law", "help", "worried")), st.text("<>&\"'{}$ a\n", min_size=1)
    )
)
def test_no_text_can_become_markup(texts: dict[str, str]) -> None:
    """Whatever a wording holds is read back as text, and adds no tag but a paragraph."""
    wording: dict[str, Any] = {key: {"ja": text + "x", "en": text + "x"} for key, text in texts.items()}
    tree = _Tree(page(wording=wording, desks=DESKS))
    assert {tag for tag, _ in tree.seen} <= ALLOWED_TAGS
    for text in texts.values():
        for line in (text + "x").split("\n"):
            assert " ".join(line.split()) in " ".join(tree.text.split())


def test_even_too_many_desks_make_a_sound_page() -> None:
    """More than the size asked for is still whole HTML: check-config warns of it, visitors notice nothing."""
    tree = _Tree(page(desks=DESKS * 30))
    assert sum(tag == "li" for tag, _ in tree.seen) == 2 * 30 * len(DESKS)
