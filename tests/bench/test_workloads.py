"""The mixes of names are what the page says they are."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bench.questions import Form
from bench.workloads import HEAD, NAMES, SUMMED_UP, VARIANTS, WORKLOADS, all_listed, listed_1pct, miss_20pct, written


def test_one_in_a_hundred_is_listed() -> None:
    """Exactly, and the order is drawn only once."""
    counts = Counter(question.name[0] for question in listed_1pct())
    assert counts == {"w": 9_900, "l": 100}
    assert listed_1pct() == listed_1pct()


def test_a_fifth_is_asked_anew() -> None:
    """The others are kept names."""
    questions = miss_20pct()
    assert sum(question.is_unique for question in questions) == NAMES // 5
    assert len(questions) == NAMES


def test_all_listed_asks_each_entry_once() -> None:
    """A hundred thousand names."""
    assert len({question.name for question in all_listed()}) == 100_000


def test_the_last_line_is_of_workloads_there_are() -> None:
    """In the variant with EDNS and DO, of four variants."""
    assert set(SUMMED_UP) < set(WORKLOADS)
    assert HEAD in VARIANTS and HEAD.edns
    assert len({variant.label for variant in VARIANTS}) == 4


def test_a_set_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every server is asked from the same file."""
    made = []
    monkeypatch.setitem(WORKLOADS, "cached", lambda: made.append(1) or [])
    first = written(tmp_path, "cached", Form())
    assert written(tmp_path, "cached", Form()) == first
    assert made == [1]
    assert written(tmp_path, "cached", Form(cookie=True)) != first
