"""The page."""

import re
from datetime import date
from html.parser import HTMLParser

from blocklist.transparency.indicators import INDICATORS
from blocklist.transparency.limits import LIMITS
from blocklist.transparency.page import to_html
from blocklist.transparency.words import GROUPS
from tests.blocklist.transparency.support import HOSTILE, isp_report

VOID = {"meta", "img", "br", "rect", "circle", "line"}


class Tags(HTMLParser):
    """Elements and attributes of a page; `balanced` when each that opens is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.balanced = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.balanced = self.balanced and bool(self.open) and self.open.pop() == tag


def parsed(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    return tags


PAGE = to_html(isp_report()).decode()


def test_japanese_stands_first_and_english_says_the_same() -> None:
    """Both languages are on the page, Japanese first, and lead to each other."""
    assert PAGE.index('<article id="ja" lang="ja">') < PAGE.index('<article id="en" lang="en">')
    assert '<a href="#en" lang="en">English</a>' in PAGE
    assert '<a href="#ja" lang="ja">日本語</a>' in PAGE
    for text in ("12,340 回", "(99%区間 12,180〜12,500)", "12,340</span>", "(99 %: 12,180–12,500)"):
        assert text in PAGE
    for limit in LIMITS:
        assert limit.ja in PAGE
        assert limit.en.replace("'", "&#39;") in PAGE


def test_what_is_said_of_records_is_true_of_whoever_reports() -> None:
    """An ISP's page speaks of its books alone, a list body's of no record: it keeps one of every address it lists."""
    body = to_html(isp_report(kind="list_body", sections=(), figures={}, series=(), noise=None)).decode()
    assert ("hold sums alone" in PAGE, "hold sums alone" in body) == (True, False)
    assert not [page for page in (PAGE, body) if "no such record" in page or "記録は作成していません" in page]


def test_unknown_is_said_in_words() -> None:
    """What is not known is said so, in both languages."""
    assert "<span>把握していません</span>" in PAGE
    assert "<span>not known here</span>" in PAGE


def test_noise_is_printed_with_its_parameters() -> None:
    """The page names distribution, epsilon, scale, steps and length of the buckets."""
    for title, value in (("ε (epsilon)", "1"), ("Scale", "8"), ("Steps shown", "8"), ("Length of a bucket", "1 d")):
        assert f"<dt>{title}</dt><dd>{value}</dd>" in PAGE


def test_whatever_is_written_is_escaped() -> None:
    """A text with mark-up in it is shown as it was typed, and becomes no element."""
    assert HOSTILE not in PAGE
    assert "&lt;img src=x onerror=" in PAGE
    assert not [tag for tag, _ in parsed(PAGE).seen if tag == "img"]


def test_asks_for_nothing_and_runs_nothing() -> None:
    """No script, handler, style sheet, font, frame or picture from anywhere: the file alone is the page."""
    tags = parsed(PAGE)
    assert tags.balanced
    assert not tags.open
    assert not {"script", "link", "iframe", "img", "object", "form"} & {tag for tag, _ in tags.seen}
    for _, attributes in tags.seen:
        assert not any(name.startswith("on") or name == "src" for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert "@import" not in PAGE
    assert "url(" not in PAGE


def test_each_plot_has_words_and_a_table() -> None:
    """Every picture has a title and a description, and the same numbers stand in a table below it."""
    pictures = [attributes for tag, attributes in parsed(PAGE).seen if attributes.get("role") == "img" and tag == "svg"]
    assert len(pictures) == 2 * 4
    for picture in pictures:
        for name in str(picture["aria-labelledby"]).split():
            assert f'id="{name}"' in PAGE
    assert PAGE.count("<details>") == len(pictures)
    assert re.search(r'<th scope="row">1 April 2026</th><td class="n">not known here</td>', PAGE)
    assert "Where a place is empty the figure is not known." in PAGE


def test_ids_are_unique() -> None:
    """No two elements share an id, so every jump and label leads to one place."""
    ids = [attributes["id"] for _, attributes in parsed(PAGE).seen if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {str(a["href"])[1:] for _, a in parsed(PAGE).seen if "href" in a} <= set(ids)


def test_every_indicator_has_one_place() -> None:
    """No indicator can be left off the page: each stands under exactly one heading."""
    placed = [name for _, names in GROUPS for name in names]
    assert sorted(placed) == sorted(INDICATORS)


def test_interim() -> None:
    """A report made too early says so; a finished one does not."""
    assert "途中経過" not in PAGE
    assert "途中経過" in to_html(isp_report(made_on=date(2026, 12, 31))).decode()


def test_same_report_same_bytes() -> None:
    """Two runs over the same report give the same page."""
    assert to_html(isp_report()) == PAGE.encode()
