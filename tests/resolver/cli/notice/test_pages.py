"""The pages a settings file makes, and the warning of one that is too long."""

from __future__ import annotations

from resolver.cli.notice.pages import pages, too_long
from tests.resolver.cli.at_terminal import Terminal
from tests.resolver.edge.notice.notices import DESKS, WHOLE
from tests.resolver.settings.samples import full, read


def test_each_notice_has_two_pages() -> None:
    """Without and with the sentence about records, named so that files and people tell them apart."""
    made = pages(read(full()))
    assert [(page.file_name, str(page)) for page in made] == [
        ("default.html", "default"),
        ("default.no-record.html", "default, saying that no record is kept"),
    ]
    assert [b"We keep no record" in page.responses.page_body for page in made] == [False, True]


def test_where_no_notice_is_shown_there_is_no_page() -> None:
    """With `dns-only` nobody meets one."""
    assert pages(read(full() | {"answer": {"mode": "dns-only"}})) == []


def test_a_page_that_is_too_long_is_told_with_its_size(terminal: Terminal) -> None:
    """check-config warns with the figure and says what to shorten; a page as long as a real one is not warned of."""
    data = full()
    data["notices"]["default"] |= WHOLE
    assert list(too_long(read(data))) == []
    data["notices"]["default"]["desks"] = DESKS * 2
    data["lists"][0]["root"] = "root.json"
    terminal.write(data)
    result = terminal.type("check-config", str(terminal.config))
    size = len(pages(read(data))[1].responses.page_body)
    assert result.exit_code == 0
    assert f"warning: notices.default: its page has {size:,} bytes, more than 10,000: shorten" in result.stderr
