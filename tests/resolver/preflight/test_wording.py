"""Every check has its words in both languages, and every one that ends badly says what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import resolver.preflight
from blocklist.trust.local.preflight import Standing, State
from resolver.preflight.wording import finding, texts

PAGE = Path(__file__).parents[3] / "docs" / "operators" / "preflight.md"
OTHERS = ("attested", "answered", "attestations", "template", "report")
CHECKS = [key for key in texts() if key not in OTHERS]
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
USED = re.compile(r'finding\(\s*"(\w+)",\s*"(\w+)"')
SOURCES = [path.read_text() for path in Path(resolver.preflight.__file__).parent.glob("*.py")]


def ways() -> Iterator[tuple[str, dict[str, Any]]]:
    for check in (*CHECKS, "attested", "answered"):
        yield from ((f"{check}.{how}", words) for how, words in texts()[check].items() if how != "title")


@pytest.mark.parametrize(("name", "words"), list(ways()), ids=[name for name, _words in ways()])
def test_a_way_to_end_has_both_languages_and_a_remedy(name: str, words: dict[str, Any]) -> None:
    """Japanese is Japanese; the facts are the same ones in both; what failed has something to do."""
    assert JAPANESE.search(words["ja"])
    assert not JAPANESE.search(words["en"])
    if "do" in words:
        assert JAPANESE.search(words["do"]["ja"])
        assert not JAPANESE.search(words["do"]["en"])
    facts = [set(re.findall(r"\$(\w+)", text)) - {"said_ja", "said_en"} for text in (words["ja"], words["en"])]
    assert facts[0] == facts[1], name


def test_what_the_checks_say_is_what_stands_there() -> None:
    """No way to end is without words, and no words are left behind."""
    used = {pair for source in SOURCES for pair in USED.findall(source)}
    assert {(check, how) for check, how in used if how not in texts()[check]} == set()
    written = {(check, how) for check in CHECKS for how in texts()[check] if how != "title"}
    assert {pair[0] for pair in written} == {pair[0] for pair in used} | {"secret_files", "settings_files"}


def test_the_page_names_every_check_and_attestation() -> None:
    """Whoever reads a failure finds its word in the operators' page."""
    page = PAGE.read_text("utf-8")
    words = {*CHECKS, *texts()["attestations"], *(each.value for each in (*Standing, *State))}
    assert sorted(word for word in words if f"`{word}`" not in page) == []


def test_facts_are_joined_as_each_language_does() -> None:
    """Japanese by its own comma."""
    found = finding("never_list", "empty", lists=["a", "b"])
    assert found.state is State.FAILED
    assert "（a、b）" in found.found_ja
    assert "(a, b)" in found.found_en


@pytest.mark.parametrize("key", list(texts()["attestations"]))
def test_every_attestation_is_a_sentence_in_both_languages(key: str) -> None:
    """Somebody puts a name to it."""
    words = texts()["attestations"][key]
    assert words["says"]["ja"].endswith("。")
    assert words["says"]["en"].endswith(".")
    assert words["title"].keys() == {"ja", "en"}
