"""Data for outside researchers: the monthly figures of many reports as one table and one document, rounded.

Three figures are kept, and an interval is only ever made wider, so that it still holds the truth as often. There is no
name, no day and no single event in it. Columns: docs/operators/reporting.md.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from blocklist.transparency.document import WHOLE, figures_of
from blocklist.transparency.model import INTERVAL, Measures, Report

FORMAT: Final = "mamori/1 research"
COLUMNS: Final = ("month", "list_id", "indicator", "statistic", "value", "low", "high", "unit")
DIGITS: Final = 3


def research_files(months: Sequence[Report]) -> dict[str, bytes]:
    """Both, by file name."""
    return {"research.csv": research_csv(months), "research.json": research_json(months)}


def research_csv(months: Iterable[Report]) -> bytes:
    """The table; the same reports give the same bytes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(months))
    return out.getvalue().encode()


def research_json(months: Iterable[Report]) -> bytes:
    """The document: the same rows, what they are rounded to, and the parameters of the noise by month."""
    reports = list(months)
    document: dict[str, Any] = {
        "format": FORMAT,
        "kind": reports[0].kind if reports else None,
        "publisher": {"ja": reports[0].publisher.ja, "en": reports[0].publisher.en} if reports else None,
        "interval": INTERVAL,
        "digits": DIGITS,
        "noise": {each.period.label: _noise(each) for each in reports},
        "rows": [dict(zip(COLUMNS, row, strict=True)) for row in _rows(reports)],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def rounded(value: float | int | None, rounding: str = ROUND_HALF_EVEN) -> float | int | None:
    """Keep three figures: 1,234 is told as 1,230."""
    if not value:
        return value
    exact = Decimal(repr(value))
    step = Decimal(1).scaleb(exact.adjusted() - DIGITS + 1)
    told = (exact / step).to_integral_value(rounding) * step
    return int(told) if isinstance(value, int) else float(told)


def _rows(months: Iterable[Report]) -> Iterator[tuple[str | float | None, ...]]:
    for report in months:
        parts: list[tuple[str, Measures]] = [(WHOLE, report), *((one.list_id, one) for one in report.sections)]
        for list_id, measures in parts:
            for indicator, statistic, one, unit in figures_of(measures):
                ends = rounded(one.low, ROUND_FLOOR), rounded(one.high, ROUND_CEILING)
                yield report.period.label, list_id, indicator, statistic, rounded(one.value), *ends, unit


def _noise(report: Report) -> dict[str, Any] | None:
    one = report.noise
    if one is None:
        return None
    return {"epsilon": one.epsilon, "hidden_events": one.hidden_events, "scale": one.scale, "buckets": one.buckets}
