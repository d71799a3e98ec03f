"""The benchmark of listed names asks what it says."""

from __future__ import annotations

from bench.listed import KINDS, chunks, figures, in_core


def test_questions_of_both_kinds_are_different_and_equally_long() -> None:
    """Each name once; nothing but the name tells them apart."""
    pairs = list(chunks(2_500, lambda number: f"e{number // 100:05}.l.example"))
    kept, listed = ([wire for pair in pairs for wire in pair[kind]] for kind in (0, 1))
    assert len({wire[12:] for wire in kept + listed}) == 5_000
    assert {len(wire) for wire in kept + listed} == {len(kept[0])}


def test_every_kind_is_timed_once_a_name() -> None:
    """Kept and listed, first and again, in the core."""
    times = in_core(200)
    assert {kind: len(each) for kind, each in times.items()} == dict.fromkeys(KINDS, 200)
    assert figures(times["kept"])["p5"] <= figures(times["kept"])["p95"]
