"""The slots of a resolver: let in, closed to rest after a crash loop, and back again.

The last one is never closed. Whenever another number of slots listens, the steering is told: a socket that closes
leaves its group at once, one that comes back stands last in it and gets nothing by name until it is covered, which is
when a worker has it.
"""

from collections.abc import Callable

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

from resolver.edge import fault_log
from resolver.edge.supervision.sockets import ListenFault, SlotSockets, udp_groups
from resolver.edge.supervision.steering import Steering
from resolver.edge.supervision.workers import PoolLimits, Slot, forget


@define(eq=False)
class Slots:
    """All of them, by number. `open_sockets` makes the sockets of one; `on_rested()`: one may come back."""

    clock: IReactorTime
    open_sockets: Callable[[], SlotSockets]
    limits: PoolLimits
    steering: Steering
    on_rested: Callable[[], None]
    all: list[Slot] = field(factory=list, init=False)
    is_open: bool = field(default=False, init=False)

    @property
    def listening(self) -> list[Slot]:
        """Those that do not rest."""
        return [slot for slot in self.all if slot.sockets is not None]

    def open(self) -> None:
        """Let queries in."""
        self.is_open = True
        self.steer()
        for slot in self.listening:
            assert slot.sockets is not None
            slot.sockets.open()

    def steer(self) -> None:
        """Spread names over the slots that listen now."""
        self.steering.cover(udp_groups([slot.sockets for slot in self.all if slot.sockets is not None]))

    def close(self) -> None:
        """Close all of them, for good."""
        for slot in self.all:
            slot.rested = False
            slot.close()

    def rests_after_death(self, slot: Slot, now: float) -> bool:
        """Note that its worker died; if that was a crash loop, close it, so that the kernel spreads its load."""
        slot.deaths.append(now)
        forget(slot.deaths, now - self.limits.loop_seconds)
        if len(slot.deaths) < self.limits.loop_deaths or self.listening == [slot] or slot.sockets is None:
            return False
        slot.close()
        self.steer()
        self._rest(slot, f"{len(slot.deaths)} of its workers died within {self.limits.loop_seconds:g} s")
        return True

    def can_serve(self, slot: Slot) -> bool:
        """Whether it listens; a rested one is given sockets for it. To be asked with a warm worker at hand."""
        if slot.sockets is None and slot.rested:
            self._come_back(slot)
        return slot.sockets is not None

    def _come_back(self, slot: Slot) -> None:
        slot.rested = False
        try:
            sockets = self.open_sockets()
        except ListenFault as fault:
            self._rest(slot, str(fault))
            return
        sockets.open()
        slot.sockets = sockets
        slot.deaths.clear()
        fault_log.write(f"mamori: slot {slot.number} is open")

    def _rest(self, slot: Slot, why: str) -> None:
        fault_log.write(f"mamori: slot {slot.number} is closed for {self.limits.rest_seconds:g} s: {why}")
        self.clock.callLater(self.limits.rest_seconds, self._rested, slot)

    def _rested(self, slot: Slot) -> None:
        slot.rested = True
        self.on_rested()
