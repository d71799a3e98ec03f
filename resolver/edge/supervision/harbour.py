"""Where listening sockets come from: made anew, or left to us by the code before (upgrade). ListenFault where neither.

One that was left is used where the settings still want its address; the others are closed at the end, and so no query
waits in a socket that nobody reads. A copy is given out, so that a start that failed can be tried with other settings.
"""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path

from resolver.edge.supervision.sockets import (
    Listener,
    SlotSockets,
    check_free,
    control_socket,
    hint_socket,
    http_socket,
    slot_sockets,
    socket_kind,
)
from resolver.edge.supervision.workers import Slot
from resolver.settings.addresses import Endpoint, Place


class Harbour:
    """`left` are the descriptors of the code before by what they are, as the functions below name them."""

    def __init__(self, left: Mapping[str, int] | None = None) -> None:
        self._left = dict(left or {})
        self._given: list[socket.socket] = []

    def check_free(self, places: Sequence[Place]) -> None:
        """ListenFault if another program holds an address that is new to us.

        One that overlaps with ours (0.0.0.0 and 127.0.0.1, same port) cannot be looked at: we hold it ourselves.
        """
        ours = [_bound(fd) for name, fd in self._left.items() if name.startswith("slot ")]
        check_free(place for place in places if not any(_overlap(place, *each) for each in ours))

    def has_slot(self, number: int) -> bool:
        """Whether a slot was left with its sockets."""
        return any(name.startswith(f"slot {number} ") for name in self._left)

    def http(self, endpoint: Endpoint) -> socket.socket:
        """The page or the metrics."""
        return self._give(self._take(http_name(endpoint)) or http_socket(endpoint))

    def hint(self, endpoint: Endpoint) -> socket.socket:
        """Push hints."""
        return self._give(self._take(hint_name(endpoint)) or hint_socket(endpoint))

    def control(self, path: Path) -> socket.socket:
        """The control socket."""
        return self._take(CONTROL) or control_socket(path)

    def slot(self, number: int, places: Sequence[Place], *, is_open: bool) -> SlotSockets:
        """One slot's, in the order of the places; those that are new are opened if the resolver is."""
        made = []
        for place in places:
            taken = self._take(slot_name(number, place)) or _new(place, is_open=is_open)
            made.append(Listener(place, self._give(taken)))
        return SlotSockets(tuple(made))

    def take_back(self) -> None:
        """Close what was given out; what was left to us is still there."""
        while self._given:
            self._given.pop().close()

    def _give(self, made: socket.socket) -> socket.socket:
        self._given.append(made)
        return made

    def close(self) -> None:
        """Nothing more is wanted of what was left."""
        while self._left:
            os.close(self._left.popitem()[1])

    def _take(self, name: str) -> socket.socket | None:
        if name not in self._left:
            return None
        taken = socket.socket(fileno=os.dup(self._left[name]))
        taken.setblocking(False)
        return taken


def _bound(fd: int) -> tuple[int, Endpoint]:
    """Kind and address of a socket."""
    with socket.socket(fileno=os.dup(fd)) as left:
        host, port, *_ = left.getsockname()
        return left.type, Endpoint(host, port)


def _overlap(place: Place, kind: int, other: Endpoint) -> bool:
    one = place.endpoint
    if socket_kind(place) != kind or one.port != other.port or (":" in one.host) != (":" in other.host):
        return False
    return one.host == other.host or any(ip_address(each.host).is_unspecified for each in (one, other))


def _new(place: Place, *, is_open: bool) -> socket.socket:
    made = slot_sockets([place])
    if is_open:
        made.open()
    return made.listeners[0].socket


CONTROL = "control"


def http_name(endpoint: Endpoint) -> str:
    """A socket of the notice page or of the metrics."""
    return f"http {endpoint}"


def hint_name(endpoint: Endpoint) -> str:
    """The socket of push hints."""
    return f"hint {endpoint}"


def slot_name(number: int, place: Place) -> str:
    """One socket of a slot."""
    return f"slot {number} {place.kind} {place.endpoint}"


def left_by(slots: Sequence[Slot], keep: Callable[[int], int]) -> dict[str, int]:
    """All sockets of slots, by name, for the code that comes after us."""
    return {
        slot_name(slot.number, each.place): keep(each.socket.fileno())
        for slot in slots
        if slot.sockets is not None
        for each in slot.sockets.listeners
    }
