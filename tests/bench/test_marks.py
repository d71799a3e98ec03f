"""What limits a figure is said beside it, and below the tables."""

from __future__ import annotations

from bench.marks import limited, lost, marked

ALONE = {"busy": [1.0, 0.97], "others": [0.1, 0.0], "lost": [0.0, 0.0]}
IDLE = ALONE | {"busy": [0.97, 0.9, 0.969]}
CROWDED = ALONE | {"others": [0.1, 0.6, 0.2]}


def test_a_figure_bears_the_marks_of_all_it_was_made_of() -> None:
    """A ratio is as weak as the weaker of both; what older runs did not write down is not held against them."""
    assert marked("1.20", ALONE) == marked("1.20", ALONE, {}) == "1.20"
    assert marked("1.20", ALONE, IDLE) == "1.20 ‡"
    assert marked("1.20", IDLE, CROWDED) == "1.20 † ‡"


def test_each_kind_of_limit_is_listed_with_its_worst() -> None:
    """In how many rounds, and how far."""
    text = limited({"cached": {"IPv4": {"echo": IDLE, "mamori": CROWDED, "unbound": ALONE}}})
    assert [line for line in text if line.startswith("-")] == [
        "- cached, IPv4: mamori in 2 of 3 rounds (up to 60%)",
        "- cached, IPv4: echo in 2 of 3 rounds (least busy 90%)",
    ]
    assert any("† NOT ALONE" in line for line in text) and any("‡ NOT SATURATED" in line for line in text)


def test_that_there_is_none_is_said() -> None:
    """So that nobody wonders whether it was looked for."""
    alone = {"cached": {"IPv4": {"echo": ALONE}}}
    assert limited(alone) == ["", "Over UDP every server had its core for itself in every round, and kept it busy."]
    assert lost(alone) == ["", "Over UDP no server left a question unanswered."]
    assert limited({}) == lost({}) == []


def test_who_lost_questions_is_named() -> None:
    """With how many, of all rounds."""
    cell = {"echo": ALONE, "unbound": ALONE | {"lost": [2.0, 1_000.0]}}
    assert lost({"cached": {"IPv4": cell}})[-1] == "- cached, IPv4: unbound: 1,002"
