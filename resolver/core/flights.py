"""Questions that the hit path in C asks upstreams by itself: what the core says to them, and what it hears of them.

A plain question to an upstream in good health flies: C sends it, reads the response, answers who waits and keeps the
answer (docs/adr/0055). The core says which upstream that is, and learns of answers in batches. All that is special is
handed over, and goes on here as if it had always been asked from here. Where nothing flies, `NoFlights` says so.
"""

from typing import Protocol

Times = tuple[int, list[float]]
"""An upstream and the round-trip times of some answers of it, in seconds, in the order in which they came."""
Waiting = tuple[bytes, bytes, bytes, bytes, int, float]
"""Who waits: packet, packed address, sockaddr, what sets the source, number of the door, the moment it came."""
Handed = tuple[bytes, bytes, int, int, float, float, int, list[Waiting]]
"""A question: the key, the query as it was sent, the upstream, the query's token (NEVER_SENT), when the question came
and when it was sent, the generation it is open under, who waits."""
NEVER_SENT = -1


class Landed(Protocol):
    """An answer that is kept, as the shelf has it until somebody looks at it: nearly all end before that.

    `kept` is the response with its question in lower case; it came at `stored` and is kept for so many seconds.
    """

    cost: int
    in_main: bool
    uses: int

    @property
    def key(self) -> bytes:
        """What it stands under."""

    @property
    def kept(self) -> bytes:
        """See above."""

    @property
    def stored(self) -> float:
        """Monotonic seconds."""

    @property
    def generation(self) -> int:
        """Of the list it is open under."""

    @property
    def seconds(self) -> int:
        """See above."""

    @property
    def upstream(self) -> int:
        """Who said so."""


class Flights(Protocol):
    """What the core needs of them. Times are monotonic seconds; keys are `Query.asked`."""

    def count(self) -> int:
        """Questions in flight."""

    def departed(self) -> int:
        """Questions sent since the last call."""

    def route(self, upstream: int | None, room: int, *, trust_ad: bool) -> None:
        """Ask this upstream, up to so many questions at once; None: nobody."""

    def hold(self, key: bytes) -> None:
        """The core has this question in flight: who asks it is for the core."""

    def let_go(self, key: bytes) -> None:
        """It has no more."""

    def recall(self, key: bytes) -> Handed | None:
        """Hand a question over that flies, because it has become special."""

    def recall_oldest(self) -> Handed | None:
        """Hand over the one that has waited longest."""

    def due(self, now: float) -> list[Handed]:
        """Hand over what has to be asked again."""

    def next_due(self) -> float | None:
        """Return when that will be; None: nothing flies."""


class NoFlights:
    """Every question is asked by the core itself."""

    def count(self) -> int:
        """See `Flights`."""
        return 0

    def departed(self) -> int:
        """See `Flights`."""
        return 0

    def route(self, upstream: int | None, room: int, *, trust_ad: bool) -> None:
        """Nobody follows it."""

    def hold(self, key: bytes) -> None:
        """Nobody else would ask."""

    def let_go(self, key: bytes) -> None:
        """Nobody else would ask."""

    def recall(self, key: bytes) -> Handed | None:
        """See `Flights`."""
        return None

    def recall_oldest(self) -> Handed | None:
        """See `Flights`."""
        return None

    def due(self, now: float) -> list[Handed]:
        """See `Flights`."""
        return []

    def next_due(self) -> float | None:
        """See `Flights`."""
        return None
