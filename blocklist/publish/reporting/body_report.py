"""The list body's report of a period, counted from its past."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from attrs import frozen

from blocklist.canonical import format_instant
from blocklist.publish.body import EDITORS_NEEDED, MIN_EDITORS
from blocklist.publish.reporting.movements import Movement, in_force, midnight, movement
from blocklist.publish.reporting.past import Past
from blocklist.publish.review.figures import Caseload, caseload
from blocklist.publish.review.objections import DECIDE_WITHIN
from blocklist.publish.review.working_days import day_in_japan
from blocklist.transparency.model import Fact, Figure, ListSection, Point, Report, Series, Spread
from blocklist.transparency.notes import Notes, counted, texts
from blocklist.transparency.period import Period
from blocklist.transparency.text import Text

_AS_OF = Text("作成日現在の件数です。", "On the day this was made.")
_AT_ISPS = Text(
    "適用を保留するのは事業者です。各事業者の報告をご覧ください。",
    "It is the ISPs that hold an update: see their reports.",
)
_BASES = {
    "emergency_necessity": Text("緊急避難", "emergency necessity"),
    "law": Text("法令", "law"),
    "order": Text("命令", "order"),
}


@frozen(kw_only=True)
class Span:
    """A period of a past, cut at the moment the report is made."""

    past: Past
    period: Period
    now: datetime

    @property
    def end(self) -> datetime:
        """The first moment that is not counted any more."""
        return min(midnight(self.period.end), self.now)

    def moved(self) -> Movement:
        """The list's movement."""
        return movement(self.past.lives, midnight(self.period.first), self.end)

    def cases(self) -> Caseload:
        """Objections, and removals at the source."""
        return caseload(self.period, self.past.objections, self.past.statements)

    def figures(self) -> dict[str, Figure]:
        """Everything that is one number."""
        moved, cases = self.moved(), self.cases()
        found = {
            "list_entries.start": moved.start,
            "list_entries.end": moved.end,
            "adds": moved.adds,
            "removes": moved.removes,
            "expiries": moved.expiries,
            "error_withdrawals": moved.errors,
            "versions": sum(self.holds(at) for at in self.past.published.values()),
            "removal_requests": cases.removal_requests,
            "gone_at_source": cases.gone_at_source,
            "objections.received": cases.received,
            "objections.upheld": cases.upheld,
            "objections.open": cases.open,
            "acknowledged_late": cases.acknowledged_late,
            "decided_late": cases.decided_late,
        }
        return {key: Figure(value) for key, value in found.items()}

    def spreads(self) -> dict[str, Spread]:
        """Everything that is a duration."""
        cases = self.cases()
        waits = (life.waited() for life in self.past.lives if self.holds(life.begins))
        return {
            "discovery_to_publish_seconds": Spread.over(wait for wait in waits if wait is not None),
            "time_to_removal_days": Spread.over(cases.time_to_removal_days),
            "decision_days": Spread.over(cases.decision_days),
        }

    def holds(self, moment: datetime) -> bool:
        """Whether it lies in what is counted."""
        return midnight(self.period.first) <= moment < self.end


def body_report(past: Past, period: Period, notes: Notes, now: datetime) -> Report:
    """The report; with the same past, period and day the same. OperatorFault: the period has not begun."""
    period.must_have_begun(day_in_japan(now))
    span, written = Span(past=past, period=period, now=now), notes.within(period)
    section = ListSection(
        list_id=past.list_id,
        figures={
            **span.figures(),
            "not_enforceable": Figure(past.not_for_dns, note=_AS_OF),
            "holds": Figure(None, note=_AT_ISPS),
        },
        spreads=span.spreads(),
        series=tuple(_series(span)),
    )
    return Report(
        kind="list_body",
        publisher=notes.publisher or Text(past.list_id, past.list_id),
        period=period,
        made_on=day_in_japan(now),
        policy=(*_policy(past), *notes.policy),
        sections=(section,),
        figures={"accidents": counted(written.accidents), "drills": counted(written.drills)},
        analysis=texts(written.analysis),
        accidents=written.accidents or (),
        policy_changes=written.policy_changes,
        proof=tuple(_proof(span)),
        remarks=texts(written.remarks),
    )


_BY_MONTH = (
    "list_entries.end",
    "adds",
    "removes",
    "expiries",
    "error_withdrawals",
    "removal_requests",
    "gone_at_source",
    "objections.received",
)


def _series(span: Span) -> Iterator[Series]:
    """A month's entries by day; a longer period's movements by month."""
    if span.period.kind == "month":
        yield Series("list_entries.end", tuple(_by_day(span)))
        return
    months = [(month.first, _month(span, month)) for month in span.period.months()]
    for key in _BY_MONTH:
        yield Series(key, tuple(Point(first, figures.get(key, Figure(None))) for first, figures in months))


def _month(span: Span, month: Period) -> dict[str, Figure]:
    """A month's figures; none of one that has not begun."""
    if midnight(month.first) >= span.now:
        return {}
    return Span(past=span.past, period=month, now=span.now).figures()


def _by_day(span: Span) -> Iterator[Point]:
    day = span.period.first
    while day < span.period.end:
        evening = midnight(day + timedelta(days=1))
        known = evening <= span.now
        yield Point(day, Figure(len(in_force(span.past.lives, evening)) if known else None))
        day += timedelta(days=1)


def _policy(past: Past) -> Iterator[Fact]:
    """What the software itself holds the body to."""
    criteria = past.criteria
    yield Fact(
        Text("目的", "Purpose"), Text("児童ポルノのブロッキングのみ", "child sexual abuse material, nothing else")
    )
    yield Fact.plain(Text("掲載基準", "Criteria set"), f"{criteria.id} ({criteria.version})")
    kinds = [_BASES[kind] for kind in dict.fromkeys(row.kind for row in criteria.basis)]
    yield Fact(Text("根拠", "Grounds"), _listed(kinds))
    yield Fact(
        Text("承認", "Approval"),
        Text(
            f"掲載には{MIN_EDITORS}名以上の編集者のうち{EDITORS_NEEDED}名の署名が必要です。削除は1名でできます。",
            f"{EDITORS_NEEDED} of {MIN_EDITORS} or more editors sign each entry; one is enough to take it off.",
        ),
    )
    days = sorted(criteria.max_days.items())
    spans = ", ".join(f"{kind} {most}" for kind, most in days)
    yield Fact(Text("掲載期間の上限(日)", "Longest life of an entry (days)"), Text(spans, spans))
    yield Fact(
        Text("異議の期限", "Deadlines of objections"),
        Text(
            f"受付の通知は1営業日以内、決定は{DECIDE_WITHIN.days}日以内",
            f"acknowledged within 1 working day, decided within {DECIDE_WITHIN.days} days",
        ),
    )


def _listed(texts_: Iterable[Text]) -> Text:
    found = list(texts_)
    return Text("、".join(one.ja for one in found), ", ".join(one.en for one in found))


def _proof(span: Span) -> Iterator[Fact]:
    """The public record at the end of the period: with a copy of it anybody can check what was published."""
    before = span.past.record_until(midnight(span.period.first))
    until = span.past.record_until(span.end)
    yield Fact(
        Text("公開記録", "Public record"),
        Text(
            "各版の件数と照合値を追記のみで公開しています。写しは「mamori-list log verify」で検証できます。",
            "Each version's counts and commitment, append-only; “mamori-list log verify” checks a copy of it.",
        ),
    )
    if not until:
        yield Fact(Text("版", "Versions"), Text("まだ配布していません", "none published yet"))
        return
    covered = until[len(before) :]
    head = span.past.head(len(until))
    yield Fact.plain(Text("記録の行数", "Size of the record"), f"{head.size:,}")
    yield Fact.plain(Text("記録の照合値(SHA-256)", "Head of the record (SHA-256)"), head.root)
    if covered:
        first, last = covered[0], covered[-1]
        yield Fact.plain(Text("対象の版", "Versions covered"), f"{first.version:,} – {last.version:,}")
        yield Fact.plain(Text("最後の版の署名日時", "Last version signed at"), format_instant(last.signed_at))
