"""The report of an ISP: policy, ledgers and the officer's notes of one period, put into the model."""

from collections.abc import Iterator
from datetime import date

from attrs import frozen

from blocklist.transparency.model import Fact, ListSection, Noise, Report
from blocklist.transparency.notes import Notes, counted, texts
from blocklist.transparency.period import Period
from blocklist.transparency.text import Text
from resolver.core.release import EVENTS_HIDDEN
from resolver.reporting import objections
from resolver.reporting.books import Book
from resolver.reporting.coverage import remarks
from resolver.reporting.measures import lists_in, of_all, of_list
from resolver.reporting.policy import InForce

_EPSILON = 1.0


@frozen
class Sources:
    """All that reports are made from; `made_on` is the day (UTC) of their making."""

    in_force: InForce
    books: tuple[Book, ...]
    notes: Notes
    made_on: date

    def report(self, period: Period) -> Report:
        """Return the report of one period. OperatorFault: it has not begun."""
        period.must_have_begun(self.made_on)
        notes, books, in_force = self.notes.within(period), self.books, self.in_force
        figures, series = of_all(books, period)
        register = self.notes.objections
        return Report(
            kind="isp",
            publisher=notes.publisher or in_force.publisher(),
            period=period,
            made_on=self.made_on,
            policy=(*in_force.facts(), *notes.policy),
            sections=tuple(self._section(period, list_id) for list_id in self._lists(period)),
            noise=self._noise(period),
            analysis=texts(notes.analysis),
            accidents=notes.accidents or (),
            policy_changes=notes.policy_changes,
            proof=tuple(self._proof(period)),
            remarks=(*remarks(books, period, self.made_on), *texts(notes.remarks)),
            figures={**figures, **objections.figures(register, period), "accidents": counted(notes.accidents)},
            spreads={"decision_days": objections.decision_days(register, period)},
            series=series,
        )

    def _lists(self, period: Period) -> list[str]:
        """Those in the settings in their order, then those that were in force earlier in the period."""
        configured = [each.id for each in self.in_force.settings.lists]
        return [*configured, *(each for each in lists_in(self.books, period) if each not in configured)]

    def _section(self, period: Period, list_id: str) -> ListSection:
        found = of_list(self.books, period, list_id)
        return ListSection(
            list_id=list_id,
            facts=tuple(self.in_force.facts_of(list_id)),
            figures=found.figures,
            spreads=found.spreads,
            series=found.series,
        )

    def _noise(self, period: Period) -> Noise | None:
        """The parameters of what was released in the period; None where nothing was."""
        lines = [line for book in self.books for line in book.buckets_in(period)]
        if not lines:
            return None
        return Noise(
            epsilon=_EPSILON,
            hidden_events=EVENTS_HIDDEN,
            step=1,  # sums are made of the noised totals before they are rounded for /metrics
            bucket_seconds=max((line.end - line.start) // line.buckets for line in lines),
            buckets=sum(line.buckets for line in lines),
            hosts=sum(bool(book.buckets_in(period)) for book in self.books),
        )

    def _proof(self, period: Period) -> Iterator[Fact]:
        for number, book in enumerate(self.books, 1):
            ja = f"機器{number}の記録(対象期間分)のSHA-256"
            title = Text(ja, f"SHA-256 of the period's lines in the ledger of host {number}")
            yield Fact.plain(title, book.digest(period))
