"""One list at one ISP: the last good version, and how it is renewed, accepted and rolled back.

Blocking, one caller at a time, no Twisted. No verb raises for what a list body, a mirror, the network or a full disk
did: the last good version stays, the outcome says why, a counter goes up. Save, then act.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from attrs import evolve

from blocklist.compiling import ListImage
from blocklist.matchfile import RECORD_BYTES
from blocklist.tokens import TOKEN_BYTES, domain_token, host_token
from blocklist.trust.clock import Clock, TimeKeeper
from blocklist.trust.explain import explanation
from blocklist.trust.faults import Faults, more_telling
from blocklist.trust.holding import Holding
from blocklist.trust.limits import FetchLimits
from blocklist.trust.local.exemptions import Exemption
from blocklist.trust.outcome import Keys, Kind, ListSource, ListStatus, Outcome
from blocklist.trust.reasons import Reason
from blocklist.trust.renewal import Renewal
from blocklist.trust.rules.departures import LeftOut
from blocklist.trust.rules.mask import CANARY
from blocklist.trust.rules.token_sets import union
from blocklist.trust.storage.files import make_folder
from blocklist.trust.storage.reserve import Reserve
from blocklist.trust.storage.state import Memory
from blocklist.trust.storage.store import Store
from blocklist.trust.transfer.public_log import PublicRecord
from blocklist.trust.transfer.repository import Repository
from blocklist.trust.transfer.tls import TlsFiles
from blocklist.trust.transfer.transport import HttpTransport, Transport, check_url


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
        make_folder(folder)
        self._transport = transport or HttpTransport(fetcher_limits or FetchLimits(), source.tls or TlsFiles())
        self._repository = Repository(folder / "tuf", source.root, self._transport, clock)
        self._time, self._faults = TimeKeeper(clock), Faults()
        self._holding = Holding(
            Store(folder / "versions", keys.host_key, source.list_id),
            Memory(folder / "state.sealed", keys.host_key, source.list_id),
            self._time,
            clock,
            hashlib.sha256(source.root).hexdigest(),
            self._faults.note,
        )
        self._reserve = Reserve(folder / "reserve")
        self._last: Outcome | None = None
        record = PublicRecord(self._transport, source.list_id, self._faults.note)
        self._renewal = Renewal(source, keys, self._repository, self._holding, record, self._time, self._faults)

    def load(self) -> bool:
        """Take up the last good version from this disk, off line; a damaged one is passed over for an older one."""
        return self._holding.load()

    def refresh(self) -> Outcome:
        """Ask the mirrors in order until one serves a verified, fresh repository, and take up what it brings.

        One that goes on serving an old timestamp may be frozen: the next is asked, too.
        """
        lapsed, answer = self._faults.run(self._settle), self._ask_on_full_disk()
        self._last = answer if answer.kind is Kind.FAILED else more_telling(lapsed, answer)
        if self.clock.monotonic() - self._holding.saved_at >= self._time.limits.save_interval:
            self._faults.run(self._save_time)
        return self._last

    def mark_good(self, version: int) -> None:
        """Note that workers have this version in force; the last two such versions stay on disk."""
        self._faults.run(partial(self._mark_good, version))

    def accept(self) -> Outcome:
        """Enforce what waits: a set held as a whole, or the held additions and removals, or a held change of epoch.

        While no guard holds anything: what was rejected.
        """
        self._last = self._faults.run(self._accept)
        return self._last

    def reject(self) -> Outcome:
        """Leave what is held out (or in) for good, without an alarm, until the list body takes it back; or `accept`."""
        self._last = self._faults.run(self._reject)
        return self._last

    def rollback(self) -> Outcome:
        """Enforce the previous version until one higher than the present one arrives."""
        self._last = self._faults.run(self._rollback)
        return self._last

    def set_aside(self, guard: str, version: int) -> Outcome:
        """Hold newly added entries again, removals stay: `canary` those on trial now, `breaker` all it watches.

        `version` is the one the guard looked at; the canary's word on an earlier one is out of date.
        """
        self._last = self._faults.run(partial(self._set_aside, guard, version))
        return self._last

    def image(self, exemptions: Sequence[Exemption]) -> ListImage | None:
        """Return what to enforce now, with the exemptions as tokens of this list; None without any version."""
        standing = self._holding.standing()
        if standing is None:
            return None
        stored, make = standing.stored, {"host": host_token, "domain": domain_token}
        tokens = frozenset(make[exemption.match](stored.token_key, exemption.wire) for exemption in exemptions)
        fresh = self._holding.fresh()
        list_id, base_date = self.source.list_id, stored.manifest.base_date
        return ListImage(list_id, stored.token_key, base_date, standing.enforced, tokens, fresh)

    def unproven(self) -> bytes:
        """Return the tokens of the image that no worker has had in force yet, packed: they are the canary's to try."""
        return self._holding.unproven()

    def left_out(self) -> LeftOut:
        """Return the tokens that are in the version held and not in the image, by why."""
        standing, mask = self._holding.standing(), self._holding.mask()
        return LeftOut(standing.withdrawn if standing else b"", union(mask.held, mask.rejected))

    def clock_suspect(self) -> bool:
        """Return whether entries must end by trusted time, because the wall clock is not to be believed."""
        return self._time.suspect(self._expiries())

    def trusted_time(self) -> float | None:
        """Return trusted time (POSIX); None before any verified timestamp."""
        return self._time.trusted() if self._time.marks.stamped_at else None

    def next_expiry(self, now: float) -> float | None:
        """Return when the next enforced entries end (POSIX), after `now`."""
        return min((end for end in self._expiries() if end > now), default=None)

    def next_lapse(self, now: float) -> float | None:
        """Return when the next withdrawn entries are enforced again (POSIX), after `now`."""
        return self._holding.state.withdrawals.next_lapse(now)

    def explain(self) -> dict[str, Any]:
        """Return in JSON data and words what is enforced, what is not and why, and what to do; no name is in it."""
        return explanation(self.status(), self._holding, self.source, self._renewal)

    def status(self) -> ListStatus:
        """Return all that status and metrics show of this list."""
        holding, standing = self._holding, self._holding.standing()
        current, mask, state = holding.current, holding.mask(), holding.state
        waiting = (Reason.EPOCH_CHANGE.value,) if holding.waiting_epoch else ()
        damaged = self._faults.counts[Reason.SEALED] + holding.store.damaged + holding.memory.damaged
        return ListStatus(
            list_id=self.source.list_id,
            version=current.version if current else 0,
            age_seconds=self._time.age(),
            entries=len(standing.enforced) // RECORD_BYTES if standing else 0,
            held_entries=mask.entries,
            held_by=(*mask.held_by, *waiting),
            enforcing=current is not None,
            last_outcome=self._last,
            failures=self._faults.counts | {Reason.SEALED.value: damaged},
            clock_suspect=self.clock_suspect(),
            next_expiry=self.next_expiry(holding.now()),
            epoch=current.manifest.epoch if current else 0,
            withdrawn=len(standing.withdrawn) // TOKEN_BYTES if standing else 0,
            withdrawals_refused=state.withdrawals.over_cap + state.withdrawals.lapsed,
            published_at=state.published_at,
            withdrawn_at=state.withdrawn_at,
            log_size=state.log.size,
            selftest=current.manifest.selftest if current else (),
        )

    def _ask_on_full_disk(self) -> Outcome:
        """Ask; with a full disk once more, in the space kept for that: a withdrawal is small, and must not wait."""
        before = self._faults.counts[Reason.DISK]
        answer = self._faults.run(self._ask)
        if self._faults.counts[Reason.DISK] == before:
            self._reserve.keep()
        elif self._reserve.give_up():
            answer = self._faults.run(self._ask)
        return answer

    def _ask(self) -> Outcome:
        try:
            return self._renewal.ask()
        finally:
            self._transport.close()

    def _settle(self) -> Outcome:
        return Outcome(Kind.UPDATED if self._holding.settle() else Kind.UNCHANGED)

    def _mark_good(self, version: int) -> Outcome:
        self._holding.mark_good(version)
        return Outcome(Kind.UNCHANGED)

    def _accept(self) -> Outcome:
        holding, waited = self._holding, self._holding.waiting is not None
        if holding.accept():
            return self._withdrawn_from_whole() if waited else Outcome(Kind.UPDATED)
        if not holding.waiting_epoch:
            return Outcome(Kind.UNCHANGED, text="nothing is held")
        holding.save(evolve(holding.state, accepted_epoch=holding.waiting_epoch))
        self._repository.forget()
        return self._ask()

    def _withdrawn_from_whole(self) -> Outcome:
        """Fetch what is withdrawn from a set that was held as a whole: its keys could not open that before."""
        self._repository.forget()
        return more_telling(Outcome(Kind.UPDATED), self._faults.run(self._ask))

    def _reject(self) -> Outcome:
        if self._holding.reject():
            return Outcome(Kind.UNCHANGED, text="what was held stays out until the list body removes it, or `accept`")
        if self._holding.waiting is not None:
            return Outcome(Kind.UNCHANGED, text="a set held as a whole is out already, and the one before in force")
        return Outcome(Kind.UNCHANGED, text="nothing is held that could be left out")

    def _rollback(self) -> Outcome:
        self._holding.rollback()
        return Outcome(Kind.UPDATED)

    def _set_aside(self, guard: str, version: int) -> Outcome:
        current = self._holding.current
        if guard == CANARY and (current is None or current.version != version):
            return Outcome(Kind.UNCHANGED, text=f"version {version} is not in force any more")
        count = self._holding.set_aside(guard)
        if not count:
            return Outcome(Kind.UNCHANGED, text="none of the newly added entries is left to hold")
        self._faults.counts[Reason(guard)] += 1
        text = f"{count} newly added entries are held by the {guard}; ask the list body, then `accept` or `reject`"
        return Outcome(Kind.HELD, Reason(guard), text)

    def _save_time(self) -> Outcome:
        self._holding.save(self._holding.state)
        return Outcome(Kind.UNCHANGED)

    def _expiries(self) -> Mapping[float, int]:
        return self._holding.current.expiries if self._holding.current else {}
