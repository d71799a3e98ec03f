"""The benchmark of misses asks what it says."""

from __future__ import annotations

from bench.misses import in_core, in_worker, windows


def test_no_name_is_asked_twice() -> None:
    """Every question of a round misses."""
    questions = [each for window in windows(1_000) for each in window]
    assert len({each[2:] for each in questions}) == 1_000


def test_both_parts_come_to_an_end() -> None:
    """Every question is answered, in the core and through sockets, and has taken some time."""
    assert sum(in_core(200).values()) > 0
    assert sum(in_worker(200).values()) > 0
