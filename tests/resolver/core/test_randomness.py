"""Random bytes in small pieces."""

from __future__ import annotations

from random import Random

from resolver.core.randomness import Randomness


def test_every_byte_is_handed_out_once() -> None:
    """The pieces are what the source gave, in turn; what is left of a stock is never given twice."""
    drawn: list[bytes] = []

    def source(count: int) -> bytes:
        drawn.append(Random(len(drawn)).randbytes(count))
        return drawn[-1]

    randomness = Randomness(source)
    pieces = [randomness(length) for length in (2, 0, 17, 4000, 100, 1, 9000, 5)]
    first, second, third, fourth = drawn
    assert pieces[:4] == [first[:2], b"", first[2:19], first[19:4019]]
    assert pieces[4:6] == [second[:100], second[100:101]]
    assert pieces[6:] == [third, fourth[:5]]


def test_numbers_lie_below_their_bound() -> None:
    """Every number can come, none beyond."""
    randomness = Randomness(Random(1).randbytes)
    assert {randomness.below(7) for _ in range(200)} == set(range(7))
