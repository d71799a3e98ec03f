"""The words for how a list's self-test ended: said by the updater, counted by the supervisor."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class SelfTest(StrEnum):
    """One word for one round of one list; metric labels, so the set is closed."""

    OK = "ok"
    NOT_BLOCKED = "not_blocked"  # an answer, but not the one this list's names get
    NO_ANSWER = "no_answer"  # nothing came in time
    REFUSED = "refused"  # `access.allow` does not let this host ask itself
    FAILED = "failed"  # an error code, or a message that cannot be read


SELFTEST_RESULTS: Final = tuple(result.value for result in SelfTest)
