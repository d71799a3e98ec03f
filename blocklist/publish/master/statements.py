"""What an editor said about an item of the desk, other than approving it: a signed statement, kept for good.

An item is an entry or an objection's ticket. A statement is made of codes, days and ids only; each of its columns is
in the RFC 8785 object that its Ed25519 signature covers, so a copied master proves who said what, and when.
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from attrs import field, frozen

from blocklist import canonical
from blocklist.errors import OperatorFault

Fact = str | tuple[str, ...]
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")  # no dot: a name is no code
SCHEMA: Final = """
CREATE TABLE statements (
    seq INTEGER PRIMARY KEY, item TEXT NOT NULL, kind TEXT NOT NULL, editor TEXT NOT NULL, said_at TEXT NOT NULL,
    facts TEXT NOT NULL, signature BLOB NOT NULL
);
CREATE INDEX statements_item ON statements (item);
CREATE INDEX statements_kind ON statements (kind);
ALTER TABLE entries ADD COLUMN drafted_by TEXT;
ALTER TABLE entries ADD COLUMN draft BLOB;
"""


class Kind(StrEnum):
    """What can be said."""

    REMOVE = "remove"
    REJECT = "reject"
    SUSPEND = "suspend"
    RESUME = "resume"
    REMOVAL_REQUESTED = "removal_requested"
    GONE_AT_SOURCE = "gone_at_source"
    EXTEND = "extend"
    OBJECTION_OPEN = "objection_open"
    OBJECTION_ACKNOWLEDGE = "objection_acknowledge"
    OBJECTION_DECIDE = "objection_decide"


@frozen
class Statement:
    """One thing said. `facts` are codes, days and ids under fixed names; anything that reads like text is refused."""

    item: str
    kind: Kind
    editor: str
    said_at: datetime  # UTC, whole seconds
    facts: Mapping[str, Fact]
    signature: bytes = field(default=b"", repr=False)  # Ed25519, 64 bytes; empty until it is signed

    def __attrs_post_init__(self) -> None:
        """Keep free text out, whatever verb it was typed into."""
        for name, fact in (("item", self.item), *self.facts.items()):
            for text in (fact,) if isinstance(fact, str) else fact:
                check_code(text, name)

    def body(self, list_id: str) -> bytes:
        """The RFC 8785 bytes that are signed."""
        said = {"list_id": list_id, "item": self.item, "kind": str(self.kind), "editor": self.editor}
        facts = {name: fact if isinstance(fact, str) else list(fact) for name, fact in self.facts.items()}
        return canonical.dumps({**said, "said_at": canonical.format_instant(self.said_at), "facts": facts})

    @classmethod
    def from_row(cls, row: tuple[str, str, str, str, str, bytes]) -> Self:
        """The statement of a row of the master."""
        item, kind, editor, said_at, facts, signature = row
        try:
            plain = {
                name: fact if isinstance(fact, str) else tuple(map(str, fact))
                for name, fact in json.loads(facts).items()
            }
            return cls(item, Kind(kind), editor, datetime.fromisoformat(said_at), plain, bytes(signature))
        except (ValueError, TypeError, AttributeError):
            raise OperatorFault("master_damaged", "a statement is damaged: restore the master's backup") from None


def check_code(text: str, name: str) -> str:
    """Return a code, day or id; `OperatorFault` for anything else: at this desk nothing is described in words."""
    if not _CODE.fullmatch(text):
        raise OperatorFault(
            "no_free_text", f"{name} takes a code: at most 64 ASCII letters, digits, `.`, `_`, `:`, `-`"
        )
    return text


class Statements:
    """The master's table of statements: they are added and read, never changed."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, statements: Iterable[Statement]) -> None:
        """Keep signed statements, in order."""
        query = "INSERT INTO statements (item, kind, editor, said_at, facts, signature) VALUES (?, ?, ?, ?, ?, ?)"
        self._db.executemany(query, map(_row, statements))

    def all(self) -> Iterator[Statement]:
        """Every statement, in the order they were made."""
        return self._select("", ())

    def about(self, item: str) -> list[Statement]:
        """What was said about one item, in order."""
        return list(self._select("WHERE item = ?", (item,)))

    def of(self, *kinds: Kind) -> list[Statement]:
        """Every statement of these kinds, in order."""
        marks = ", ".join("?" * len(kinds))
        return list(self._select(f"WHERE kind IN ({marks})", tuple(map(str, kinds))))

    def _select(self, where: str, values: tuple[str, ...]) -> Iterator[Statement]:
        query = f"SELECT item, kind, editor, said_at, facts, signature FROM statements {where} ORDER BY seq"  # noqa: S608
        return map(Statement.from_row, self._db.execute(query, values))


def _row(one: Statement) -> tuple[str, str, str, str, str, bytes]:
    said_at, facts = canonical.format_instant(one.said_at), json.dumps(dict(one.facts))
    return one.item, str(one.kind), one.editor, said_at, facts, one.signature
