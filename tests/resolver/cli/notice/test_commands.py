"""`mamori notice preview` and `mamori notice check` as an operator types them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from resolver.cli.notice.pages import pages
from tests.resolver.cli.at_terminal import Terminal
from tests.resolver.settings.samples import full, read
from tests.support.ports import free_port


def _write(terminal: Terminal, **notice: Any) -> dict[str, Any]:
    data = full()
    data["lists"][0]["root"] = "root.json"
    data["terms"]["url"] = f"http://localhost:{free_port()}/terms"  # nobody is there
    data["notices"]["default"] |= notice
    terminal.write(data)
    return data


def test_preview_writes_the_very_bytes(terminal: Terminal) -> None:
    """One file a page, equal to what the notice process serves."""
    data = _write(terminal)
    out = terminal.folder / "look" / "here"
    result = terminal.with_config("notice", "preview", "--out", str(out))
    assert result.exit_code == 0, result.stderr
    made = {page.file_name: page.responses.page_body for page in pages(read(data))}
    assert {file.name: file.read_bytes() for file in out.iterdir()} == made
    assert len(result.stdout.splitlines()) == len(made) == 2


def test_only_the_settings_file_is_needed(terminal: Terminal) -> None:
    """At a customer's line there is no list root and no certificate; the page is looked at and checked all the same."""
    data = _write(terminal)
    data["lists"][0]["root"] = "not-here.json"
    terminal.write(data)
    assert terminal.with_config("notice", "preview", "--out", str(terminal.folder / "look")).exit_code == 0
    assert terminal.with_config("notice", "check", "--no-links", "--no-visit").exit_code == 0


def test_a_folder_that_cannot_be_made_is_named(terminal: Terminal) -> None:
    """No traceback: where, why, and what to do."""
    _write(terminal)
    result = terminal.with_config("notice", "preview", "--out", "/dev/null/look")
    assert result.exit_code == 1
    assert "cannot write /dev/null/look: Not a directory; name another folder" in result.stderr


@pytest.mark.parametrize("verb", ["preview", "check"])
def test_without_a_page_there_is_nothing_to_do(terminal: Terminal, verb: str) -> None:
    """Under `dns-only` both say so."""
    data = _write(terminal)
    terminal.write(data | {"answer": {"mode": "dns-only"}})
    result = terminal.with_config("notice", verb)
    assert result.exit_code == 1 and "dns-only" in result.stderr


def test_a_dead_link_is_named_and_ends_with_1(terminal: Terminal) -> None:
    """Which setting it is, what is wrong, and the numbers to dial; nothing is visited when told not to."""
    desk = {"kind": "help", "name": {"ja": "甲", "en": "A line"}, "for_whom": {"ja": "甲", "en": "x"}, "phone": "189"}
    data = _write(terminal, desks=[desk])
    result = terminal.with_config("notice", "check", "--no-visit")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"bad   terms.url: {data['terms']['url']} cannot be reached: no connection",
        "look  notices.default.desks[0].phone: 189 (A line): dial it once",
    ]


def test_as_json_and_without_links(terminal: Terminal) -> None:
    """Nothing bad: exit code 0, and a list for programs."""
    _write(terminal)
    result = terminal.with_config("notice", "check", "--no-visit", "--no-links", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])


def test_a_page_too_long_is_bad(terminal: Terminal) -> None:
    """What check-config warns of, the check refuses."""
    _write(terminal, wording={"opening": {"ja": "甲" * 1000, "en": "x" * 1000}, "law": {"ja": "甲" * 1000, "en": "x"}})
    result = terminal.with_config("notice", "check", "--no-visit", "--no-links")
    assert result.exit_code == 1
    assert result.stdout.startswith("bad   notices.default: its page has ")
