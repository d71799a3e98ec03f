"""Entries in and out of the master: sealed on the way in, opened on the way out, twins refused."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

from attrs import asdict

from blocklist.entries import Entry
from blocklist.errors import OperatorFault
from blocklist.publish.master import Master
from blocklist.publish.vault import Vault

_DATES: Final = ("decided_on", "verified", "review_by", "not_after")


def fields_of(entry: Entry) -> dict[str, Any]:
    """An entry's plain fields as the master keeps them: dates as text, defaults left out."""
    plain: dict[str, Any] = asdict(entry)
    for name in _DATES:
        plain[name] = plain[name].isoformat()
    return {name: value for name, value in plain.items() if value is not None and value is not False}


def entry_of(fields: dict[str, Any]) -> Entry:
    """The entry again. What the master holds was checked on the way in and is signed, so no rule is run twice."""
    try:
        dates = {name: date.fromisoformat(fields[name]) for name in _DATES}
        return Entry(**{**fields, **dates})
    except (KeyError, TypeError, ValueError):
        raise OperatorFault("master_damaged", "an entry's row is damaged; restore the master from its backup") from None


def live_entries(master: Master, vault: Vault) -> Iterator[Entry]:
    """Every entry not removed, in order of id."""
    for row in master.live():
        yield entry_of(row.opened(vault))


def insert(master: Master, vault: Vault, entries: Iterable[Entry]) -> dict[str, str]:
    """Add entries, all in one transaction; returns `{refused id: id of the entry it repeats}`.

    An entry that points where a live one points is refused, unless it lasts longer: that is how an entry is extended.
    """
    repeats: dict[str, str] = {}
    with master.transaction():
        for entry in entries:
            fields = fields_of(entry)
            twin = vault.twin(fields)
            longest = master.longest_twin(twin)
            if longest is not None and longest[1] >= fields["not_after"]:
                repeats[entry.id] = longest[0]
            else:
                master.insert([(entry.id, fields, twin)], vault)
    return repeats
