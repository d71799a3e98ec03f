"""Stop signals."""

from __future__ import annotations

import os
import signal

import pytest

from resolver.app.signals import on_stop_signal


class FakeReactor:
    def callFromThread(self, function: object) -> None:  # noqa: N802
        function()  # type: ignore[operator]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_stops_and_the_second_does_nothing(number: signal.Signals) -> None:
    """A terminal signals the whole group, a parent its child again: one stop."""
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    stops: list[str] = []
    try:
        on_stop_signal(FakeReactor(), lambda: stops.append("stop"))
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert stops == ["stop"]
