"""The updater's newest index: sent as sealed memory, and in force once the supervisor says that all workers have it."""

import os
from collections.abc import Callable
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from blocklist.compiling import ListImage
from blocklist.index import Index
from resolver.core.canary import CanaryLimits
from resolver.edge.sealed_memory import sealed_memory
from resolver.edge.updating.sources import Sources

TOLD = ("list_id", "version", "entries", "withdrawn", "published_at", "withdrawn_at")  # of each list, with the index
OFFSET_SLACK = 600.0  # seconds the workers' time may be off before they are given a new one; entries live for days
WAIT_SECONDS = 25.0  # how long a command waits for the workers' word, which a trial delays by up to 10
CANARY = CanaryLimits()


@define(eq=False)
class HandOver:
    """Numbers each hand-over with a hint, which comes back in the `activated` message."""

    clock: IReactorTime
    send: Callable[..., None]
    _hint: int = field(default=0, init=False)
    _confirmed: int = field(default=0, init=False)
    _images: tuple[ListImage, ...] = field(default=(), init=False)
    _offset: float = field(default=0.0, init=False)  # the workers' idea of time
    _versions: dict[str, int] = field(factory=dict, init=False)
    _waiting: list[tuple[int, Deferred[bool], IDelayedCall]] = field(factory=list, init=False)

    def renew(self, sources: Sources, *, anyway: bool = False) -> None:
        """Compile and send if what is to be enforced, or the time, changed. Whatever is raised: nothing was sent.

        So, too, for a version that only confirms what is enforced already: it must be known to be in force.
        """
        images, offset = sources.images(), sources.clock_offset()
        told = {words["list_id"]: words for words in sources.statuses()}
        lists = [{key: told[image.list_id][key] for key in TOLD} for image in images]
        versions = {each["list_id"]: each["version"] for each in lists}
        moved = bool(images) and abs(offset - self._offset) > OFFSET_SLACK
        if images == self._images and versions == self._versions and not moved and not anyway:
            return
        packed = sources.compile()
        fresh = _fresh(packed, sources)
        fd = sealed_memory(packed)
        self._hint += 1
        message = {"type": "index", "generation_hint": self._hint, "lists": lists, "fresh": fresh}
        try:
            self.send(message | {"trial": _trial(fresh, sources)}, [fd])
        finally:
            os.close(fd)
        self._images, self._offset, self._versions = images, offset, versions

    def refused(self, hint: int) -> dict[str, int]:
        """Too much of this one is in use; return its versions, or nothing if a newer one is on its way.

        It is handed over again with the next renewal, whatever becomes of the lists: the workers do not have it.
        """
        if hint != self._hint:
            return {}
        self._images = ()
        return self._versions

    def confirm(self, hint: int) -> dict[str, int]:
        """All workers have this one in force; return the versions in it, or nothing if a newer one is on its way."""
        self._confirmed = max(self._confirmed, hint)
        for entry in [entry for entry in self._waiting if entry[0] <= hint]:
            self._waiting.remove(entry)
            _number, waiting, timer = entry
            timer.cancel()
            waiting.callback(True)
        return self._versions if hint == self._hint else {}

    def in_force(self) -> Deferred[bool]:
        """Fire when the newest index is in force, or with False when that takes too long."""
        if self._confirmed >= self._hint:
            return succeed(True)
        waiting: Deferred[bool] = Deferred()
        timer = self.clock.callLater(WAIT_SECONDS, self._give_up, waiting)
        self._waiting.append((self._hint, waiting, timer))
        return waiting

    def _give_up(self, waiting: Deferred[bool]) -> None:
        self._waiting = [entry for entry in self._waiting if entry[1] is not waiting]
        waiting.callback(False)


def _fresh(packed: bytes, sources: Sources) -> list[dict[str, Any]]:
    """Return, for all lists in the order of the index, how many fresh entries it holds and whether they are watched."""
    index = Index(packed)
    return [
        {"list_id": each.list_id, "fresh": count, "breaker": each.list_id in sources.breaker}
        for each, count in zip(index.lists, index.fresh_counts, strict=True)
    ]


def _trial(fresh: list[dict[str, Any]], sources: Sources) -> list[dict[str, Any]]:
    """Return the lists to be tried before activation, each with how many different additions in use hold it."""
    plan = []
    for each in fresh:
        list_id, count = each["list_id"], each["fresh"]
        added = sources.lists[list_id].unproven() if list_id in sources.canary and count else 0
        most = CANARY.holds_at(added)
        if min(added, count) >= most:  # else nothing that is seen could hold it
            plan.append({"list_id": list_id, "fresh": count, "most": most})
    return plan
