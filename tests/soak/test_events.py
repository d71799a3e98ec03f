"""When what happens in a soak."""

from __future__ import annotations

from collections import Counter

import pytest

from soak.events import Schedule


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (600.0, {"swap": 59, "reload": 19, "kill": 9, "upgrade": 1}),
        (60.0, {"swap": 5, "reload": 2, "kill": 2, "upgrade": 1}),
    ],
)
def test_a_soak_has_each_event(seconds: float, expected: dict[str, int]) -> None:
    """In order, the last one early enough to be felt."""
    events = Schedule.of(seconds).events()
    assert Counter(kind for _, kind in events) == expected
    assert events == sorted(events)
    assert events[-1][0] <= seconds - 3
