"""The updater's newest index: sent as sealed memory, and in force once the supervisor says that all workers have it."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from blocklist.compiling import ListImage
from blocklist.index import Index
from blocklist.matchfile import RECORD_BYTES
from blocklist.tokens import TOKEN_BYTES
from blocklist.trust.compile import without
from blocklist.trust.rules.token_sets import among, minus
from resolver.core.canary import CanaryLimits
from resolver.edge.sealed_memory import sealed_memory
from resolver.edge.updating.sources import Sources

TOLD = ("list_id", "version", "entries", "withdrawn", "published_at", "withdrawn_at")  # of each list, with the index
OF_VERSION = ("version", "published_at")  # of these, what goes with additions
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
    _lists: list[dict[str, Any]] = field(factory=list, init=False)
    _versions: dict[str, int] = field(factory=dict, init=False)
    _sure: tuple[ListImage, ...] = field(default=(), init=False)  # in force, or no trial is between it and that
    _sure_hint: int = field(default=0, init=False)
    _sure_lists: list[dict[str, Any]] = field(factory=list, init=False)
    _waiting: list[tuple[int, Deferred[bool], IDelayedCall]] = field(factory=list, init=False)

    def renew(self, sources: Sources, *, anyway: bool = False) -> None:
        """Compile and send if what is to be enforced, or the time, changed. What is raised leaves the rest for later.

        So, too, for a version that only confirms what is enforced already: it must be known to be in force. Additions
        may have to be tried first; then all that is without them is sent before, and waits for no trial (but by a new
        updater: it cannot know whether workers have them already).
        """
        images, offset = sources.images(), sources.clock_offset()
        lists = _told(images, sources)
        versions = {each["list_id"]: each["version"] for each in lists}
        moved = bool(images) and abs(offset - self._offset) > OFFSET_SLACK
        if images == self._images and versions == self._versions and not moved and not anyway:
            return
        on_trial = self._on_trial(images, sources)
        rest = tuple(without(image, on_trial.get(image.list_id, b"")) for image in images)
        if on_trial and self._hint and (moved or rest != self._sure):
            self._sure_lists = self._told_without(on_trial, rest, lists)
            self._send_index(sources, self._sure_lists, on_trial, {})
            self._sure, self._sure_hint = rest, self._hint
        self._send_index(sources, lists, {}, on_trial)
        self._images, self._offset, self._lists, self._versions = images, offset, lists, versions
        if not on_trial:
            self._sure, self._sure_lists, self._sure_hint = images, lists, self._hint

    def _on_trial(self, images: tuple[ListImage, ...], sources: Sources) -> dict[str, bytes]:
        """Return what is to be tried (packed tokens, by list): additions not in force, enough of them to be held."""
        known = {image.list_id: image.records for image in self._sure}
        found = {}
        for list_id in (image.list_id for image in images if image.list_id in sources.canary):
            unproven = sources.lists[list_id].unproven()
            new = minus(unproven, among(unproven, known.get(list_id, b"")))
            if _count(new) >= CANARY.holds_at(_count(new)):  # else nothing that is seen could hold it
                found[list_id] = new
        return found

    def _told_without(
        self, on_trial: Mapping[str, bytes], rest: tuple[ListImage, ...], lists: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Return the words for an index that lacks additions: to workers and people it is the version before, still."""
        before = {each["list_id"]: {key: each[key] for key in OF_VERSION} for each in self._sure_lists}
        return [
            words
            | {"entries": len(image.records) // RECORD_BYTES}
            | (before.get(image.list_id, {}) if image.list_id in on_trial else {})
            for image, words in zip(rest, lists, strict=True)
        ]

    def _send_index(
        self, sources: Sources, lists: list[dict[str, Any]], but: Mapping[str, bytes], on_trial: Mapping[str, bytes]
    ) -> None:
        packed = sources.compile(but)
        fresh = _fresh(packed, sources)
        trial = [_plan(each, _count(on_trial[each["list_id"]])) for each in fresh if each["list_id"] in on_trial]
        fd = sealed_memory(packed)
        self._hint += 1
        message = {"type": "index", "generation_hint": self._hint, "lists": lists, "fresh": fresh, "trial": trial}
        try:
            self.send(message, [fd])
        finally:
            os.close(fd)

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
        if hint != self._hint:
            return {}
        self._sure, self._sure_lists = self._images, self._lists
        return self._versions

    @property
    def images_in_force(self) -> tuple[ListImage, ...]:
        """What every worker has, once `confirm` said so of the newest."""
        return self._sure

    def in_force(self, additions: bool = True) -> Deferred[bool]:
        """Fire when the newest index is in force, or all of it that waits for no trial; with False if that is late."""
        hint = self._hint if additions else self._sure_hint
        if self._confirmed >= hint:
            return succeed(True)
        waiting: Deferred[bool] = Deferred()
        timer = self.clock.callLater(WAIT_SECONDS, self._give_up, waiting)
        self._waiting.append((hint, waiting, timer))
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


def _told(images: tuple[ListImage, ...], sources: Sources) -> list[dict[str, Any]]:
    told = {words["list_id"]: words for words in sources.statuses()}
    return [{key: told[image.list_id][key] for key in TOLD} for image in images]


def _plan(fresh: dict[str, Any], added: int) -> dict[str, Any]:
    """Return how many different additions in use hold this list."""
    return {"list_id": fresh["list_id"], "fresh": fresh["fresh"], "most": CANARY.holds_at(added)}


def _count(tokens: bytes) -> int:
    return len(tokens) // TOKEN_BYTES
