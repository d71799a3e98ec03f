"""From all subscriptions and exemptions to the one index that workers map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from math import ceil
from typing import Final

from attrs import evolve

from blocklist.compiling import ListImage, compile_index
from blocklist.matchfile import subtract
from blocklist.tokens import KEY_BYTES
from blocklist.trust.clock import Clock
from blocklist.trust.limits import HOUR
from blocklist.trust.local.exemptions import Exemptions
from blocklist.trust.subscription import Subscription

_NO_DATE: Final = date(1970, 1, 1)


def compile_enforced(
    subscriptions: Sequence[Subscription], exemptions: Exemptions, clock: Clock, but: Mapping[str, bytes] | None = None
) -> bytes:
    """Return the compiled index, lists in the given order; one without any version is there, and empty.

    `but` are tokens to leave out, packed, by list. Raises OperatorFault when the exemptions do not open: the index in
    force must then stay.
    """
    now = entry_time(subscriptions, clock)
    active = exemptions.active(now)
    images = [part.image(active) or _nothing(part.source.list_id) for part in subscriptions]
    left = [without(image, (but or {}).get(image.list_id, b"")) for image in images]
    return compile_index(left, clock_offset=now - clock.monotonic())


def without(image: ListImage, tokens: bytes) -> ListImage:
    """Return what is to be enforced but for some tokens, packed."""
    return evolve(image, records=subtract(image.records, tokens))


def next_change(subscriptions: Sequence[Subscription], exemptions: Exemptions, clock: Clock) -> float | None:
    """Return when to compile again: POSIX of the wall clock.

    That is when entries or exemptions end, at the next full hour, or when withdrawn entries are enforced again.
    """
    now = entry_time(subscriptions, clock)
    ends = [exemption.not_after for exemption in exemptions.active(now)]
    ends += [end for part in subscriptions if (end := part.next_expiry(now)) is not None]
    ends = [ceil(end / HOUR) * HOUR for end in ends]
    ends += [lapse for part in subscriptions if (lapse := part.next_lapse(now)) is not None]
    return min(ends) + clock.now() - now if ends else None


def entry_time(subscriptions: Sequence[Subscription], clock: Clock) -> float:
    """Return the time by which entries end (POSIX): trusted time while any list finds the wall clock suspect."""
    if not any(part.clock_suspect() for part in subscriptions):
        return clock.now()
    known = [time for part in subscriptions if (time := part.trusted_time()) is not None]
    return max(known, default=clock.now())


def _nothing(list_id: str) -> ListImage:
    return ListImage(list_id, bytes(KEY_BYTES), _NO_DATE, b"", frozenset())
