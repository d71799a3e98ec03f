"""What this host holds of one list: versions, masks, cohorts, withdrawals. Each change is saved, then acted on.

A kill at any step leaves what `load` goes on from. What is about to count as new is written first, then the version,
then the rest: so an addition that is in force is always known to be one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import define, evolve, field

from blocklist.errors import OperatorFault, PublisherFault
from blocklist.matchfile import added, packed_tokens
from blocklist.tokens import TOKEN_BYTES
from blocklist.trust import withdraw_file
from blocklist.trust.clock import Clock, TimeKeeper
from blocklist.trust.rules import cohorts
from blocklist.trust.rules.cohorts import Cohorts
from blocklist.trust.rules.mask import BREAKER, NO_MASK, ON_TRIAL, Mask
from blocklist.trust.rules.standing import Standing, ground, standing
from blocklist.trust.rules.token_sets import among, minus, union
from blocklist.trust.rules.withdrawals import Withdrawals, weigh
from blocklist.trust.storage.state import ListState, Memory
from blocklist.trust.storage.store import Store, StoredVersion
from blocklist.trust.update import Change
from blocklist.trust.withdraw_file import WithdrawFile

GOOD_KEPT: Final = 2  # versions


@define(eq=False)
class Holding:
    """One list on this disk and in memory; every verb may raise TransferFault `disk` and has then changed nothing."""

    store: Store
    memory: Memory
    time: TimeKeeper
    clock: Clock
    root: str  # SHA-256 (hex) of the pinned root
    alarm: Callable[[Exception], None]
    state: ListState = field(factory=ListState, init=False)
    current: StoredVersion | None = field(default=None, init=False)
    waiting: Change | None = field(default=None, init=False)  # a version whose guards leave nothing to enforce
    waiting_epoch: int = field(default=0, init=False)
    saved_at: float = field(default=0.0, init=False)  # monotonic
    _standing: Standing | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.state, self.saved_at = ListState(root=self.root), self.clock.monotonic()

    def load(self) -> bool:
        """Take up the last good version from this disk, off line; a damaged one is passed over for an older one."""
        state = self.memory.read() or ListState()
        weighed = state.version  # up to which withdrawals were applied
        self.current = self.store.newest(below=state.chosen + 1 if state.left else None)
        if state.root not in ("", self.root):
            state = ListState(good=state.good)  # newly pinned: the old root's floors say nothing about the new one
        elif self.current is not None:
            state = state.not_below(self.current)
            rolled_back = state.left and state.epoch  # what it remembers is of the epoch it left
            state = state if rolled_back else state.in_epoch(self.current.manifest.epoch)
        self.state = evolve(state, root=self.root)
        self.time.restore(self.state.marks)
        if self.current is not None and self.current.version > weighed:  # killed between the version and the state
            self.state = self._weighed(self.state, self.current)
        return self.current is not None

    # --- what is in force -------------------------------------------------------------------------------

    def now(self) -> float:
        """Return the time (POSIX) by which entries end and withdrawals lapse."""
        return self.time.expiry_time(self.current.expiries if self.current else {})

    def standing(self) -> Standing | None:
        """Return what is enforced now; None without any version."""
        if self.current is None:
            return None
        now, known, withdrawals = self.now(), self._standing, self.state.withdrawals
        if known is None or known.stored is not self.current or known.by is not withdrawals or now >= known.until:
            known = self._standing = standing(self.current, withdrawals, now)
        return known

    def mask(self) -> Mask:
        """Return what is set aside of the version shown: the waiting one, if there is one."""
        shown = self.waiting.versions[-1] if self.waiting else self.current
        return shown.mask if shown else NO_MASK

    def fresh(self) -> bytes:
        """Return the tokens canary and breaker look at now; some may not be enforced."""
        return cohorts.fresh(self.state.cohorts, self.now())

    def unproven(self) -> bytes:
        """Return the enforced tokens the canary has still to try."""
        enforced = self.standing()
        return among(cohorts.unproven(self.state.cohorts), enforced.enforced) if enforced else b""

    # --- from the list body -----------------------------------------------------------------------------

    def take(self, change: Change) -> None:
        """Take up what a visit brought. A first set that is held as a whole waits: it must not replace one in force."""
        if change.versions and not change.versions[-1].enforced:
            self.waiting = change
        else:
            self._put(change.versions, change.state, change.waiting_epoch)

    def withdraw(self, file: WithdrawFile) -> bool:
        """Take up a new `withdraw/current`; return whether what is enforced changed.

        Raises PublisherFault `withdraw`, and has then changed nothing.
        """
        if self.current is None:
            return False
        taken = withdraw_file.take(file, self.current, self.state.withdrawals, self.now())
        epoch = self.state.epoch or taken.epoch  # none yet under a newly pinned root, whose first list is to come
        return self._weigh(evolve(self.state, epoch=epoch, withdrawals=taken, withdrawn_at=file.signed_at))

    def settle(self) -> bool:
        """Let withdrawals lapse whose time is over; return whether there were any."""
        if overdue := self.state.withdrawals.overdue(self.now()):
            self._weigh(self.state)
        return overdue

    # --- from this host: its NOC, its canary, its breaker -------------------------------------------------

    def accept(self) -> bool:
        """Enforce what waits, or while nothing does, what was rejected; return whether there was anything."""
        current, waiting = self.current, self.waiting
        if waiting is not None:
            whole = evolve(waiting.versions[-1], mask=NO_MASK)
            self._put((whole,), self._meanwhile(waiting.state), waiting.waiting_epoch)
        elif current is not None and current.mask:
            accepting = evolve(current, mask=current.mask.accepting())
            self._put((accepting,), self.state, self.waiting_epoch)
        return waiting is not None or bool(current and current.mask)

    def _meanwhile(self, waited: ListState) -> ListState:
        """Return the state a version waited with, and what was learnt since from elsewhere than its index."""
        known = self.state
        return evolve(
            waited,
            good=known.good,
            log=known.log,
            epoch=known.epoch,
            cohorts=known.cohorts,
            withdrawals=known.withdrawals,
            withdrawn_at=known.withdrawn_at,
        )

    def reject(self) -> bool:
        """Leave what is set aside as it is, without an alarm; return whether anything was."""
        if self.current is None or not self.current.mask.held_by:
            return False
        rejecting = evolve(self.current, mask=self.current.mask.rejecting())
        self._put((rejecting,), self.state, self.waiting_epoch)
        return True

    def set_aside(self, guard: str) -> int:
        """Hold what the canary has just tried, or all the breaker watches; return how many entries that are."""
        enforced = self.standing()
        if self.current is None or enforced is None:
            return 0
        watched = cohorts.fresh(self.state.cohorts, self.now())
        tokens = among(watched, enforced.enforced) if guard == BREAKER else self.unproven()
        if tokens:
            holding = evolve(self.current, mask=self.current.mask.with_held(guard, tokens))
            self._put((holding,), self.state, self.waiting_epoch)
        return len(tokens) // TOKEN_BYTES

    def rollback(self) -> None:
        """Go back to the version before. Raises OperatorFault when there is none."""
        previous = self.current and self.store.newest(below=self.current.version)
        if previous is None:
            raise OperatorFault("no_previous", "there is no previous version on this disk to go back to")
        previous = self._rejecting_on(previous)
        state = evolve(self.state, left=self.state.version, chosen=previous.version)
        self.save(self._weighed(state, previous))
        self.current = previous

    def _rejecting_on(self, previous: StoredVersion) -> StoredVersion:
        """What the NOC rejected of the version left stays out of the one that comes after this one, too."""
        assert self.current is not None
        rejected = self.current.mask.rejected
        if not rejected or self.current.manifest.epoch != previous.manifest.epoch:
            return previous
        rejecting = evolve(previous, mask=previous.mask.also_rejecting(rejected))
        self.store.save(rejecting)
        return rejecting

    def mark_good(self, version: int) -> None:
        """Note that workers have this version in force; the last two such versions stay on disk.

        A version that came meanwhile is still to be tried, so its additions are not proven by word of an earlier one.
        """
        good = (version, *(known for known in self.state.good if known != version))[:GOOD_KEPT]
        current, proven = self.current, self.state.cohorts
        if current is not None and current.version == version:
            proven = cohorts.prove(proven, current.enforced, self.now())
        if (good, proven) == (self.state.good, self.state.cohorts):
            return
        self.save(evolve(self.state, good=good, cohorts=proven))
        self.store.prune({*good, self.current.version if self.current else 0, self.state.left})

    # --- on the disk --------------------------------------------------------------------------------------

    def save(self, state: ListState) -> None:
        """Replace the small state."""
        self.time.accept_index(state.marks.signed_at)
        self.memory.write(evolve(state, marks=self.time.to_save()))
        self.state, self.saved_at = state, self.clock.monotonic()

    def _put(self, versions: tuple[StoredVersion, ...], state: ListState, waiting_epoch: int) -> None:
        """Store versions, the last of which becomes current, and the state they come with."""
        if versions:
            new, begun = versions[-1], self._begun(versions[-1])
            if not set(begun) <= set(self.state.cohorts):
                self.save(evolve(self.state, cohorts=begun))
            for stored in versions:
                self.store.save(stored)
            if not self.state.version:
                self.store.prune({new.version})  # an older root's numbers mean nothing under this one
            aside = union(new.mask.held, new.mask.rejected)
            left = cohorts.without(cohorts.within(begun, new.records), aside)
            state = self._weighed(evolve(state.in_epoch(new.manifest.epoch), cohorts=left), new)
        self.save(state)
        self.current = versions[-1] if versions else self.current
        self.waiting, self.waiting_epoch = None, waiting_epoch

    def _begun(self, new: StoredVersion) -> Cohorts:
        """Return the cohorts once a version is in force; a first list under a root and a rekeyed set have none."""
        old = self.current if self.state.version else None
        if old is None or old.manifest.epoch != new.manifest.epoch:
            return ()
        tokens = packed_tokens(added(old.enforced, new.enforced))
        answered = old.version == new.version and any(guard in ON_TRIAL for guard in old.mask.held_by)
        return (cohorts.vouch if answered else cohorts.begin)(self.state.cohorts, tokens, self.now())

    def _weigh(self, state: ListState) -> bool:
        assert self.current is not None
        before = self.standing()
        self.save(self._weighed(state, self.current))
        after = self.standing()
        return before is None or after is None or before.withdrawn != after.withdrawn

    def _weighed(self, state: ListState, stored: StoredVersion) -> ListState:
        """Apply the rule for withdrawals to a version; what was out before it was ever in force is new when it is."""
        now, known = self.now(), state.withdrawals
        young = cohorts.young(state.cohorts, now)
        after = weigh(known, ground(stored, young, rolled_back=bool(state.left)), now)
        back = among(minus(known.out_and_young(), after.taken(now)), stored.enforced)
        self._alarm_of(self.state.withdrawals, after)
        return evolve(state, withdrawals=after, cohorts=cohorts.begin(state.cohorts, back, now))

    def _alarm_of(self, before: Withdrawals, after: Withdrawals) -> None:
        if after.over_cap and (after.over_cap, after.serial) != (before.over_cap, before.serial):
            text = f"{after.over_cap} withdrawals of older entries are more than one duty key may make"
            self.alarm(PublisherFault("withdraw_cap", text))
        if after.lapsed > before.lapsed:
            text = f"{after.lapsed} withdrawals ended after 72 hours: the editors did not confirm them"
            self.alarm(PublisherFault("withdraw_lapsed", text))
