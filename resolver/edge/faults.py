"""What a worker does with an unexpected exception: it tells the supervisor type and place, and goes on.

Neither the message nor a local variable is looked at: they could hold a name, an address or packet bytes.
"""

from collections.abc import Callable
from typing import Any

from resolver.edge.fault_log import location
from resolver.edge.limits import PumpLimits

CODE = "unexpected_error"


class Faults:
    """Counts the exceptions of one process and reports each place at most once a minute.

    Wire form: `{"type": "fault", "code": "unexpected_error", "kind": "ValueError", "where": "resolver/core/x.py:12",
    "count": 3}`, count = times seen since the process began.
    """

    def __init__(
        self, send: Callable[[dict[str, Any]], None], seconds: Callable[[], float], limits: PumpLimits
    ) -> None:
        self._send = send
        self._seconds = seconds
        self._limits = limits
        self._seen: dict[tuple[str, str], tuple[int, float]] = {}

    def report(self, error: BaseException) -> None:
        """Book one exception. The number of different places is bounded by the source."""
        kind, where = type(error).__name__, location(error.__traceback__)
        now = self._seconds()
        count, told = self._seen.get((kind, where), (0, float("-inf")))
        due = now - told >= self._limits.fault_report_seconds
        self._seen[kind, where] = (count + 1, now if due else told)
        if due:
            self._send({"type": "fault", "code": CODE, "kind": kind, "where": where, "count": count + 1})
