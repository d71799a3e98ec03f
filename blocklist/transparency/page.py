"""The page: both languages one below the other, no script, nothing from elsewhere. Jinja2 escapes every text."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from blocklist.transparency import plot, wording
from blocklist.transparency.document import ordered
from blocklist.transparency.indicators import BY_KEY, INDICATORS, title_of
from blocklist.transparency.limits import LIMITS
from blocklist.transparency.model import DAYS, Figure, ListSection, Measures, Noise, Report, Series
from blocklist.transparency.text import LANGUAGES, Language
from blocklist.transparency.words import GROUPS, WORDS

_PACKAGE: Final = "blocklist.transparency"
_TEMPLATE: Final = "report.html"


def to_html(report: Report) -> bytes:
    """The page; the same bytes for the same report."""
    sides = [Side(report, language).told() for language in LANGUAGES]
    return (template(_TEMPLATE).render(report=report, sides=sides, title=WORDS["title"].ja).rstrip() + "\n").encode()


@cache
def template(name: str) -> Template:
    """One of the package's templates; a name it does not know is an error and never empty."""
    environment = Environment(
        loader=PackageLoader(_PACKAGE, ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


class Side:
    """The report told in one language: plain texts and places, for the template to put into elements."""

    def __init__(self, report: Report, language: Language) -> None:
        self.report = report
        self.language = language
        self.words = {name: text[language] for name, text in WORDS.items()}

    def told(self) -> dict[str, Any]:
        """Everything the template shows."""
        report, language = self.report, self.language
        return {
            "language": language,
            "words": self.words,
            "kind": self.words[report.kind],
            "period": wording.period(report.period, language),
            "head": list(self._head()),
            "reading": list(self._reading()),
            "noise": list(self._noise(report.noise)) if report.noise else [],
            "policy": [(one.title[language], one.value[language]) for one in report.policy],
            "policy_changes": self._events(report.policy_changes),
            "accidents": self._events(report.accidents),
            "parts": list(self._parts()),
            "analysis": [*(text[language] for text in report.analysis), *self._shares_gone()],
            "limits": [text[language] for text in LIMITS],
            "proof": [(one.title[language], one.value[language]) for one in report.proof],
            "remarks": [text[language] for text in report.remarks],
            "meanings": list(self._meanings()),
        }

    def _head(self) -> Iterator[tuple[str, str]]:
        period, language = self.report.period, self.language
        last = wording.day(period.end - timedelta(days=1), language)
        yield self.words["publisher"], self.report.publisher[language]
        yield (
            self.words["period"],
            self.words["until"].format(first=wording.day(period.first, language), last=last),
        )
        yield self.words["made_on"], wording.day(self.report.made_on, language)

    def _reading(self) -> Iterator[str]:
        yield self.words["not_known"]
        yield self.words["no_person"]
        if self.report.kind == "list_body":
            yield self.words["own_counts"]
        else:
            yield self.words["sums_only"]
        if self.report.noise is not None:
            yield self.words["noised"]
        yield DAYS[self.report.kind][self.language]

    def _noise(self, noise: Noise) -> Iterator[tuple[str, str]]:
        yield self.words["distribution"], self.words["geometric"]
        for name, value, unit in (
            ("epsilon", noise.epsilon, wording.PLAIN),
            ("hidden_events", noise.hidden_events, "events"),
            ("scale", noise.scale, "events"),
            ("step", noise.step, "events"),
            ("bucket_seconds", noise.bucket_seconds, "seconds"),
            ("buckets", noise.buckets, wording.PLAIN),
            ("hosts", noise.hosts, wording.PLAIN),
        ):
            yield self.words[name], wording.figure(Figure(value), unit, self.language)

    def _parts(self) -> Iterator[dict[str, Any]]:
        """The reporter's own figures, then each list's."""
        if self.report.keys():
            yield {"id": "whole", "title": self.words["whole"], "facts": [], "groups": self._groups(self.report)}
        for section in self.report.sections:
            yield self._section(section)

    def _section(self, section: ListSection) -> dict[str, Any]:
        return {
            "id": f"list-{section.list_id}",
            "title": self.words["list"].format(section.list_id),
            "facts": [(one.title[self.language], one.value[self.language]) for one in section.facts],
            "groups": self._groups(section),
        }

    def _groups(self, measures: Measures) -> list[dict[str, Any]]:
        groups = (self._group(title[self.language], set(names), measures) for title, names in GROUPS)
        return [group for group in groups if group["figures"] or group["spreads"] or group["plots"]]

    def _group(self, title: str, names: set[str], measures: Measures) -> dict[str, Any]:
        figures = [(key, one) for key, one in ordered(measures.figures) if BY_KEY[key].name in names]
        spreads = [(name, one) for name, one in ordered(measures.spreads) if name in names]
        series = [one for one in measures.series if BY_KEY[one.key].name in names]
        return {
            "title": title,
            "figures": [self._figure(key, one) for key, one in figures],
            "spreads": [self._spread(name, measures) for name, _ in spreads],
            "spread_titles": self._spread_titles(),
            "plots": [drawn for one in series if (drawn := self._plot(one)) is not None],
        }

    def _figure(self, key: str, one: Figure) -> dict[str, str]:
        note = "" if one.note is None else one.note[self.language]
        unit = BY_KEY[key].unit
        return {
            "title": title_of(key)[self.language],
            "note": note,
            "value": wording.value(one, unit, self.language),
            "interval": wording.interval(one, unit, self.language),
        }

    def _spread(self, name: str, measures: Measures) -> dict[str, Any]:
        spread, unit = measures.spreads[name], INDICATORS[name].unit
        durations = (spread.p50, spread.p95, spread.most)
        return {
            "title": INDICATORS[name].title[self.language],
            "note": "" if spread.note is None else spread.note[self.language],
            "values": [
                wording.figure(Figure(spread.count), "count", self.language),
                *(wording.duration(spread, value, unit, self.language) for value in durations),
            ],
        }

    def _spread_titles(self) -> list[str]:
        return [text[self.language] for text in INDICATORS["decision_days"].statistics.values()]

    def _plot(self, series: Series) -> dict[str, Any] | None:
        drawn = plot.draw(series)
        if drawn is None:
            return None
        points, unit = series.points, series.unit
        return {
            "title": title_of(series.key)[self.language],
            "drawn": drawn,
            "ticks": [(tick.y, wording.number(tick.value, unit)) for tick in drawn.ticks],
            "labels": [(x, self._short_day(series, at)) for x, at in drawn.labels],
            "description": self._description(series, drawn),
            "rows": [
                (wording.day(point.start, self.language), wording.figure(point.figure, unit, self.language))
                for point in points
            ],
            "by": self.words["by_month" if plot.is_monthly(points) else "by_start"],
            "percent": "%" if unit == "ratio" else "",
        }

    def _short_day(self, series: Series, at: int) -> str:
        start = series.points[at].start
        return str(start.month) if plot.is_monthly(series.points) else f"{start.month}/{start.day}"

    def _description(self, series: Series, drawn: plot.Plot) -> str:
        known = [point.figure.value for point in series.points if point.figure.value is not None]
        text = self.words["described"].format(
            shape=self.words["columns" if drawn.columns else "dots"],
            count=len(series.points),
            least=wording.quantity(min(known), series.unit, self.language),
            most=wording.quantity(max(known), series.unit, self.language),
        )
        return text if len(known) == len(series.points) else f"{text} {self.words['gaps']}"

    def _shares_gone(self) -> Iterator[str]:
        """What part of the entries came off because their material was gone: so far as blocking helped removal."""
        for section in self.report.sections:
            at_start, added, gone = (
                section.figures.get(key, Figure(None)).value for key in ("list_entries.start", "adds", "gone_at_source")
            )
            if at_start is not None and added is not None and gone is not None and at_start + added:
                share = wording.quantity(gone / (at_start + added), "ratio", self.language)
                yield self.words["share_gone"].format(section.list_id, share)

    def _meanings(self) -> Iterator[tuple[str, str, str]]:
        named = set().union(*(one.keys() for one in (self.report, *self.report.sections)))
        for name, indicator in INDICATORS.items():
            if name in named:
                yield indicator.title[self.language], name, indicator.meaning[self.language]

    def _events(self, events: tuple[Any, ...]) -> list[tuple[str, str]]:
        in_order = sorted(events, key=lambda one: one.on)
        return [(wording.day(one.on, self.language), one.what[self.language]) for one in in_order]
