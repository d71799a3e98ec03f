"""SIGTERM and SIGINT end a process once, however often they come."""

import signal
from collections.abc import Callable
from typing import Any


def on_stop_signal(reactor: Any, stop: Callable[[], None]) -> None:
    """Call `stop` in the reactor at the first signal; take the place of the reactor's own handlers, once it runs.

    Those stop the reactor a second time when a second signal comes (a terminal signals the whole group), which it
    reports as an error.
    """
    waiting = [stop]

    def begin() -> None:
        if waiting:
            waiting.pop()()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: reactor.callFromThread(begin))
