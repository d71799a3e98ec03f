"""What a report says, whoever makes it. Nothing here has a place for a name, an address or an entry's id.

Figures are filed under the keys of `indicators.BY_KEY`; a key of nobody's, or of the other reporter, is refused.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, Self

from attrs import Attribute, field, frozen

from blocklist.transparency.indicators import BY_KEY, INDICATORS, Reporter
from blocklist.transparency.period import Period
from blocklist.transparency.text import Text

INTERVAL: Final = 0.99  # how often the truth lies between `low` and `high`
NOT_KNOWN: Final = Text("把握していません", "not known here")
DAYS: Final[Mapping[Reporter, Text]] = {
    "isp": Text("日付は協定世界時(UTC)です。", "Days are those of UTC."),
    "list_body": Text("日付は日本時間です。", "Days are those of Japan."),
}


@frozen
class Figure:
    """A number, with its 99 % interval where noise was added; None where nobody here knows it, which is never 0."""

    value: float | int | None
    low: float | int | None = None
    high: float | int | None = None
    note: Text | None = None

    def __attrs_post_init__(self) -> None:
        if (self.low is None) != (self.high is None) or (self.value is None and self.low is not None):
            raise ValueError("an interval has a value and two ends")
        if any(number is not None and not math.isfinite(number) for number in (self.value, self.low, self.high)):
            raise ValueError("a figure is a finite number or None")


@frozen
class Spread:
    """Durations in short: how many, the middle, the 95th of 100, the longest; in the indicator's unit."""

    count: int | None
    p50: float | int | None
    p95: float | int | None
    most: float | int | None
    note: Text | None = None

    @classmethod
    def over(cls, durations: Iterable[float | int]) -> Self:
        """Of all of them: the smallest that so many hundredths do not exceed (nearest rank)."""
        ranked = sorted(durations)
        if not ranked:
            return cls(0, None, None, None)
        return cls(len(ranked), _rank(ranked, 50), _rank(ranked, 95), ranked[-1])

    def figures(self) -> dict[str, Figure]:
        """By statistic."""
        values = {"count": self.count, "p50": self.p50, "p95": self.p95, "most": self.most}
        return {name: Figure(value, note=self.note) for name, value in values.items()}


def _rank(ranked: Sequence[float | int], percent: int) -> float | int:
    return ranked[max(1, math.ceil(len(ranked) * percent / 100)) - 1]


def _known_keys(_: object, __: "Attribute[Any]", figures: Mapping[str, Figure]) -> None:
    for key in figures:
        if key not in BY_KEY or BY_KEY[key].kind == "spread":
            raise ValueError(f"no indicator has the figure {key}")


def _known_spreads(_: object, __: "Attribute[Any]", spreads: Mapping[str, Spread]) -> None:
    for name in spreads:
        if name not in INDICATORS or INDICATORS[name].kind != "spread":
            raise ValueError(f"no indicator has the spread {name}")


@frozen
class Point:
    """One figure of a series, and the first day it is about."""

    start: date
    figure: Figure


@frozen
class Series:
    """One key's figures over time, oldest first: by day, week, month or released bucket."""

    key: str
    points: tuple[Point, ...]

    def __attrs_post_init__(self) -> None:
        if self.key not in BY_KEY:
            raise ValueError(f"no indicator has the figure {self.key}")
        days = [point.start for point in self.points]
        if days != sorted(set(days)):
            raise ValueError("the points of a series stand in order, one a day")

    @property
    def unit(self) -> str:
        """The unit of its figures."""
        return BY_KEY[self.key].unit


@frozen
class Fact:
    """A line of the policy, the public record or the parameters: what it is, and how it is."""

    title: Text
    value: Text

    @classmethod
    def plain(cls, title: Text, value: object) -> Self:
        """A fact whose value reads the same in both languages: a number, a version, an address."""
        return cls(title, Text(str(value), str(value)))


@frozen
class Event:
    """Something that happened on a day, in words: an accident, a change of the policy."""

    on: date
    what: Text


@frozen(kw_only=True)
class Noise:
    """How released totals were noised: two-sided geometric, scale `hidden_events / epsilon`, then whole steps."""

    epsilon: float
    hidden_events: int
    step: int
    bucket_seconds: int
    buckets: int | None = None  # released in the period, over all hosts
    hosts: int | None = None

    @property
    def scale(self) -> float:
        """Of the distribution, in events."""
        return self.hidden_events / self.epsilon


@frozen(kw_only=True)
class Measures:
    """Figures, spreads and series that belong together."""

    figures: Mapping[str, Figure] = field(factory=dict, validator=_known_keys)
    spreads: Mapping[str, Spread] = field(factory=dict, validator=_known_spreads)
    series: tuple[Series, ...] = ()

    def keys(self) -> set[str]:
        """Names of the indicators it says anything about."""
        named = {BY_KEY[key].name for key in self.figures} | set(self.spreads)
        return named | {BY_KEY[one.key].name for one in self.series}


@frozen(kw_only=True)
class ListSection(Measures):
    """What is said about one list."""

    list_id: str
    facts: tuple[Fact, ...] = ()


@frozen(kw_only=True)
class Report(Measures):
    """The whole. Its own figures are about the reporter, a section's about one list."""

    kind: Reporter
    publisher: Text
    period: Period
    made_on: date
    policy: tuple[Fact, ...]
    sections: tuple[ListSection, ...] = ()
    noise: Noise | None = None
    analysis: tuple[Text, ...] = ()  # of the effect, in the officer's words; the known limits are printed anyway
    accidents: tuple[Event, ...] = ()
    policy_changes: tuple[Event, ...] = ()
    proof: tuple[Fact, ...] = ()  # by what an auditor can check it: the public record, the signed versions
    remarks: tuple[Text, ...] = ()

    def __attrs_post_init__(self) -> None:
        for measures in (self, *self.sections):
            for name in sorted(measures.keys()):
                if self.kind not in INDICATORS[name].reported_by:
                    raise ValueError(f"{name} is not reported by {self.kind}")
        if len({section.list_id for section in self.sections}) < len(self.sections):
            raise ValueError("a list has one section")

    @property
    def complete(self) -> bool:
        """Whether the period was over when it was made."""
        return self.made_on >= self.period.end
