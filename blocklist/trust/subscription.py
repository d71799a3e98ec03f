"""One list at one ISP: the last good version, and how it is renewed, accepted and rolled back.

Blocking, one caller at a time, no Twisted. No verb raises for what a list body, a mirror, the network or a full disk
did: the last good version stays, the outcome says why, a counter goes up. Save, then act.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from attrs import evolve

from blocklist.errors import OperatorFault
from blocklist.index import ListImage
from blocklist.matchfile import RECORD_BYTES
from blocklist.tokens import domain_token, host_token
from blocklist.trust.clock import Clock, TimeKeeper
from blocklist.trust.exemptions import Exemption
from blocklist.trust.files import make_folder
from blocklist.trust.limits import FetchLimits
from blocklist.trust.mask import NO_MASK, Mask
from blocklist.trust.outcome import Keys, Kind, ListSource, ListStatus, Outcome
from blocklist.trust.reasons import REASONS, Reason, classify, explain
from blocklist.trust.repository import Repository
from blocklist.trust.state import ListState, Memory
from blocklist.trust.store import Store, StoredVersion
from blocklist.trust.tls import TlsFiles
from blocklist.trust.transport import HttpTransport, Transport, check_url
from blocklist.trust.update import Change, Update

GOOD_KEPT: Final = 2  # versions


class Subscription:
    """One list: call `load` once, then `refresh` at each tick; `folder` is this list's own (`<state>/lists/<id>`)."""

    def __init__(
        self,
        source: ListSource,
        folder: Path,
        keys: Keys,
        clock: Clock,
        fetcher_limits: FetchLimits | None = None,
        *,
        transport: Transport | None = None,
    ) -> None:
        """Raise OperatorFault for a url that is neither https nor on loopback, or a folder that cannot be made."""
        for url in source.urls:
            check_url(url)
        self.source, self.clock = source, clock
        self._keys, self._folder = keys, make_folder(folder)
        self._transport = transport or HttpTransport(fetcher_limits or FetchLimits(), source.tls or TlsFiles())
        self._repository = Repository(folder / "tuf", source.root, self._transport, clock)
        self._store = Store(folder / "versions", keys.host_key, source.list_id)
        self._time = TimeKeeper(clock)
        self._memory = Memory(folder / "state.sealed", keys.host_key, source.list_id)
        self._state = ListState(root=hashlib.sha256(source.root).hexdigest())
        self._current: StoredVersion | None = None
        self._waiting: Change | None = None  # a version whose guards leave nothing to enforce
        self._waiting_epoch = 0
        self._failures = dict.fromkeys(REASONS, 0)
        self._last: Outcome | None = None
        self._saved_at = clock.monotonic()

    def load(self) -> bool:
        """Take up the last good version from this disk, off line; a damaged one is passed over for an older one."""
        state = self._memory.read() or ListState()
        self._current = self._store.newest(below=state.chosen + 1 if state.left else None)
        if state.root not in ("", self._state.root):
            state = ListState(good=state.good)  # newly pinned: the old root's floors say nothing about the new one
        elif self._current is not None:
            state = state.not_below(self._current)
        self._state = evolve(state, root=self._state.root)
        self._time.restore(self._state.marks)
        return self._current is not None

    def refresh(self) -> Outcome:
        """Ask the mirrors in order until one serves a verified, fresh repository, and take up what it brings.

        One that goes on serving an old timestamp may be frozen: the next is asked, too.
        """
        self._last = self._run(self._ask_mirrors)
        self._transport.close()
        if self.clock.monotonic() - self._saved_at >= self._time.limits.save_interval:
            self._run(self._save_time)
        return self._last

    def mark_good(self, version: int) -> None:
        """Note that workers have this version in force; the last two such versions stay on disk."""
        good = (version, *(known for known in self._state.good if known != version))[:GOOD_KEPT]
        if good != self._state.good:
            self._run(lambda: self._keep_good(good))

    def accept(self) -> Outcome:
        """Enforce what waits: a set held as a whole, or the held additions and removals, or a held change of epoch."""
        self._last = self._run(self._accept)
        return self._last

    def rollback(self) -> Outcome:
        """Enforce the previous version until one higher than the present one arrives."""
        self._last = self._run(self._rollback)
        return self._last

    def image(self, exemptions: Sequence[Exemption]) -> ListImage | None:
        """Return what to enforce now, with the exemptions as tokens of this list; None without any version."""
        current = self._current
        if current is None:
            return None
        make = {"host": host_token, "domain": domain_token}
        tokens = frozenset(make[exemption.match](current.token_key, exemption.wire) for exemption in exemptions)
        return ListImage(self.source.list_id, current.token_key, current.manifest.base_date, current.enforced, tokens)

    def clock_suspect(self) -> bool:
        """Return whether entries must end by trusted time, because the wall clock is not to be believed."""
        return self._time.suspect(self._expiries())

    def trusted_time(self) -> float | None:
        """Return trusted time (POSIX); None before any verified timestamp."""
        return self._time.trusted() if self._time.marks.stamped_at else None

    def next_expiry(self, now: float) -> float | None:
        """Return when the next enforced entries end (POSIX), after `now`."""
        return min((end for end in self._expiries() if end > now), default=None)

    def status(self) -> ListStatus:
        """Return all that status and metrics show of this list."""
        current, mask = self._current, self._mask()
        waiting = (Reason.EPOCH_CHANGE.value,) if self._waiting_epoch else ()
        sealed = {Reason.SEALED.value: self._failures[Reason.SEALED] + self._store.damaged + self._memory.damaged}
        return ListStatus(
            list_id=self.source.list_id,
            version=current.version if current else 0,
            age_seconds=self._time.age(),
            entries=len(current.enforced) // RECORD_BYTES if current else 0,
            held_entries=mask.entries,
            held_by=(*mask.held_by, *waiting),
            enforcing=current is not None,
            last_outcome=self._last,
            failures=self._failures | sealed,
            clock_suspect=self.clock_suspect(),
            next_expiry=self.next_expiry(self._time.expiry_time(self._expiries())),
        )

    def _ask_mirrors(self) -> Outcome:
        if self._time.below_floor():
            self._renew_roots()
        if self._time.below_floor():
            raise OperatorFault(
                "clock", "this host's clock is behind a time that is proven: set it; no refresh until then"
            )
        outcome = Outcome(Kind.FAILED, Reason.SETTING, f"list {self.source.list_id} has no urls")
        for url in self.source.urls:
            answer = self._run(partial(self._from_mirror, url))
            if answer.kind is not Kind.FAILED or outcome.kind is Kind.FAILED:
                outcome = answer
            if answer.reason is Reason.DISK or (answer.kind is not Kind.FAILED and not self._time.frozen()):
                break
        return outcome

    def _renew_roots(self) -> None:
        """A stolen timestamp key can lift the floor by most of a day: a root that replaced it takes that back."""
        for url in self.source.urls:
            self._run(partial(self._renew_root, url))

    def _renew_root(self, url: str) -> Outcome:
        if self._time.disown(self._repository.renew_root(url)):
            self._repository.forget()
            self._save(self._state)
        return Outcome(Kind.UNCHANGED)

    def _from_mirror(self, url: str) -> Outcome:
        visit = self._repository.visit(url)
        if visit is None:
            return Outcome(Kind.UNCHANGED)
        self._time.accept_timestamp(visit.expires, visit.timestamp_keys)
        state = evolve(self._state, marks=self._time.to_save())
        current = self._current if state.version else None
        change = Update(self.source, self._keys, visit, current, state, self.clock.now(), self._alarm).decide()
        if change.versions and not change.versions[-1].enforced:
            self._waiting = change  # a first set under new keys, held as a whole: it must not replace one in force
        else:
            self._apply(change)
        self._repository.finished(visit)
        return change.outcome

    def _accept(self) -> Outcome:
        current, waiting = self._current, self._waiting
        if waiting is not None:
            unmasked = (evolve(waiting.versions[-1], mask=NO_MASK),)
            self._apply(evolve(waiting, state=evolve(waiting.state, good=self._state.good), versions=unmasked))
            return Outcome(Kind.UPDATED)
        if current is not None and current.mask.held_by:
            self._apply(
                Change(Outcome(Kind.UPDATED), self._state, (evolve(current, mask=NO_MASK),), self._waiting_epoch)
            )
            return Outcome(Kind.UPDATED)
        if not self._waiting_epoch:
            return Outcome(Kind.UNCHANGED, text="nothing is held")
        self._save(evolve(self._state, accepted_epoch=self._waiting_epoch))
        self._repository.forget()
        return self._ask_mirrors()

    def _rollback(self) -> Outcome:
        previous = self._current and self._store.newest(below=self._current.version)
        if previous is None:
            raise OperatorFault("no_previous", "there is no previous version on this disk to go back to")
        self._save(evolve(self._state, left=self._state.version, chosen=previous.version))
        self._current = previous
        return Outcome(Kind.UPDATED)

    def _apply(self, change: Change) -> None:
        """Save, then act. A kill in between leaves a version that `load` takes up."""
        for stored in change.versions:
            self._store.save(stored)
        if change.versions and not self._state.version:
            self._store.prune({change.versions[-1].version})  # an older root's numbers mean nothing under this one
        self._save(change.state)
        self._current = change.versions[-1] if change.versions else self._current
        self._waiting, self._waiting_epoch = None, change.waiting_epoch

    def _keep_good(self, good: tuple[int, ...]) -> Outcome:
        self._save(evolve(self._state, good=good))
        self._store.prune({*good, self._current.version if self._current else 0, self._state.left})
        return Outcome(Kind.UNCHANGED)

    def _save(self, state: ListState) -> None:
        self._time.accept_index(state.marks.signed_at)
        self._memory.write(evolve(state, marks=self._time.to_save()))
        self._state, self._saved_at = state, self.clock.monotonic()

    def _save_time(self) -> Outcome:
        self._save(self._state)
        return Outcome(Kind.UNCHANGED)

    def _run(self, verb: Callable[[], Outcome]) -> Outcome:
        """Run a verb and turn whatever it raises into an outcome and a count."""
        try:
            return verb()
        except Exception as error:  # noqa: BLE001  # python-tuf lets foreign exceptions out, and no list may stop the loop
            self._alarm(error)
            return Outcome(Kind.FAILED, classify(error), explain(error))

    def _alarm(self, error: Exception) -> None:
        self._failures[classify(error)] += 1

    def _mask(self) -> Mask:
        shown = self._waiting.versions[-1] if self._waiting else self._current
        return shown.mask if shown else NO_MASK

    def _expiries(self) -> Mapping[float, int]:
        return self._current.expiries if self._current else {}
