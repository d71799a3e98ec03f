"""Plain data of the desk: what the master keeps in a row, and what `status` tells."""

import re
from datetime import datetime
from typing import Any, Final

from attrs import frozen

from blocklist.keyring import subscriber_id
from blocklist.publish.master.vault import SEALED_FIELDS, Vault

_ID: Final = re.compile(r"[0-9A-Z]{26}|[0-9a-f]{64}")  # of an entry, of a subscriber


def shown(word: str) -> str:
    """A word typed as an id, for an error: one that looks like no id might be a name, and is not repeated."""
    return word if _ID.fullmatch(word) else "(that word is no id)"


@frozen
class Row:
    """One entry as stored: `facts` are its plain fields but for the sealed ones, `cells` those."""

    id: str
    facts: dict[str, Any]
    cells: tuple[bytes | None, ...]
    drafted_by: str | None = None  # None: added before drafts were signed
    draft: bytes | None = None  # her signature
    removed_by: str | None = None
    removal: bytes | None = None  # the remover's signature, where it is no statement

    def opened(self, vault: Vault) -> dict[str, Any]:
        """All fields of the entry, the sealed ones opened."""
        sealed = {
            column: vault.open(self.id, column, cell)
            for column, cell in zip(SEALED_FIELDS, self.cells, strict=True)
            if cell is not None
        }
        return {**self.facts, **sealed}


@frozen
class Subscriber:
    """One ISP the list is readable for."""

    label: str
    public: bytes

    @property
    def id(self) -> str:
        """Lower-hex SHA-256 of the public key, never what a file says: whoever swaps the key loses its approvals."""
        return subscriber_id(self.public)


@frozen
class RoleState:
    """A staged role: its version and how many more signatures it needs."""

    version: int
    missing: int
    expires: datetime


@frozen
class DeskState:
    """What a desk holds, in counts; `published_version` is 0 before the first.

    `leaving` are subscribers let go in this epoch, who read it until a rekey; `withdrawn` entries are off and not yet
    left out of a version.
    """

    list_id: str
    editors: tuple[str, ...]
    duties: tuple[str, ...]
    entries: int
    subscribers: int
    leaving: int
    withdrawn: int
    published_version: int
    epoch: int
    epoch_began: datetime | None
    root_expires: datetime
    staged: dict[str, RoleState]
