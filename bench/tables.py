"""One table for each part of a run beside the workloads: a line that says what it is, then its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bench.markdown import markdown
from bench.marks import marked
from bench.ratios import Spread, ratio
from bench.throughput import Cell

BYTES_A_MB = 1_000_000
FEATURES_ON = (
    "Kept names, asked with EDNS, DO and a DNS cookie, all features on. Mamori: access list, counters, rate limit, "
    "server cookies (RFC 9018). dnsdist: access list, counters, `MaxQPSIPRule`. unbound: access list, "
    "counters, `ip-ratelimit`. Neither makes server cookies in this version:"
)
_TIMES = {"p50_us": "p50", "p99_us": "p99", "p999_us": "p99.9", "most_us": "slowest"}


def features_table(cell: Cell) -> list[str]:
    ours = next(name for name in cell if name.startswith("mamori"))
    rows = [["server", "k answers/s", f"{ours} over it"]]
    for name, figures in cell.items():
        against = marked(ratio(cell[ours]["qps"], figures["qps"]).text(), cell[ours], figures)
        rows.append([name, _spread([rate / 1000 for rate in figures["qps"]], 0), "" if name == ours else against])
    return [FEATURES_ON, "", *markdown(rows)]


def latency_table(cell: Cell) -> list[str]:
    return ["Latency at 20,000 questions a second, microseconds:", "", *_times(cell)]


def swap_table(cell: Cell) -> list[str]:
    """With what the slowest thousandth gained in the same round."""
    pairs = zip(cell["swap"]["p999_us"], cell["quiet"]["p999_us"], strict=True)
    more = Spread.of([(swapped - quiet) / 1000 for swapped, quiet in pairs])
    title = "A new version of a list of a million entries comes into force at 5,000 questions a second, microseconds:"
    return [title, "", *_times(cell), "", f"p99.9 with a swap less p99.9 without: {more.text(1)} ms."]


def streams_table(transports: Mapping[str, Cell]) -> list[str]:
    servers = list(next(iter(transports.values())))
    rows = [["transport", *servers, *(f"mamori / {name}" for name in servers if name != "mamori")]]
    for transport, cell in transports.items():
        rates = [_spread([rate / 1000 for rate in cell[name]["qps"]], 1) for name in servers]
        others = [name for name in servers if name != "mamori"]
        rows.append([transport, *rates, *(ratio(cell["mamori"]["qps"], cell[name]["qps"]).text() for name in others)])
    return ["Answers a second over connections, thousands:", "", *markdown(rows)]


def growth_table(parts: Mapping[str, Cell]) -> list[str]:
    """Processor time of the server's core for one answer, and its ratio to that with the fewest."""
    rows = [["what grows", "how many", "ns a query", "to the fewest", "MB of the index", "MB of a worker's own"]]
    for part, cell in parts.items():
        fewest = next(iter(cell.values()))
        for count, figures in cell.items():
            against = ratio(figures["cpu_ns"], fewest["cpu_ns"]).text()
            held = [f"{figures[name][0]:.2f}" if name in figures else "" for name in ("index_mb", "own_mb")]
            rows.append([part, f"{int(count):,}", _spread(figures["cpu_ns"], 0), against, *held])
    title = "What a query costs Mamori as it grows; the index, counting memory that several processes map once"
    clients = "What clients cost the echo, they cost in the kernel, whoever serves them."
    return [
        f"{title}; and the memory that a worker shares with nobody, its cache included. {clients}",
        "",
        *markdown(rows),
    ]


def loading_table(entries: Mapping[str, Cell]) -> list[str]:
    """`held` of Mamori is the index, once for all workers."""
    rows = [["entries", "server", "seconds", "processor seconds", "MB held", "bytes an entry", "ms pause"]]
    for count, cell in entries.items():
        for name, figures in cell.items():
            held = Spread.of(figures["held_mb"]).median
            pause = _spread(figures["pause_ms"], 1) if "pause_ms" in figures else ""
            costs = [_spread(figures[figure], 2) for figure in ("seconds", "cpu_seconds")]
            rows.append(
                [f"{int(count):,}", name, *costs, f"{held:.1f}", f"{held * BYTES_A_MB / int(count):.0f}", pause]
            )
    times = max(len(figures["seconds"]) for cell in entries.values() for figures in cell.values())
    ours = f"Taking up a list. Mamori: from the first byte fetched to the index in force, {times} times"
    theirs = "the others: what a start takes, and they hold, beyond the same with a list of one entry, once:"
    return [f"{ours}; {theirs}", "", *markdown(rows)]


def _times(cell: Cell) -> list[str]:
    rows = [["", *_TIMES.values(), "lost"]]
    for name, figures in cell.items():
        rows.append([name, *(_spread(figures[figure], 0) for figure in _TIMES), f"{sum(figures['lost']):.0f}"])
    return markdown(rows)


def _spread(values: Sequence[float], digits: int) -> str:
    spread = Spread.of(values)
    return f"{spread.median:.{digits}f}" if len(values) == 1 else spread.text(digits)


TABLES: dict[str, Callable[..., list[str]]] = {
    "features": features_table,
    "latency": latency_table,
    "streams": streams_table,
    "swap": swap_table,
    "growth": growth_table,
    "loading": loading_table,
}
