"""Who is connected to the notice process: bounded in number, and answered before the process ends."""

from collections.abc import Callable
from typing import Protocol


class Visitor(Protocol):
    """A connection to the page."""

    def leave(self) -> None:
        """End it now, and say so by `Visitors.gone`."""


class Visitors:
    """Everybody who is connected, in order of arrival; at most `room` at once."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._inside: dict[Visitor, None] = {}
        self._when_empty: Callable[[], None] | None = None

    def enter(self, visitor: Visitor) -> None:
        """Take one in; the oldest leaves when there is no room."""
        if len(self._inside) >= self._room:
            self.make_room()
        self._inside[visitor] = None

    def make_room(self) -> None:
        """The oldest leaves."""
        if self._inside:
            next(iter(self._inside)).leave()

    def gone(self, visitor: Visitor) -> None:
        """One has left; saying it twice is no error."""
        self._inside.pop(visitor, None)
        if not self._inside:
            self.wait_no_longer()

    def when_empty(self, tell: Callable[[], None]) -> None:
        """Call `tell` once, as soon as nobody is inside, which may be now."""
        self._when_empty = tell
        if not self._inside:
            self.wait_no_longer()

    def wait_no_longer(self) -> None:
        """Whoever waits until all have left is told now."""
        if self._when_empty is not None:
            tell, self._when_empty = self._when_empty, None
            tell()
