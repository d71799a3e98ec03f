"""Random bytes in small pieces, drawn in large ones: a call of the system for two bytes costs as much as for 4,096."""

from collections.abc import Callable

_STOCK_BYTES = 4096


class Randomness:
    """Hands every byte out once. Made in the process that uses it: a copy after a fork would give the same bytes."""

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._random_bytes = random_bytes
        self._stock = b""
        self._used = 0

    def __call__(self, count: int) -> bytes:
        """Return so many fresh bytes."""
        start, end = self._used, self._used + count
        if end > len(self._stock):
            self._stock = self._random_bytes(max(_STOCK_BYTES, count))
            start, end = 0, count
        self._used = end
        return self._stock[start:end]

    def below(self, bound: int) -> int:
        """Return a number from 0 to `bound` - 1; for bounds up to 2**16 none is likelier than another by 2**-16."""
        return int.from_bytes(self(4), "big") % bound
