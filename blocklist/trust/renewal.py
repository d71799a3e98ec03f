"""How one list is renewed: from which mirror, what of it is taken up in which order, and when the next one is asked."""

from __future__ import annotations

from functools import partial

from attrs import define, evolve, field

from blocklist.errors import OperatorFault, PublisherFault
from blocklist.manifest import Manifest
from blocklist.trust import withdraw_file
from blocklist.trust.clock import TimeKeeper
from blocklist.trust.faults import Faults, more_telling
from blocklist.trust.holding import Holding
from blocklist.trust.outcome import Keys, Kind, ListSource, Outcome
from blocklist.trust.reasons import Reason, explain
from blocklist.trust.transfer.public_log import PublicRecord
from blocklist.trust.transfer.repository import Repository, Visit
from blocklist.trust.update import Update
from blocklist.trust.withdraw_file import WithdrawFile


@define(eq=False)
class Renewal:
    """The mirrors of one list; `answers` keeps the last word of each."""

    source: ListSource
    keys: Keys
    repository: Repository
    holding: Holding
    record: PublicRecord
    time: TimeKeeper
    faults: Faults
    answers: dict[str, Outcome] = field(factory=dict, init=False)
    trouble: str = field(default="", init=False)  # why the newest withdrawals could not be taken up, for operators
    _behind: bool = field(default=False, init=False)  # a mirror lacks withdrawals it has metadata for
    _index: Manifest | None = field(default=None, init=False)  # the one worked through last

    def ask(self) -> Outcome:
        """Ask the mirrors in order. Raises OperatorFault `clock` while this host's clock cannot be right."""
        if self.time.below_floor():
            self._renew_roots()
        if self.time.below_floor():
            raise OperatorFault(
                "clock", "this host's clock is behind a time that is proven: set it; no refresh until then"
            )
        outcome = Outcome(Kind.FAILED, Reason.SETTING, f"list {self.source.list_id} has no urls")
        for url in self.source.urls:
            self._behind = False
            answer = self.answers[url] = self.faults.run(partial(self._from_mirror, url))
            outcome = more_telling(outcome, answer)
            served = answer.kind is not Kind.FAILED and not self.time.frozen() and not self._behind
            if served or answer.reason is Reason.DISK:
                break
        return outcome

    def _renew_roots(self) -> None:
        """A stolen timestamp key can lift the floor by most of a day: a root that replaced it takes that back."""
        for url in self.source.urls:
            self.faults.run(partial(self._renew_root, url))

    def _renew_root(self, url: str) -> Outcome:
        if self.time.disown(self.repository.renew_root(url)):
            self.repository.forget()
            self.holding.save(self.holding.state)
        return Outcome(Kind.UNCHANGED)

    def _from_mirror(self, url: str) -> Outcome:
        visit = self.repository.visit(url)
        if visit is None:
            return Outcome(Kind.UNCHANGED)
        self.time.accept_timestamp(visit.expires, visit.timestamp_keys)
        file = self._fetch_withdrawals(visit)  # before the index, so that nothing lies between taking up both
        outcome = self.faults.run(partial(self._update, visit))
        withdrawn = self.faults.run(partial(self._withdraw, file))
        self.trouble = self.trouble or withdrawn.text
        if outcome.kind is Kind.FAILED:
            return outcome
        self.faults.run(partial(self._follow_record, visit.url))
        if not self._behind and not self.record.lags and withdrawn.reason is not Reason.DISK:
            self.repository.finished(visit)
        return more_telling(withdrawn, outcome)

    def _update(self, visit: Visit) -> Outcome:
        """Take up the index and what it leads to."""
        holding = self.holding
        state = evolve(holding.state, marks=self.time.to_save())
        current = holding.current if state.version else None
        now, alarm = holding.now(), self.faults.note  # no jump of the clock makes an announcement old
        change = Update(self.source, self.keys, visit, current, state, now, alarm).decide()
        if change.versions:
            change = evolve(change, state=evolve(change.state, published_at=visit.published_at))
        holding.take(change)
        self._index = change.manifest
        return change.outcome

    def _follow_record(self, url: str) -> Outcome:
        """Look whether the public record grew to what the index signs; last of all, since it is no entry's way here."""
        state = self.holding.state
        if self._index is not None and (seen := self.record.follow(url, self._index, state.log)) != state.log:
            self.holding.save(evolve(state, log=seen))
        return Outcome(Kind.UNCHANGED)

    def _fetch_withdrawals(self, visit: Visit) -> WithdrawFile | None:
        """Fetch `withdraw/current` if it is another one; whatever is wrong with it stops no update."""
        self.trouble = ""
        try:
            return withdraw_file.fetch(visit, self.holding.state.withdrawals.digest)
        except Exception as error:  # noqa: BLE001  # python-tuf lets foreign exceptions out
            self.faults.note(error)
            self.trouble = explain(error)
            self._behind = not isinstance(error, PublisherFault)  # else the list body itself signed it so
            return None

    def _withdraw(self, file: WithdrawFile | None) -> Outcome:
        changed = file is not None and self.holding.withdraw(file)
        return Outcome(Kind.UPDATED if changed else Kind.UNCHANGED)
