"""What a subscription is told and what it tells: plain data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from attrs import field, frozen

from blocklist.guards import DOMAIN_LIMITS, GuardLimits
from blocklist.trust.limits import HOUR
from blocklist.trust.reasons import Reason
from blocklist.trust.transfer.tls import TlsFiles

OLD_AFTER: Final = HOUR  # seconds since the newest verified timestamp was signed: look at it
STALE_AFTER: Final = 6 * HOUR  # the signature itself runs out: something is broken


@frozen
class ListSource:
    """One list as the configuration names it; `root` are the bytes of the pinned root.json."""

    list_id: str
    purpose: str
    root: bytes = field(repr=False)
    urls: tuple[str, ...]
    never_names: tuple[str, ...] = ()
    guard_limits: GuardLimits = DOMAIN_LIMITS
    criteria_set: str = ""  # the one this ISP's decision was made on; nothing: not compared
    tls: TlsFiles | None = None  # None: the system's authorities, and no certificate of our own


@frozen
class Keys:
    """The keys of this host: 32 bytes for what is kept at rest, and the subscriber's 96-byte HPKE private key."""

    host_key: bytes = field(repr=False)
    subscriber_private: bytes = field(repr=False)


class Kind(StrEnum):
    """What a verb did to the set that is enforced."""

    UNCHANGED = "unchanged"
    UPDATED = "updated"
    HELD = "held"  # a guard holds (part of) the change: the rest, if any, is enforced
    FAILED = "failed"  # nothing changed


@frozen
class Outcome:
    """How a verb ended; `text` is for operators and holds no name."""

    kind: Kind
    reason: Reason | None = None
    text: str = ""


@frozen
class ListStatus:
    """One list, for status and metrics. Version 0 and age None: nothing verified yet."""

    list_id: str
    version: int
    age_seconds: float | None  # of the newest verified timestamp
    entries: int  # enforced
    held_entries: int
    held_by: tuple[str, ...]  # guards
    enforcing: bool
    last_outcome: Outcome | None
    failures: Mapping[str, int]  # all of REASONS
    clock_suspect: bool
    next_expiry: float | None  # POSIX
    epoch: int = 0
    withdrawn: int = 0  # entries a withdrawal in force takes out
    withdrawals_refused: int = 0  # tokens over the cap or lapsed, so still enforced
    log_size: int = 0  # leaves of the public record last verified
    published_at: float | None = None  # POSIX, when the body published the version in force
    withdrawn_at: float | None = None  # POSIX, when the body published the newest withdrawals
    selftest: tuple[str, ...] = ()  # the list body's own names, made to be asked for

    @property
    def staleness(self) -> str:
        """One word on the age: none, fresh, warn, stale."""
        return staleness(self.age_seconds)


def staleness(age_seconds: float | None) -> str:
    """Return what the age of the newest verified timestamp means: `none`, `fresh`, `warn` (1 h) or `stale` (6 h).

    A stale list is enforced on, minus entries that end: its age alone never stops an answer.
    """
    if age_seconds is None:
        return "none"
    if age_seconds >= STALE_AFTER:
        return "stale"
    return "warn" if age_seconds >= OLD_AFTER else "fresh"
