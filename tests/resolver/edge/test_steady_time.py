"""Timers run on the monotonic clock."""

import time

from twisted.internet.selectreactor import SelectReactor

from resolver.edge.steady_time import use_steady_time


def test_the_reactor_asks_the_monotonic_clock() -> None:
    """What `callLater` counts from is monotonic time, so a wall clock set back delays nothing."""
    reactor = SelectReactor()
    use_steady_time(reactor)
    before = time.monotonic()
    call = reactor.callLater(5, lambda: None)
    assert before + 5 <= call.getTime() <= time.monotonic() + 5
