"""All stream connections of one worker (TCP, DoT, DoH): how many there may be, and which one makes room.

A full house refuses nobody. First to go are those that have not asked anything yet (a slow handshake, a dribbled
message), oldest first; then those that were quiet longest. One client prefix makes room only among its own, so it
cannot push others out. Nothing here holds an address: prefixes are counted under a keyed hash whose key dies with the
process.
"""

from collections.abc import Callable, Iterator
from hashlib import blake2b
from ipaddress import ip_address
from typing import Protocol

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from resolver.edge.limits import ConnectionLimits

_KEY_BYTES = 16
_HASH_BYTES = 8
_BITS = {4: 32, 6: 128}


class Connection(Protocol):
    """One of them."""

    prefix: bytes
    """The keyed hash of the client's prefix."""
    in_flight: int
    """Queries that wait for an answer."""

    def abort(self) -> None:
        """Close at once, and count out."""

    def drain(self) -> None:
        """Read nothing more; close when the answers are out."""

    def close(self) -> None:
        """Close once what is written already is taken."""

    def check_clocks(self, now: float) -> None:
        """End what is past one of its times."""


class Prefixes:
    """Client prefixes as numbers that mean nothing outside this process."""

    def __init__(self, limits: ConnectionLimits, random_bytes: Callable[[int], bytes]) -> None:
        self._bits = {4: limits.ipv4_prefix, 6: limits.ipv6_prefix}
        self._key = random_bytes(_KEY_BYTES)

    def of(self, host: str) -> bytes:
        """The keyed hash of the prefix `host` lies in."""
        address = ip_address(host)
        version = address.version
        kept = int(address) >> (_BITS[version] - self._bits[version])
        return blake2b(b"%d/%d" % (version, kept), digest_size=_HASH_BYTES, key=self._key).digest()


@define(eq=False)
class Group:
    """Connections in the order in which they make room."""

    new: dict[Connection, None] = field(factory=dict)  # nothing asked yet; oldest first
    known: dict[Connection, None] = field(factory=dict)  # the one that was quiet longest first

    def __len__(self) -> int:
        return len(self.new) + len(self.known)

    def __iter__(self) -> Iterator[Connection]:
        return iter([*self.new, *self.known])

    def add(self, connection: Connection) -> None:
        """It has just come in."""
        self.new[connection] = None

    def used(self, connection: Connection) -> None:
        """It asked or was answered: it is the last to make room."""
        if connection in self.known:
            del self.known[connection]
        elif connection in self.new:
            del self.new[connection]
        else:
            return  # counted out already
        self.known[connection] = None

    def remove(self, connection: Connection) -> None:
        """It is gone."""
        self.new.pop(connection, None)
        self.known.pop(connection, None)

    def first_to_go(self) -> Connection | None:
        """The oldest one that has asked nothing, else the quietest."""
        return next(iter(self.new), None) or self.quietest()

    def quietest(self) -> Connection | None:
        """The one that was quiet longest and waits for no answer."""
        return next((each for each in self.known if not each.in_flight), None)


class Connections:
    """The register of one worker."""

    def __init__(self, clock: IReactorTime, limits: ConnectionLimits, random_bytes: Callable[[int], bytes]) -> None:
        self.limits = limits
        self.seconds: Callable[[], float] = clock.seconds
        self.prefix_of = Prefixes(limits, random_bytes).of
        self._clock = clock
        self._all = Group()
        self._of_prefix: dict[bytes, Group] = {}
        self._sweeper: IDelayedCall | None = None

    def __len__(self) -> int:
        return len(self._all)

    def opened(self, connection: Connection) -> bool:
        """Count a connection in, after making room. False: it is refused, because everybody waits for an answer."""
        for leaving in self._in_the_way(connection.prefix):
            if leaving is None:
                return False
            leaving.abort()
        self._all.add(connection)
        self._of_prefix.setdefault(connection.prefix, Group()).add(connection)
        if self._sweeper is None:
            self._sweeper = self._clock.callLater(self.limits.sweep_seconds, self._sweep)
        return True

    def used(self, connection: Connection) -> None:
        """A connection asked or was answered."""
        self._all.used(connection)
        group = self._of_prefix.get(connection.prefix)
        if group is not None:
            group.used(connection)

    def closed(self, connection: Connection) -> None:
        """Count a connection out."""
        self._all.remove(connection)
        group = self._of_prefix.get(connection.prefix)
        if group is not None:
            group.remove(connection)
            if not group:
                del self._of_prefix[connection.prefix]

    def drain(self) -> None:
        """Let every connection end once its answers are out."""
        for connection in self._all:
            connection.drain()

    def close(self) -> None:
        """End every connection, with the answers already written."""
        for connection in self._all:
            connection.close()

    def _in_the_way(self, prefix: bytes) -> Iterator[Connection | None]:
        """Those that make room for one more of `prefix`; None where nobody can."""
        limits, own = self.limits, self._of_prefix.get(prefix)
        if own is not None and len(own) >= limits.per_prefix:
            yield own.first_to_go()
        if len(self._all.new) >= limits.unproven_share * limits.most:
            yield next(iter(self._all.new))
        if len(self._all) >= limits.most:
            yield self._all.quietest() or next(iter(self._all.new), None)

    def _sweep(self) -> None:
        """End what is past one of its times; the timer runs only while there are connections."""
        self._sweeper = None
        if not self._all:
            return
        self._sweeper = self._clock.callLater(self.limits.sweep_seconds, self._sweep)  # first: no fault may stop it
        now = self.seconds()
        for connection in self._all:
            connection.check_clocks(now)
