"""What would change: the desk as it stands against the last published version, in counts and ids.

The digest binds it: it covers the bytes of every live entry, every removal and every subscriber, so that
`approve --all` signs the state an editor was shown and no other.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from attrs import frozen

from blocklist import canonical
from blocklist.entries import Entry
from blocklist.publish.records import Subscriber


@frozen
class Difference:
    """Ids only. `waiting` are live entries that lack approvals; `expired` are live but past their last day;
    `left_out` are suspended or withdrawn."""

    digest: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    waiting: tuple[str, ...]
    expired: tuple[str, ...]
    left_out: tuple[str, ...]
    new_subscribers: tuple[Subscriber, ...]


def compare(
    entries: Iterable[Entry],
    left_out: Collection[str],
    published: Collection[str],
    subscribers: Sequence[Subscriber],
    approvers: Mapping[str, int],
    needed: int,
    day: date,
) -> Difference:
    """Compare live entries on the UTC day `day` with the ids last published; `approvers` counts approvals by item."""
    digest = hashlib.sha256()
    live, waiting, expired, off = set(), [], [], []
    for entry in entries:
        digest.update(hashlib.sha256(entry.to_bytes()).digest())
        if entry.not_after < day:
            expired.append(entry.id)
            continue
        if entry.id in left_out:
            off.append(entry.id)
            continue
        live.add(entry.id)
        if approvers.get(entry.id, 0) < needed:
            waiting.append(entry.id)
    removed = sorted(set(published) - live)
    facts = {
        "published": sorted(published),
        "left_out": off,
        "subscribers": [[one.id, one.label] for one in subscribers],
    }
    digest.update(canonical.dumps(facts))
    return Difference(
        digest=digest.hexdigest(),
        added=tuple(sorted(live - set(published))),
        removed=tuple(removed),
        waiting=tuple(waiting),
        expired=tuple(expired),
        left_out=tuple(off),
        new_subscribers=tuple(one for one in subscribers if approvers.get(one.id, 0) < needed),
    )
