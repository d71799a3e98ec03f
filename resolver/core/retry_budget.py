"""How often one upstream is asked again: in step with its answers, so that an outage is not fed with retries.

First tries are always sent. Each answer earns a share of a retry, a retry spends one, and a trickle comes with time.
On a line that loses a third of everything the answers pay for the retries they need; an upstream that has gone
silent is soon sent no more than first tries and the trickle, however many clients wait.
"""

from resolver.core.limits import Limits


class RetryBudget:
    """One upstream's; `now` is monotonic seconds and never goes back."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._left = limits.retry_stock
        self._filled: float | None = None

    def earn(self, answers: int = 1) -> None:
        """So many answers came."""
        while answers and self._left < self._limits.retry_stock:
            self._add(self._limits.retry_share)
            answers -= 1

    def may_spend(self, now: float) -> bool:
        """Whether there is one left."""
        if self._filled is not None:
            self._add((now - self._filled) * self._limits.retry_floor)
        self._filled = now
        return self._left >= 1

    def spend(self) -> None:
        """Take one; `may_spend` said so."""
        self._left -= 1

    def _add(self, retries: float) -> None:
        self._left = min(self._left + retries, self._limits.retry_stock)
