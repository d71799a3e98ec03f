"""Entries in and out of the master: sealed and signed on the way in, opened on the way out, twins refused."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any, Final, TypeVar

from attrs import fields, frozen

from blocklist.entries import Entry
from blocklist.errors import OperatorFault
from blocklist.publish.master.entry_table import NewRow
from blocklist.publish.master.master import Master
from blocklist.publish.master.vault import SEALED_FIELDS, Vault
from blocklist.publish.records import Row

T = TypeVar("T")
BATCH: Final = 1_000  # entries that go in together: enough to keep SQLite busy, few enough to hold in memory
_NAMES: Final = tuple(each.name for each in fields(Entry))
_DATES: Final = ("decided_on", "verified", "review_by", "not_after")


@frozen
class Pen:
    """Who adds entries: her name, and what signs a draft for her."""

    name: str
    sign: Callable[[Entry], bytes]
    closed: Mapping[bytes, str] = {}  # twin -> id of a suspended entry: what it points at is not added again


def fields_of(entry: Entry) -> dict[str, Any]:
    """An entry's plain fields as the master keeps them: dates as text, defaults left out."""
    plain = {name: value for name in _NAMES if (value := getattr(entry, name)) is not None and value is not False}
    for name in _DATES:
        plain[name] = plain[name].isoformat()
    return plain


def entry_of(fields: dict[str, Any]) -> Entry:
    """The entry again. What the master holds was checked on the way in and is signed, so no rule is run twice."""
    try:
        dates = {name: date.fromisoformat(fields[name]) for name in _DATES}
        return Entry(**{**fields, **dates})
    except (KeyError, TypeError, ValueError):
        raise OperatorFault("master_damaged", "an entry's row is damaged; restore the master from its backup") from None


def live_entries(master: Master, vault: Vault, approvals: int = 0) -> Iterator[Entry]:
    """Every entry not removed that so many editors approved, in order of id."""
    for row in master.entries.live(approvals):
        yield entry_of(row.opened(vault))


def insert(master: Master, vault: Vault, entries: Iterable[Entry], pen: Pen) -> dict[str, str]:
    """Add entries, all in one transaction; returns `{refused id: id of the entry it repeats}`."""
    repeats: dict[str, str] = {}
    with master.transaction():
        for batch in batches(entries):
            known = insert_batch(master, vault, batch, pen)
            repeats |= {entry.id: other for entry, other in zip(batch, known, strict=True) if other is not None}
    return repeats


def insert_batch(master: Master, vault: Vault, entries: Sequence[Entry], pen: Pen) -> list[str | None]:
    """Add up to `BATCH` entries inside the caller's transaction; for each, None or the id of the entry it repeats.

    An entry repeats one with its id, and one that points where it points, unless it lasts longer: that is how an
    entry is extended. One that is suspended comes back by `resume` and by no new entry.
    """
    plain = [fields_of(entry) for entry in entries]
    twins = [vault.twin(each) for each in plain]
    used = {entry_id: entry_id for entry_id in master.entries.used([entry.id for entry in entries])}
    longest = master.entries.longest_twins(twins)
    repeats: list[str | None] = []
    rows: list[NewRow] = []
    for entry, each, twin in zip(entries, plain, twins, strict=True):
        last_day, known = longest.get(twin, ("", ""))
        repeated = used.get(entry.id) or pen.closed.get(twin) or (known if last_day >= each["not_after"] else None)
        repeats.append(repeated)
        if repeated is None:
            used[entry.id] = entry.id
            longest[twin] = (each["not_after"], entry.id)
            rows.append(_row(entry, each, twin, vault, pen))
    master.entries.insert(rows)
    return repeats


def reseal(master: Master, old: Vault, new: Vault) -> None:
    """Seal every entry there ever was under another data key. Inside the caller's transaction."""
    for batch in batches(master.entries.every()):
        master.entries.reseal(_resealed(row, old, new) for row in batch)


def _resealed(row: Row, old: Vault, new: Vault) -> tuple[bytes | None, bytes | None, bytes | None, bytes, str]:
    plain = row.opened(old)
    name, path, query = (
        None if plain.get(column) is None else new.seal(row.id, column, str(plain[column])) for column in SEALED_FIELDS
    )
    return name, path, query, new.twin(plain), row.id


def batches(values: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """Cut a stream into lists; never more than one list of it is held."""
    stream = iter(values)
    while batch := list(islice(stream, size)):
        yield batch


def _row(entry: Entry, plain: dict[str, Any], twin: bytes, vault: Vault, pen: Pen) -> NewRow:
    facts = json.dumps({name: value for name, value in plain.items() if name not in SEALED_FIELDS})
    name, path, query = (
        vault.seal(entry.id, column, plain[column]) if column in plain else None for column in SEALED_FIELDS
    )
    return (entry.id, facts, name, path, query, twin, plain["not_after"], pen.name, pen.sign(entry))
