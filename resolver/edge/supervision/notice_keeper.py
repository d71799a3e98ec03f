"""The notice child and its listening sockets, which outlive it."""

import socket
from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime

from resolver.edge.channel import Message
from resolver.edge.supervision.children import Child, Keeper, Launcher
from resolver.edge.supervision.harbour import Harbour, http_name
from resolver.settings import Settings
from resolver.settings.addresses import Endpoint


class NoticeKeeper:
    """Keeps the notice page served; without an address to serve it on there is no child."""

    def __init__(self, clock: IReactorTime, launcher: Launcher, on_death: Callable[[str, str], None]) -> None:
        self._keeper = Keeper("notice", clock, launcher, self._greet, _ignore, on_death)
        self._sockets: list[socket.socket] = []
        self._places: list[Endpoint] = []
        self._message: Message = {}

    def listen(self, settings: Settings, harbour: Harbour) -> None:
        """Make the sockets. ListenFault."""
        for _name, place in settings.notice_places:
            self._sockets.append(harbour.http(place))
        self._places = [place for _name, place in settings.notice_places]

    def hand_over(self, keep: Callable[[int], int]) -> dict[str, int]:
        """The sockets, for the code that comes after us."""
        return {http_name(place): keep(each.fileno()) for place, each in zip(self._places, self._sockets, strict=True)}

    def start(self, settings: Settings, *, no_record: bool) -> None:
        """Start the child. `no_record`: the page may say that no record of the visit is kept."""
        self._message = _told(settings, no_record=no_record)
        if self._sockets:
            self._keeper.start()

    def renew(self, settings: Settings, *, no_record: bool) -> None:
        """Replace the child by one with new texts; connections wait in the sockets meanwhile."""
        self._message = _told(settings, no_record=no_record)
        if self._sockets:
            self._keeper.renew()

    def stop(self, stopped: Callable[[], None]) -> None:
        """End it, then call `stopped`."""
        for each in self._sockets:
            each.close()
        self._keeper.stop(stopped)

    def _greet(self, child: Child) -> None:
        child.send(self._message, [each.fileno() for each in self._sockets])


def _told(settings: Settings, *, no_record: bool) -> Message:
    return {"type": "start", "settings": settings.raw, "no_record": no_record}


def _ignore(_message: Message, _fds: list[int]) -> None:
    return
