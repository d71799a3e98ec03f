"""The benchmark of hit rates still runs, and shows what steering is for. Figures are for `make bench-hit-rate`."""

from __future__ import annotations

from pathlib import Path

import dns.message
import pytest

from bench.hit_rate.__main__ import run, table
from bench.hit_rate.answerer import ADDRESS, answer
from bench.hit_rate.measure import Setup
from bench.hit_rate.trace import ceiling, lines, zipf

NAMES, QUERIES = 20_000, 4_000
STEERED, UNSTEERED = Setup(2, "auto"), Setup(2, "off")


def test_trace_is_the_same_each_time_and_follows_zipf() -> None:
    """The first name is asked twice as often as the second; every rank has a name of its own."""
    ranks = zipf(NAMES, 50_000)
    assert ranks == zipf(NAMES, 50_000)
    assert 1.7 < ranks.count(0) / ranks.count(1) < 2.3
    assert ceiling(ranks) == 1 - len(set(lines(ranks).splitlines())) / 50_000


def test_answerer_has_an_address_for_every_name() -> None:
    """In the letters of the question, as dnspython reads it, without the OPT of the query."""
    query = dns.message.make_query("WwW.h1.example", "A", use_edns=0)
    read = dns.message.from_wire(answer(query.to_wire()))
    assert (read.id, str(read.question[0].name), str(read.answer[0][0])) == (query.id, "WwW.h1.example.", "192.0.2.1")
    assert answer(query.to_wire()).endswith(ADDRESS)


@pytest.mark.daemon
def test_steering_asks_upstream_once_a_name(tmp_path: Path) -> None:
    """Two workers with it need no more upstream queries than there are names; without it they need more."""
    ranks = zipf(NAMES, QUERIES)
    results = run(tmp_path, ranks, (STEERED, UNSTEERED))
    steered, unsteered = results[STEERED], results[UNSTEERED]
    assert (steered.steered, unsteered.steered) == (True, False)
    assert (steered.lost, unsteered.lost, steered.queries) == (0, 0, QUERIES)
    asked_again = 0.03 * QUERIES  # an answer that came late on a busy machine
    assert steered.upstream < len(set(ranks)) + asked_again < unsteered.upstream
    assert table(results, ceiling(ranks)).count("\n") == 3
