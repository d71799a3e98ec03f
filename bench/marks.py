"""What limits a figure: a mark beside it in the tables, and below them what each mark says and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from attrs import frozen

from bench.generator import SATURATED, SHARED
from bench.throughput import Cell

Figures = Mapping[str, list[float]]
Workloads = Mapping[str, Mapping[str, Cell]]  # by workload, then by variant


@frozen
class Limit:
    """A reason to take a figure for less than it seems. Older runs lack some columns: then nothing is said."""

    mark: str
    words: str
    column: str
    holds: Callable[[float], bool]
    worst: Callable[[list[float]], str]

    def rounds(self, figures: Figures) -> list[float]:
        """What was found in the rounds in which it holds."""
        return list(filter(self.holds, figures.get(self.column, ())))


OTHERS = Limit(
    "†",
    "NOT ALONE: other programs had more than a tenth of the server's core, so that rates and times are chance",
    "others",
    lambda share: share > SHARED,
    lambda shares: f"up to {max(shares):.0%}",
)
IDLE = Limit(
    "‡",
    "NOT SATURATED: the server's core was idle for more than 3 % of the time, for the generator was the limit",
    "busy",
    lambda share: share < SATURATED,
    lambda shares: f"least busy {min(shares):.0%}",
)


def marked(text: str, *held: Figures) -> str:
    """The text with the marks that any of these figures earned."""
    marks = [limit.mark for limit in (OTHERS, IDLE) if any(limit.rounds(figures) for figures in held)]
    return " ".join([text, *marks])


def limited(workloads: Workloads) -> list[str]:
    """Each kind of limit with the measurements that have it; that there is none is said, too, of what was looked at."""
    lines: list[str] = []
    for limit in (OTHERS, IDLE):
        found = [
            f"- {place} in {len(rounds)} of {len(figures[limit.column])} rounds ({limit.worst(rounds)})"
            for place, figures in _places(workloads)
            if (rounds := limit.rounds(figures))
        ]
        lines += ["", f"{limit.mark} {limit.words}:", "", *found] if found else []
    return lines or _none(workloads, "Over UDP every server had its core for itself in every round, and kept it busy.")


def lost(workloads: Workloads) -> list[str]:
    """Who left questions without an answer, and how many."""
    found = [f"- {place}: {sum(figures['lost']):,.0f}" for place, figures in _places(workloads) if sum(figures["lost"])]
    heading = ["", "Questions without an answer:", ""]
    return [*heading, *found] if found else _none(workloads, "Over UDP no server left a question unanswered.")


def _none(workloads: Workloads, words: str) -> list[str]:
    return ["", words] if any(_places(workloads)) else []


def _places(workloads: Workloads) -> Iterator[tuple[str, Figures]]:
    for workload, cells in workloads.items():
        for variant, cell in cells.items():
            for server, figures in cell.items():
                yield f"{workload}, {variant}: {server}", figures
