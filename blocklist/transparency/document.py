"""The report as data: one JSON document (schema: `report.schema.json`) and one table in long form."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import Any, Final, TypeVar

from blocklist.transparency.indicators import BY_KEY, INDICATORS, statistic_of
from blocklist.transparency.limits import LIMITS
from blocklist.transparency.model import INTERVAL, Event, Fact, Figure, Measures, Noise, Report, Series
from blocklist.transparency.text import Text

T = TypeVar("T")
FORMAT: Final = "mamori/1 transparency"
COLUMNS: Final = ("period", "list_id", "indicator", "statistic", "start", "value", "low", "high", "unit")
WHOLE: Final = ""  # list_id of figures that are about the reporter, and start of those about the whole period
ZONES: Final = {"isp": "UTC", "list_body": "Asia/Tokyo"}


def schema() -> dict[str, Any]:
    """The JSON Schema (Draft 2020-12) of the document."""
    loaded: dict[str, Any] = json.loads(files(__package__).joinpath("report.schema.json").read_text("utf-8"))
    return loaded


def to_json(report: Report) -> bytes:
    """The document; the same bytes for the same report."""
    text = json.dumps(document(report), ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    return (text + "\n").encode()


def document(report: Report) -> dict[str, Any]:
    """The document's fields."""
    return {
        "format": FORMAT,
        "kind": report.kind,
        "publisher": _text(report.publisher),
        "period": _period(report),
        "made_on": report.made_on.isoformat(),
        "complete": report.complete,
        "time_zone": ZONES[report.kind],
        "interval": INTERVAL,
        "policy": _facts(report.policy),
        "policy_changes": _events(report.policy_changes),
        **_measures(report),
        "lists": [{"list_id": one.list_id, "facts": _facts(one.facts), **_measures(one)} for one in report.sections],
        "noise": None if report.noise is None else _noise(report.noise),
        "analysis": [_text(one) for one in report.analysis],
        "limits": [_text(one) for one in LIMITS],
        "accidents": _events(report.accidents),
        "proof": _facts(report.proof),
        "remarks": [_text(one) for one in report.remarks],
        "units": {name: one.unit for name, one in INDICATORS.items() if report.kind in one.reported_by},
    }


def to_csv(report: Report) -> bytes:
    """Every number of the report, one a line; empty where it is not known."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for list_id, measures in ((WHOLE, report), *((one.list_id, one) for one in report.sections)):
        writer.writerows((report.period.label, list_id, *row) for row in _rows(measures))
    return out.getvalue().encode()


def figures_of(measures: Measures) -> Iterator[tuple[str, str, Figure, str]]:
    """Every figure and every number of a spread: indicator, statistic, figure, unit."""
    for key, one in ordered(measures.figures):
        yield _named(key, one)
    for name, spread in ordered(measures.spreads):
        for statistic, one in spread.figures().items():
            yield _named(f"{name}.{statistic}", one)


def _rows(measures: Measures) -> Iterator[tuple[str | float | None, ...]]:
    for indicator, statistic, one, unit in figures_of(measures):
        yield indicator, statistic, WHOLE, one.value, one.low, one.high, unit
    for series in measures.series:
        for point in series.points:
            indicator, statistic, one, unit = _named(series.key, point.figure)
            yield indicator, statistic, point.start.isoformat(), one.value, one.low, one.high, unit


def _named(key: str, one: Figure) -> tuple[str, str, Figure, str]:
    indicator = BY_KEY[key]
    unit = "count" if indicator.kind == "spread" and statistic_of(key) == "count" else indicator.unit
    return indicator.name, statistic_of(key), one, unit


def ordered(named: Mapping[str, T]) -> list[tuple[str, T]]:
    """Figures or spreads in the order of the indicators."""
    places = {key: place for place, key in enumerate([*BY_KEY, *INDICATORS])}
    return sorted(named.items(), key=lambda item: places[item[0]])


def _measures(measures: Measures) -> dict[str, Any]:
    return {
        "figures": {key: _figure(one) for key, one in measures.figures.items()},
        "spreads": {
            name: {"count": one.count, "p50": one.p50, "p95": one.p95, "most": one.most, "note": _note(one.note)}
            for name, one in measures.spreads.items()
        },
        "series": [_series(one) for one in measures.series],
    }


def _series(series: Series) -> dict[str, Any]:
    points = [{"start": point.start.isoformat(), **_figure(point.figure)} for point in series.points]
    return {
        "indicator": BY_KEY[series.key].name,
        "statistic": statistic_of(series.key),
        "unit": series.unit,
        "points": points,
    }


def _figure(one: Figure) -> dict[str, Any]:
    return {"value": one.value, "low": one.low, "high": one.high, "note": _note(one.note)}


def _noise(noise: Noise) -> dict[str, Any]:
    return {
        "distribution": "two-sided geometric",
        "epsilon": noise.epsilon,
        "hidden_events": noise.hidden_events,
        "scale": noise.scale,
        "step": noise.step,
        "bucket_seconds": noise.bucket_seconds,
        "buckets": noise.buckets,
        "hosts": noise.hosts,
    }


def _period(report: Report) -> dict[str, str]:
    one = report.period
    return {"label": one.label, "kind": one.kind, "first": one.first.isoformat(), "end": one.end.isoformat()}


def _text(text: Text) -> dict[str, str]:
    return {"ja": text.ja, "en": text.en}


def _note(note: Text | None) -> dict[str, str] | None:
    return None if note is None else _text(note)


def _facts(facts: Iterable[Fact]) -> list[dict[str, Any]]:
    return [{"title": _text(one.title), "value": _text(one.value)} for one in facts]


def _events(events: Iterable[Event]) -> list[dict[str, Any]]:
    return [{"on": one.on.isoformat(), "what": _text(one.what)} for one in sorted(events, key=lambda one: one.on)]
