"""What a signed `withdraw/current` does to this list, here: the rule that TUF cannot enforce and this host does.

A duty officer's one key may take entries out in seconds, and nothing else. Stolen, it must neither empty the list nor
undo what was taken out rightly; so:

| the token is | then |
|---|---|
| not in the verified set | nothing to take out: the editors confirmed it, or it is not here yet. It is forgotten, and |
| | its 72 hours begin when it meets the set while it is named (ADR 15) |
| seen, and listed by a version whose `withdrawals_seen` reaches its serial | enforced: the editors overrule it |
| first seen 72 h ago or more | enforced, and refused for 30 days more: editors had three days to confirm it |
| first enforced less than 72 h before it was seen | taken out, any number: an accident is undone whole |
| older | taken out up to the cap, those already out first, then in order; the excess is refused and alarmed |
| no longer in the newest file, but out | out still: only editors and time bring entries back |

The cap is 1 % of the verified set, at least 3 and never more than 100. All of it is a function of what was seen before,
the sets and the time, so that every start and every look comes to the same answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from typing import Final

from attrs import evolve, field, frozen

from blocklist.matchfile import RECORD_BYTES
from blocklist.trust.limits import DAY, HOUR
from blocklist.trust.rules.token_sets import among, pack, split, union


@frozen
class WithdrawalLimits:
    """What one duty key may do, and for how long (seconds)."""

    life: float = 72 * HOUR
    """Seconds since this host first saw a token withdrawn."""
    refused: float = 30 * DAY
    """Seconds after that in which it is refused, unless editors confirm."""
    cap_share: float = 0.01
    """Share of the verified set: old entries out at once."""
    cap_least: int = 3
    """Old entries out at once, however small the set is."""
    cap_most: int = 100
    """Old entries out at once, however large the set is."""
    serial_ahead: float = DAY
    """Seconds above POSIX time at which a serial is no honest one."""


LIMITS: Final = WithdrawalLimits()


@frozen
class Seen:
    """Tokens (sorted, packed) this host first saw withdrawn at one time, all with the same fate."""

    since: float  # POSIX
    serial: int  # of the newest file that named them
    old: bool  # enforced for 72 hours or more when seen: they count against the cap
    taken: bool  # out, until they lapse
    tokens: bytes = field(repr=False)


@frozen
class Withdrawals:
    """The newest file taken, and what came of the tokens it and earlier ones named."""

    epoch: int = 0
    serial: int = 0  # never falls
    digest: str = ""  # SHA-256 (hex) of the sealed file
    named: bytes = field(default=b"", repr=False)  # its tokens
    seen: tuple[Seen, ...] = ()
    over_cap: int = 0  # asked for, but refused
    lapsed: int = 0  # asked for, but their time is over

    def taken(self, now: float) -> bytes:
        """Return the tokens that are out at `now` (POSIX)."""
        return union(*(seen.tokens for seen in self.seen if seen.taken and now < seen.since + LIMITS.life))

    def out_and_young(self) -> bytes:
        """Return the tokens that were out when the rule was last applied and count against no cap."""
        return union(*(seen.tokens for seen in self.seen if seen.taken and not seen.old))

    def next_lapse(self, now: float) -> float | None:
        """Return when the next tokens that are out lapse (POSIX), after `now`."""
        ends = (seen.since + LIMITS.life for seen in self.seen if seen.taken)
        return min((end for end in ends if end > now), default=None)

    def overdue(self, now: float) -> bool:
        """Return whether some lapsed since the rule was last applied."""
        return any(seen.taken and now >= seen.since + LIMITS.life for seen in self.seen)


@frozen
class Ground:
    """What the rule looks at besides the file: one version as this host follows it."""

    verified: bytes = field(repr=False)  # records
    enforced: bytes = field(repr=False)  # records the guards let through
    young: bytes = field(repr=False)  # tokens first enforced less than 72 hours ago
    withdrawals_seen: int = 0  # the highest serial its editors had seen
    rolled_back: bool = False  # an older version than withdrawals were seen with: it confirms nothing


@frozen
class _Row:
    since: float
    serial: int
    old: bool
    taken: bool


def weigh(before: Withdrawals, ground: Ground, now: float) -> Withdrawals:
    """Apply the table: what is out from `now` (POSIX) on."""
    known = union(before.named, *(seen.tokens for seen in before.seen))
    listed, named = frozenset(split(among(known, ground.verified))), frozenset(split(before.named))
    rows = _sighted(_remembered(before, listed, ground, now), before, listed & named, ground, now)
    wanted = [token for token in sorted(listed) if _wanted(rows.get(token), token in named, ground)]
    living = [token for token in wanted if now < rows[token].since + LIMITS.life]
    taken = _within_cap(living, rows, cap(ground.verified))
    elsewhere = {token for token, row in rows.items() if token not in listed and now < row.since + LIMITS.life}
    out = taken.union(token for token in elsewhere if rows[token].taken)
    return evolve(
        before,
        seen=_packed(rows, out),
        over_cap=len(living) - len(taken),
        lapsed=len(wanted) - len(living),
    )


def _wanted(row: _Row | None, named: bool, ground: Ground) -> bool:
    """Tell whether a withdrawal of a listed entry asks for something: it stands, and is not overruled."""
    return row is not None and (named or row.taken) and row.serial > ground.withdrawals_seen


def cap(verified: bytes) -> int:
    """Return how many old entries may be out at once, unless editors confirm."""
    share = int(LIMITS.cap_share * (len(verified) // RECORD_BYTES))
    return min(LIMITS.cap_most, max(LIMITS.cap_least, share))


def _remembered(before: Withdrawals, listed: frozenset[bytes], ground: Ground, now: float) -> dict[bytes, _Row]:
    """Return what earlier looks found, without what editors confirmed and what is long over."""
    fates = [(_Row(seen.since, seen.serial, seen.old, seen.taken), seen.tokens) for seen in before.seen]
    rows = {token: row for row, tokens in fates for token in split(tokens)}
    end = LIMITS.life + LIMITS.refused
    return {t: row for t, row in rows.items() if (t in listed or ground.rolled_back) and now < row.since + end}


def _sighted(
    rows: dict[bytes, _Row], before: Withdrawals, tokens: frozenset[bytes], ground: Ground, now: float
) -> dict[bytes, _Row]:
    """Return the rows with the tokens that are named and listed now: seen again, or for the first time."""
    enforced = frozenset(split(among(pack(tokens), ground.enforced)))
    old = enforced.difference(split(ground.young))
    fates = {is_old: _Row(now, before.serial, is_old, taken=False) for is_old in (False, True)}
    new = {token: fates[token in old] for token in tokens - rows.keys()}
    renamed = {row: evolve(row, serial=before.serial) for row in set(rows.values())}
    again = {token: renamed[rows[token]] for token in tokens & rows.keys()}
    return rows | again | new


def _within_cap(living: list[bytes], rows: Mapping[bytes, _Row], most: int) -> frozenset[bytes]:
    old = sorted((token for token in living if rows[token].old), key=lambda token: (not rows[token].taken, token))
    return frozenset(token for token in living if not rows[token].old).union(old[:most])


def _packed(rows: Mapping[bytes, _Row], out: Set[bytes]) -> tuple[Seen, ...]:
    """Group tokens by fate: there are few of these, however many tokens a file names."""
    groups: defaultdict[tuple[float, int, bool, bool], list[bytes]] = defaultdict(list)
    for token, row in rows.items():
        groups[row.since, row.serial, row.old, token in out].append(token)
    return tuple(Seen(*fate, pack(groups[fate])) for fate in sorted(groups))
