"""Any order of versions, withdrawals, decisions, restarts and hours: what a host enforces stays explainable."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path

from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from blocklist import stream
from blocklist.errors import OperatorFault
from blocklist.guards import GuardLimits
from blocklist.manifest import FileRef, Manifest
from blocklist.matchfile import packed_tokens, set_digest
from blocklist.trust.clock import TimeKeeper
from blocklist.trust.holding import Holding
from blocklist.trust.outcome import Kind, Outcome
from blocklist.trust.rules import cohorts
from blocklist.trust.rules.guarding import judge
from blocklist.trust.rules.mask import NO_MASK
from blocklist.trust.storage.state import Memory
from blocklist.trust.storage.store import Store, StoredVersion
from blocklist.trust.update import Change
from blocklist.trust.withdraw_file import WithdrawFile
from blocklist.withdrawal import WITHDRAW_PATH, Withdrawal
from tests.blocklist.trust.list_body import BASIS, LIST_ID, NOW, PURPOSE, SetClock
from tests.blocklist.trust.packed import numbers, records, tokens

HOUR = 3600.0
KEY, SECRET = bytes(32), bytes(range(32))
FIRST = frozenset(range(20))
LISTED = st.frozensets(st.integers(0, 39), min_size=1, max_size=30)
LIMITS = GuardLimits(adds=5, adds_share=0.0, removals_share=0.5)


def manifest(version: int, listed: frozenset[int], seen: int) -> Manifest:
    packed = records(listed)
    return Manifest(
        list_id=LIST_ID,
        purpose=PURPOSE,
        version=version,
        signed_at=NOW,
        epoch=1,
        base_date=date(2026, 11, 1),
        count=len(listed),
        set_sha256=set_digest(packed),
        full=FileRef(f"match/1/{version}.full", 1),
        basis=BASIS,
        criteria_set="demo-1",
        withdrawals_seen=seen,
    )


class Machine(RuleBasedStateMachine):
    """One host; the list body's moves are made without its files."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock, self.version, self.serial, self.named = SetClock(), 0, 0, frozenset[int]()
        self.holding = self.start()

    def teardown(self) -> None:
        self.folder.cleanup()

    def start(self) -> Holding:
        place = Path(self.folder.name)
        store, memory = Store(place / "versions", KEY, LIST_ID), Memory(place / "state.sealed", KEY, LIST_ID)
        holding = Holding(store, memory, TimeKeeper(self.clock), self.clock, "ab" * 32, lambda error: None)
        holding.load()
        return holding

    def enforced(self, holding: Holding | None = None) -> set[int]:
        standing = (holding or self.holding).standing()
        assert standing is not None
        return numbers(packed_tokens(standing.enforced))

    @initialize()
    def first_list(self) -> None:
        self.publish(FIRST, seen=False)
        self.holding.mark_good(1)

    @rule(listed=LISTED, seen=st.booleans())
    def publish(self, listed: frozenset[int], seen: bool) -> None:
        """A new version of the list, which may know the newest withdrawals."""
        self.version += 1
        holding, index = self.holding, manifest(self.version, listed, self.serial if seen else 0)
        taken = holding.state.withdrawals.taken(holding.now())
        new = records(listed)
        mask = judge(holding.current, taken, new, never_tokens={}, bulk_lifted=None, limits=LIMITS)
        stored = StoredVersion(index.to_bytes(), SECRET, new, mask)
        state = evolve(holding.state, version=self.version, left=0, chosen=0)
        holding.take(Change(Outcome(Kind.UPDATED), state, (stored,)))

    @rule(named=st.frozensets(st.integers(0, 45), max_size=12))
    def withdraw(self, named: frozenset[int]) -> None:
        """A duty officer's, or a thief's, next file."""
        self.serial, self.named = self.serial + 1, named
        plain = Withdrawal(1, self.serial, tuple(tokens(number) for number in sorted(named))).to_bytes()
        context = stream.FileContext(SECRET, LIST_ID, PURPOSE, 1, WITHDRAW_PATH)
        sealed = stream.seal(plain, stream.Kind.WITHDRAW, context, os.urandom(32))
        self.holding.withdraw(WithdrawFile(str(self.serial), sealed, None))

    @rule(hours=st.sampled_from([0.2, 1, 24, 72]))
    def time_passes(self, hours: float) -> None:
        self.clock.pass_seconds(hours * HOUR)
        self.holding.settle()

    @rule(verb=st.sampled_from(["accept", "reject", "canary", "breaker", "rollback", "good"]))
    def decide(self, verb: str) -> None:
        """The NOC, the canary, the breaker, the workers."""
        before = self.enforced()
        if verb in ("accept", "reject"):
            getattr(self.holding, verb)()
        elif verb == "rollback":
            self.rollback()
        elif verb == "good":
            assert self.holding.current is not None
            self.holding.mark_good(self.holding.current.version)
        else:
            self.holding.set_aside(verb)
        if verb in ("reject", "good"):
            assert self.enforced() == before
        elif verb in ("canary", "breaker"):
            assert self.enforced() <= before

    def rollback(self) -> None:
        current = self.holding.current
        try:
            self.holding.rollback()
        except OperatorFault:
            assert current is not None
            assert current.version == min(self.holding.store.versions())

    @rule()
    def restart(self) -> None:
        """A start of the updater finds all as it was."""
        again = self.start()
        assert (self.enforced(again), again.unproven()) == (self.enforced(), self.holding.unproven())
        assert again.state.withdrawals == self.holding.state.withdrawals
        self.holding = again

    @invariant()
    def enforced_is_explained(self) -> None:
        """Nothing but what is verified or kept, and nothing that is held, rejected or withdrawn."""
        stored, withdrawals = self.holding.current, self.holding.state.withdrawals
        if stored is None:
            return
        mask, out = stored.mask, numbers(withdrawals.taken(self.holding.now()))
        verified, kept = numbers(packed_tokens(stored.records)), numbers(packed_tokens(mask.kept))
        through = (verified - numbers(mask.held) - numbers(mask.rejected)) | kept
        assert self.enforced() == through - out - (kept & self.named if self.named else set())

    @invariant()
    def withdrawals_stay_within_their_bounds(self) -> None:
        """Of what the version lists at most three old ones are out, in these small lists."""
        now, stored = self.holding.now(), self.holding.current
        listed = numbers(packed_tokens(stored.records)) if stored else set()
        out = [seen for seen in self.holding.state.withdrawals.seen if seen.taken and now < seen.since + 72 * HOUR]
        assert sum(len(numbers(seen.tokens) & listed) for seen in out if seen.old) <= 3

    @precondition(lambda self: not self.holding.state.left)
    @invariant()
    def what_is_on_trial_is_young(self) -> None:
        """And what canary and breaker set aside is in no cohort: it would be new once more."""
        state, stored = self.holding.state, self.holding.current
        if stored is None:
            return
        young = numbers(cohorts.young(state.cohorts, self.holding.now()))
        assert not young & (numbers(stored.mask.held) | numbers(stored.mask.rejected))
        assert stored.mask == NO_MASK or stored.mask.held_by or stored.mask.kept or stored.mask.rejected


Machine.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestMachine = Machine.TestCase
