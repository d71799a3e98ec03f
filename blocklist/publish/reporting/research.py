"""Data for outside researchers: how long entries live, what they are, and every published version's public line.

No noise: these are counts of the body's own work and nobody's communication. What could single out one entry is
rounded: to fives, so that a category with one entry cannot be told from one with none.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

from attrs import frozen

from blocklist.canonical import format_instant
from blocklist.public_log import LogLine
from blocklist.publish.reporting.body_report import Span
from blocklist.publish.reporting.lives import Life
from blocklist.publish.reporting.movements import in_force
from blocklist.transparency.document import document, to_csv
from blocklist.transparency.model import Report

FORMAT: Final = "mamori/1 list research"
STEP: Final = 5  # entries
BINS: Final = (1, 7, 14, 30, 60, 90, 180)  # days: below 1, 1 to below 7, ...
KINDS: Final = ("type", "basis", "last_resort")
EXPORT: Final = "research.json"
VERSIONS: Final = "versions.csv"
TABLE: Final = "figures.csv"
_DAY_SECONDS: Final = 86_400


@frozen
class Research:
    """An export: the report's figures, and what stands behind them."""

    span: Span
    report: Report

    def files(self) -> dict[str, bytes]:
        """By name; the same past gives the same bytes."""
        text = json.dumps(self.document(), ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
        return {EXPORT: (text + "\n").encode(), VERSIONS: _versions_csv(self._lines()), TABLE: to_csv(self.report)}

    def document(self) -> dict[str, Any]:
        """The fields of `research.json` (schema: `research.schema.json`)."""
        ended = [life for life in self.span.past.lives if self.span.holds(life.ends)]
        listed = in_force(self.span.past.lives, self.span.end)
        told = document(self.report)
        return {
            "format": FORMAT,
            "list_id": self.span.past.list_id,
            "period": told["period"],
            "made_on": told["made_on"],
            "rounded_to": STEP,
            "figures": told["lists"][0]["figures"],
            "spreads": told["lists"][0]["spreads"],
            "series": told["lists"][0]["series"],
            "lifetime_days": _lifetimes(ended),
            "listed_at_end": {kind: _shares(listed, kind) for kind in KINDS},
            "versions": [_version(line) for line in self._lines()],
        }

    def _lines(self) -> Sequence[LogLine]:
        """The public record's lines of this period."""
        return [
            line
            for line in self.span.past.record_until(self.span.end)
            if self.span.holds(self.span.past.published[line.version])
        ]


def schema() -> dict[str, Any]:
    """The JSON Schema (Draft 2020-12) of `research.json`."""
    loaded: dict[str, Any] = json.loads(files(__package__).joinpath("research.schema.json").read_text("utf-8"))
    return loaded


def rounded(count: int) -> int:
    """To the nearest five."""
    return (count + STEP // 2) // STEP * STEP


def _lifetimes(ended: Iterable[Life]) -> list[dict[str, int | None]]:
    """How many of the ended lives lasted how long, rounded; `to` None: or longer."""
    edges = (0, *BINS)
    days = [(life.ends - life.begins).total_seconds() / _DAY_SECONDS for life in ended]
    return [
        {"from": low, "to": high, "entries": rounded(sum(low <= one and (high is None or one < high) for one in days))}
        for low, high in zip(edges, (*BINS, None), strict=True)
    ]


def _shares(listed: Iterable[Life], kind: str) -> Mapping[str, int]:
    counts = Counter(life.kinds[kind] for life in listed)
    return {code: rounded(count) for code, count in sorted(counts.items()) if rounded(count)}


def _version(line: LogLine) -> dict[str, Any]:
    return {
        "version": line.version,
        "signed_at": format_instant(line.signed_at),
        "records": line.count,
        "adds": line.adds,
        "removals": line.removals,
        "commitment": line.commitment,
    }


def _versions_csv(lines: Iterable[LogLine]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(
        out, ("version", "signed_at", "records", "adds", "removals", "commitment"), lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(map(_version, lines))
    return out.getvalue().encode()
