"""The comparison of eviction rules still runs, and says what the decision rests on."""

from __future__ import annotations

import pytest

from bench.eviction.__main__ import hit_rate
from bench.eviction.rules import RULES, Item, Rule
from bench.eviction.trace import Trace

SMALL = Trace(1.0, names=3_000, queries=20_000)
FLOODED = Trace(1.0, 0.5, names=3_000, queries=20_000)


@pytest.mark.parametrize("trace", [SMALL, FLOODED], ids=["customers", "flood"])
def test_ours_hits_more_often_than_least_recently_used(trace: Trace) -> None:
    """With room for a tenth, by two points at least; more in a flood."""
    rates = {name: hit_rate(rule(trace.bytes() // 10), trace) for name, rule in RULES.items()}
    assert rates["s3fifo"] > rates["lru"] + 0.02


@pytest.mark.parametrize("name", RULES)
def test_every_rule_keeps_its_bound(name: str) -> None:
    """Else the comparison is worth nothing: what is found at the end fits."""
    rule: Rule = RULES[name](50_000)
    keys = []
    for number, (_, key, cost, _, _) in enumerate(SMALL.asked()):
        item = rule.find(key)
        if item is not None:
            rule.use(key, item)
        else:
            rule.put(key, Item(0.0), cost)
        keys.append(key)
        if number == 3_000:
            break
    found = {key: item for key in keys if (item := rule.find(key)) is not None}
    assert 0 < sum(item.cost for item in found.values()) <= 50_000


def test_a_trace_is_always_the_same() -> None:
    """Two runs compare."""
    assert list(SMALL.asked()) == list(SMALL.asked())
