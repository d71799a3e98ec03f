"""What is asked: five mixes of names, each with and without EDNS and DO, over IPv4 and IPv6."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

from attrs import frozen

from bench.questions import Form, Question, kept, listed, missed, write, zipf

NAMES, LISTED = 10_000, 100_000
ZIPF_NAMES, ZIPF_DRAWS = 1_000_000, 500_000
LISTED_SHARE, MISS_SHARE = 0.01, 0.2


@frozen
class Variant:
    """How a mix is asked: address family, with EDNS and DO or without."""

    family: int = 4
    edns: bool = True

    @property
    def label(self) -> str:
        return f"IPv{self.family}, {'EDNS + DO' if self.edns else 'plain'}"


HEAD = Variant()  # the variant that claims are made of
VARIANTS = (HEAD, Variant(4, False), Variant(6, True), Variant(6, False))


def cached() -> list[Question]:
    """10,000 names, all kept, in an order drawn once."""
    return [kept(number) for number in _shuffled(NAMES)]


def cached_1m() -> list[Question]:
    """Draws by Zipf's law (exponent 1) over a million names."""
    return [kept(rank) for rank in zipf(ZIPF_NAMES, ZIPF_DRAWS)]


def listed_1pct() -> list[Question]:
    return _mixed(LISTED_SHARE, lambda random: listed(random.randrange(LISTED)))


def all_listed() -> list[Question]:
    """100,000 names, all of the list."""
    return [listed(number) for number in _shuffled(LISTED)]


def miss_20pct() -> list[Question]:
    """A fifth are names that nobody asked for before."""
    return _mixed(MISS_SHARE, lambda _: missed())


# In the order of the report. The last line of the bench names the first four.
WORKLOADS: dict[str, Callable[[], list[Question]]] = {
    "cached": cached,
    "listed_1pct": listed_1pct,
    "listed": all_listed,
    "miss_20pct": miss_20pct,
    "cached_1m": cached_1m,
}
SUMMED_UP = ("cached", "listed_1pct", "listed", "miss_20pct")


def written(folder: Path, workload: str, form: Form) -> Path:
    """The file of a workload's questions in one form; made when it is first asked for."""
    path = folder / f"{workload}-{int(form.edns)}{int(form.cookie)}"
    return path if path.exists() else write(path, WORKLOADS[workload](), form)


def _shuffled(count: int) -> list[int]:
    numbers = list(range(count))
    Random(1).shuffle(numbers)
    return numbers


def _mixed(share: float, other: Callable[[Random], Question]) -> list[Question]:
    """The kept names, with exactly this share of places given to others."""
    random, questions = Random(2), cached()
    for place in random.sample(range(NAMES), round(share * NAMES)):
        questions[place] = other(random)
    return questions
