"""Ratios are of the same round."""

from __future__ import annotations

import pytest

from bench.ratios import Spread, ratio


def test_a_ratio_pairs_rounds() -> None:
    """A machine that slows down between rounds changes nothing: not the ratio of medians, the median of ratios."""
    assert ratio([100, 50, 20], [200, 100, 40]) == Spread(0.5, 0.5, 0.5)
    assert ratio([100, 50, 30], [100, 100, 10]) == Spread(1.0, 0.5, 3.0)


def test_rounds_that_do_not_pair_are_refused() -> None:
    """A server that was measured less often has no ratio."""
    with pytest.raises(ValueError, match="zip"):
        ratio([1, 2], [1])


def test_a_spread_is_told_with_its_ends() -> None:
    """Median first."""
    assert Spread.of([3, 1, 2]).text(1) == "2.0 (1.0-3.0)"
