"""Our texts, and a list body's over them."""

from __future__ import annotations

from typing import Any

import pytest

from resolver.edge.notice.words import LANGUAGES, words
from tests.resolver.edge.notice.notices import settings


def _words(language: str, **notice: Any) -> dict[str, str]:
    return words(settings(**notice).notices["default"], language)  # type: ignore[arg-type]


def test_both_languages_say_the_same_things() -> None:
    """No text is missing in one of them, and Japanese comes first."""
    assert LANGUAGES == ("ja", "en")
    assert _words("ja").keys() == _words("en").keys()


@pytest.mark.parametrize(
    ("key", "replaced"),
    [("title", "title"), ("opening", "opening"), ("accident", "accident"), ("law", "law_text")]
    + [(kind, f"{kind}_text") for kind in ("mistake", "report", "help", "worried")],
)
def test_a_list_bodys_words_replace_ours_and_only_those(key: str, replaced: str) -> None:
    """Each wording takes the place of one text in both languages."""
    own = {"ja": "団体の文言", "en": "the body's words"}
    for language in ("ja", "en"):
        ours, theirs = _words(language), _words(language, wording={key: own})
        assert theirs[replaced] == own[language]
        assert {k: v for k, v in theirs.items() if k != replaced} == {k: v for k, v in ours.items() if k != replaced}


def test_what_we_say_about_records_is_nobody_elses() -> None:
    """No wording of a list body can make or unmake the sentence that preflight vouches for."""
    wording = {key: {"ja": "甲", "en": "x"} for key in ("title", "opening", "accident", "law", "mistake", "report")}
    for language in ("ja", "en"):
        assert _words(language, wording=wording)["no_record"] == _words(language)["no_record"]


def test_names_are_put_in_once_and_never_read_again() -> None:
    """{isp} and {body} are replaced in wordings too; braces inside a name stay what they are."""
    names = {
        "isp": {"ja": "甲{body}", "en": "A{body}"},
        "body": {"ja": "乙{isp}", "en": "B{isp}"},
        "wording": {"opening": {"ja": "{isp}は{body}と{x}$isp", "en": "{isp} {body} {x} $isp"}},
    }
    assert _words("ja", **names)["opening"] == "甲{body}は乙{isp}と{x}$isp"
    assert _words("en", **names)["opening"] == "A{body} B{isp} {x} $isp"
