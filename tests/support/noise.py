"""Randomness with which the real sampler draws the noise that a test wants, and counts how often it drew."""

from __future__ import annotations

from resolver.core.noise import RandomBits
from resolver.core.release import EVENTS_HIDDEN

THREE_BITS, ONE_BIT, TWO_BITS = 3, 1, 2


class ChosenNoise:
    """Bits that make `two_sided_geometric(8, …)` return `chosen`, each time; `draws` counts the times."""

    def __init__(self, chosen: int = 0) -> None:
        self.chosen = chosen
        self.draws = 0
        self._left: list[tuple[int, int]] = []

    def __call__(self, width: int) -> int:
        if not self._left:
            self.draws += 1
            self._left = script(self.chosen)
        expected, value = self._left.pop(0)
        assert width == expected, "the sampler does not ask as this script was written for"
        return value


def script(noise: int) -> list[tuple[int, int]]:
    """(width, value) of each request for bits on one way to this noise: its size is rest + 8 * whole."""
    whole, rest = divmod(abs(noise), EVENTS_HIDDEN)
    accepted = [(THREE_BITS, rest), (THREE_BITS, EVENTS_HIDDEN - 1)]
    once_more = [(ONE_BIT, 0), (TWO_BITS, 1)]  # a toss of exp(-1) that succeeds
    return [*accepted, *once_more * whole, (ONE_BIT, 1), (ONE_BIT, int(noise < 0))]


def bits_for(noise: int) -> RandomBits:
    """The same for one draw."""
    return ChosenNoise(noise)
