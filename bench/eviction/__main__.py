"""`make bench-eviction`: the hit rate of the rule by which kept answers leave, beside others, on made traces.

Only customers' queries count; a third of each trace fills the cache first. No clock is read: the figures are the same
on every machine but for the last digit (hashes are salted). The last line is JSON.
"""

from __future__ import annotations

import argparse
import json

from attrs import evolve

from bench.eviction.rules import RULES, Item, Rule
from bench.eviction.trace import Trace

TRACES = {
    f"zipf {exponent}{' + half random names' if flood else ''}": Trace(exponent, flood)
    for flood in (0.0, 0.5)
    for exponent in (0.8, 1.0, 1.2)
}
ROOM = (0.02, 0.1, 0.3)
"""Size of the cache as a share of what all answers cost."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.eviction", description=__doc__)
    parser.add_argument("--queries", type=int, default=500_000, help="length of each trace (default 500,000)")
    arguments = parser.parse_args()
    print("| trace | room | " + " | ".join(RULES) + " |\n|---|---:|" + "---:|" * len(RULES))
    result = {}
    for label, each in TRACES.items():
        trace = evolve(each, queries=arguments.queries)
        for room in ROOM:
            rates = {name: hit_rate(rule(int(trace.bytes() * room)), trace) for name, rule in RULES.items()}
            print(f"| {label} | {room:.0%} |", *(f"{rate:.1%} |" for rate in rates.values()), flush=True)
            result[f"{label}, {room:.0%}"] = {name: round(rate, 4) for name, rate in rates.items()}
    print(json.dumps(result))


def hit_rate(rule: Rule, trace: Trace) -> float:
    """The share of customers' queries answered from the cache, once it is full."""
    hits = asked = 0
    warm = trace.queries / trace.rate / 3
    for now, key, cost, ttl, is_customer in trace.asked():
        item = rule.find(key)
        is_hit = item is not None and now < item.until
        if item is not None and is_hit:
            rule.use(key, item)
        else:
            rule.put(key, Item(now + ttl), cost)
        if is_customer and now >= warm:
            asked += 1
            hits += is_hit
    return hits / asked


if __name__ == "__main__":
    main()
