"""What a subscription is told and what it tells: plain data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from attrs import field, frozen

from blocklist.guards import DOMAIN_LIMITS, GuardLimits
from blocklist.trust.reasons import Reason


@frozen
class ListSource:
    """One list as the configuration names it; `root` are the bytes of the pinned root.json."""

    list_id: str
    purpose: str
    root: bytes = field(repr=False)
    urls: tuple[str, ...]
    never_names: tuple[str, ...] = ()
    guard_limits: GuardLimits = DOMAIN_LIMITS


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
