"""Why the entries enforced became others between two moments, as counts: what an ISP may publish of its lists.

An entry that leaves with its last day behind it has expired, one that a withdrawal or a guard takes out is withdrawn or
set aside, and whatever else leaves was removed by the list body. Under the keys of a new epoch no entry can be found
again; a rekey repeats the same entries, so nothing is counted then.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from attrs import field, frozen

from blocklist.attributes import DAY_SECONDS, expiry_instant
from blocklist.compiling import ListImage
from blocklist.matchfile import RECORD_BYTES, added, removed
from blocklist.tokens import TOKEN_BYTES
from blocklist.trust.rules.token_sets import split

ADDED: Final = "added"
REMOVED: Final = "removed"
EXPIRED: Final = "expired"
WITHDRAWN: Final = "withdrawn"
SET_ASIDE: Final = "set_aside"
MOVES: Final = (ADDED, REMOVED, EXPIRED, WITHDRAWN, SET_ASIDE)
EARLY: Final = DAY_SECONDS  # a list body's day ends before UTC's: so much earlier it may drop what expires

_EXPIRY_SHIFT: Final = 7  # of the attributes' 16 bits


@frozen
class LeftOut:
    """The tokens (packed) that are in the version shown and not enforced, by why."""

    withdrawn: bytes = field(default=b"", repr=False)
    set_aside: bytes = field(default=b"", repr=False)


def moves(before: ListImage | None, after: ListImage, left_out: LeftOut, now: float) -> Counter[str]:
    """Count what happened to entries from one image of a list to the next; without one before, all were added."""
    if before is None:
        return Counter({ADDED: len(after.records) // RECORD_BYTES})
    if before.token_key != after.token_key or before.records == after.records:
        return Counter()
    counts = Counter({ADDED: len(added(before.records, after.records)) // RECORD_BYTES})
    withdrawn, set_aside = frozenset(split(left_out.withdrawn)), frozenset(split(left_out.set_aside))
    gone = removed(before.records, after.records)
    for at in range(0, len(gone), RECORD_BYTES):
        token, attributes = gone[at : at + TOKEN_BYTES], gone[at + TOKEN_BYTES : at + RECORD_BYTES]
        if token in withdrawn:
            counts[WITHDRAWN] += 1
        elif token in set_aside:
            counts[SET_ASIDE] += 1
        else:
            days = int.from_bytes(attributes, "big") >> _EXPIRY_SHIFT
            counts[EXPIRED if expiry_instant(before.base_date, days) <= now + EARLY else REMOVED] += 1
    return counts
