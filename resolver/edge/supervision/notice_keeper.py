"""The notice child and its listening sockets, which outlive it."""

import socket
from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime

from resolver.edge.channel import Message
from resolver.edge.supervision.children import Child, Keeper, Launcher
from resolver.edge.supervision.sockets import http_socket
from resolver.settings import Settings


class NoticeKeeper:
    """Keeps the notice page served; without an address to serve it on there is no child."""

    def __init__(self, clock: IReactorTime, launcher: Launcher, on_death: Callable[[str, str], None]) -> None:
        self._keeper = Keeper("notice", clock, launcher, self._greet, _ignore, on_death)
        self._sockets: list[socket.socket] = []
        self._message: Message = {}

    def listen(self, settings: Settings) -> None:
        """Make the sockets. ListenFault."""
        for _name, place in settings.notice_places:
            self._sockets.append(http_socket(place))

    def start(self, settings: Settings) -> None:
        """Start the child."""
        self._message = {"type": "start", "settings": settings.raw}
        if self._sockets:
            self._keeper.start()

    def renew(self, settings: Settings) -> None:
        """Replace the child by one with new texts; connections wait in the sockets meanwhile."""
        self._message = {"type": "start", "settings": settings.raw}
        if self._sockets:
            self._keeper.renew()

    def stop(self, stopped: Callable[[], None]) -> None:
        """End it, then call `stopped`."""
        for each in self._sockets:
            each.close()
        self._keeper.stop(stopped)

    def _greet(self, child: Child) -> None:
        child.send(self._message, [each.fileno() for each in self._sockets])


def _ignore(_message: Message, _fds: list[int]) -> None:
    return
