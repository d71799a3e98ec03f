"""A reactor of its own for one test: it runs until something has come out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.selectreactor import SelectReactor
from twisted.python.failure import Failure


def outcome(begin: Callable[[Any], Deferred[Any]], seconds: float = 60.0) -> Any:
    """Give what the Deferred of `begin(reactor)` ends with, or raise what it failed with."""
    reactor, came = SelectReactor(), []

    def end(result: object) -> None:
        came.append(result)
        reactor.crash()

    reactor.callWhenRunning(lambda: begin(reactor).addBoth(end))
    late = reactor.callLater(seconds, reactor.crash)
    reactor.run()
    if late.active():
        late.cancel()
    reactor.disconnectAll()
    assert came, f"nothing came out within {seconds} s"
    if isinstance(came[0], Failure):
        came[0].raiseException()
    return came[0]
