"""The words of every check (`texts.yaml`), in Japanese and English, filled with what was found.

A check has a title and, for each way it can end, a sentence. One that ends badly has `do`: what to do. Facts that are
lists are joined as each language joins them.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from string import Template
from typing import Any, Final

import yaml

from blocklist.trust.local.preflight import Finding, State

TEXTS: Final = Path(__file__).with_name("texts.yaml")
JOINS: Final = {"ja": "、", "en": ", "}
Fact = str | int | Sequence[str]


@cache
def texts() -> Mapping[str, Mapping[str, Any]]:
    """All of it, by check."""
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load(TEXTS.read_text("utf-8"))
    return found


def finding(check: str, how: str, **facts: Fact) -> Finding:
    """What a check found: `how` it ended is a key of its texts."""
    words = texts()[check]
    return worded(check, words["title"], words[how], facts)


def worded(check: str, title: Mapping[str, str], words: Mapping[str, Any], facts: Mapping[str, Fact]) -> Finding:
    """The same with words from elsewhere."""
    do = words.get("do", {"ja": "", "en": ""})
    state = State(words.get("state", "failed" if "do" in words else "passed"))
    return Finding(
        check,
        state,
        title["ja"],
        title["en"],
        filled(words["ja"], "ja", facts),
        filled(words["en"], "en", facts),
        filled(do["ja"], "ja", facts),
        filled(do["en"], "en", facts),
    )


def filled(text: str, language: str, facts: Mapping[str, Fact]) -> str:
    """A sentence with its facts."""
    joined = {key: _joined(fact, language) for key, fact in facts.items()}
    return Template(text).substitute(joined)


def _joined(fact: Fact, language: str) -> str:
    return str(fact) if isinstance(fact, str | int) else JOINS[language].join(fact)
