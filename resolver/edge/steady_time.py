"""Timers that no clock step can stop or fire early."""

import time
from typing import Any


def use_steady_time(reactor: Any) -> None:
    """Let the reactor's timers run on the monotonic clock; Twisted's own choice, the wall clock, may be set back."""
    reactor.seconds = time.monotonic
