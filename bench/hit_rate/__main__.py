"""`make bench-hit-rate`: what steering queries by name does to the cache, for 1, 2 and 4 workers.

The real daemon on real sockets, asked by dnsperf from many ports, with an upstream that answers everything: every setup
begins with an empty cache and is asked the same trace of names by Zipf's law.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.hit_rate.measure import ROOM_FOR_ALL, Figures, Setup, measure, upstream
from bench.hit_rate.trace import EXPONENT, ceiling, lines, zipf

SETUPS = (Setup(1, "auto"), Setup(2, "auto"), Setup(2, "off"), Setup(4, "auto"), Setup(4, "off"))


def main() -> None:
    arguments = _arguments()
    ranks = zipf(arguments.names, arguments.queries)
    with tempfile.TemporaryDirectory() as folder:
        results = run(Path(folder), ranks, SETUPS, arguments.cache_bytes)
    print(f"{arguments.names:,} names by Zipf's law (exponent {EXPONENT:g}), {arguments.queries:,} queries")
    print(table(results, ceiling(ranks)))
    print(json.dumps({"ceiling": round(ceiling(ranks), 4), "setups": [_plain(*each) for each in results.items()]}))


def run(
    folder: Path, ranks: list[int], setups: Sequence[Setup], cache_bytes: int = ROOM_FOR_ALL
) -> dict[Setup, Figures]:
    """Ask the trace of each setup in turn."""
    trace = folder / "trace"
    trace.write_text(lines(ranks))
    results = {}
    with upstream(folder) as address:
        for number, setup in enumerate(setups):
            results[setup] = measure(folder / str(number), address, setup, trace, cache_bytes)
    return results


def table(results: Mapping[Setup, Figures], best: float) -> str:
    """The figures for people."""
    rows = ["workers  steered  hit rate  upstream queries  busiest worker  lost"]
    for setup, each in results.items():
        steered = "yes" if each.steered else "no"
        rows.append(
            f"{setup.workers:7}  {steered:>7}  {each.hit_rate:7.1%}  {each.upstream:16,}"
            f"  {each.busiest:13.0%}  {each.lost:4}"
        )
    rows.append(f"best possible: {best:.1%}")
    return "\n".join(rows)


def _plain(setup: Setup, figures: Figures) -> dict[str, object]:
    return {
        "workers": setup.workers,
        "steered": figures.steered,
        "queries": figures.queries,
        "hit_rate": round(figures.hit_rate, 4),
        "upstream": figures.upstream,
        "busiest": round(figures.busiest, 3),
        "lost": figures.lost,
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.hit_rate", description=__doc__)
    parser.add_argument("--names", type=int, default=1_000_000, help="different names there are (default 1000000)")
    parser.add_argument("--queries", type=int, default=300_000, help="asked of each setup (default 300000)")
    parser.add_argument("--cache-bytes", type=int, default=ROOM_FOR_ALL, help="of each worker (default: room for all)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
