"""What a subscription tells."""

from __future__ import annotations

import pytest

from blocklist.trust.outcome import staleness


@pytest.mark.parametrize(
    ("age", "word"),
    [(None, "none"), (0.0, "fresh"), (3599.0, "fresh"), (3600.0, "warn"), (21599.0, "warn"), (21600.0, "stale")],
)
def test_age_becomes_one_word(age: float | None, word: str) -> None:
    """A warning after one hour, stale after six, and nothing verified yet is none of these."""
    assert staleness(age) == word
