"""Signed statements: codes only, all of it signed, kept in order."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from blocklist.errors import OperatorFault
from blocklist.publish.master.master import Master
from blocklist.publish.master.statements import Kind, Statement
from tests.blocklist.publish.support import NOW


def statement(**fields: Any) -> Statement:
    plain = {"item": "01X", "kind": Kind.SUSPEND, "editor": "alice", "said_at": NOW, "facts": {"code": "doubt"}}
    return Statement(**{**plain, **fields})


@pytest.mark.parametrize("text", ["", "two words", "a\nb", "é", "x" * 65, "a/b", "a@b", "a.example", "a:b"])
def test_free_text_is_refused_wherever_it_is_put(text: str) -> None:
    """An item, a code, a member of a list: what could describe something is no code."""
    for fields in ({"item": text}, {"facts": {"code": text}}, {"facts": {"entries": ("01X", text)}}):
        with pytest.raises(OperatorFault, match="takes a code"):
            statement(**fields)


def test_every_column_is_in_the_signed_bytes() -> None:
    """Changing any of them, or the list, is another statement."""
    one = statement()
    others = [
        statement(item="01Y"),
        statement(kind=Kind.RESUME),
        statement(editor="bob"),
        statement(said_at=NOW + timedelta(seconds=1)),
        statement(facts={"code": "order"}),
        statement(facts={}),
    ]
    assert len({one.body("demo"), one.body("other"), *(other.body("demo") for other in others)}) == len(others) + 2
    assert evolve(one, signature=b"x").body("demo") == one.body("demo")


def test_statements_come_back_in_order(tmp_path: Path) -> None:
    """All of them, of some kinds, about one item."""
    master = Master.create(tmp_path)
    first = statement(signature=b"1", facts={"entries": ("01A", "01B"), "code": "doubt"})
    second = statement(kind=Kind.RESUME, item="01Y", signature=b"2")
    master.statements.add([first, second])
    assert list(master.statements.all()) == [first, second]
    assert master.statements.of(Kind.RESUME, Kind.REMOVE) == [second]
    assert master.statements.about("01X") == [first]
    master.close()


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'praise'",
        "said_at = 'soon'",
        "facts = '[]'",
        'facts = \'{"code": "two words"}\'',
        "facts = '{\"a\": 1}'",
    ],
)
def test_a_damaged_row_is_told(tmp_path: Path, change: str) -> None:
    """No traceback, and what to do."""
    master = Master.create(tmp_path)
    master.statements.add([statement(signature=b"1")])
    master._db.execute(f"UPDATE statements SET {change}")
    with pytest.raises(OperatorFault):
        list(master.statements.all())
    master.close()


def test_facts_are_kept_as_json(tmp_path: Path) -> None:
    """Anybody can read them without this program."""
    master = Master.create(tmp_path)
    master.statements.add([statement(signature=b"1")])
    assert json.loads(master._db.execute("SELECT facts FROM statements").fetchone()[0]) == {"code": "doubt"}
    master.close()
