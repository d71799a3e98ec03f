"""One helper shows what every verb found."""

from __future__ import annotations

import json

import pytest

from blocklist.publish.cli.showing import MAX_SHOWN, fact_lines, shortened, table, tell

FACTS = {"count": 2, "last_day": None, "signed": True, "ids": ["a", "b"], "role": {"version": 1}}


def test_programs_get_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    """All facts on one line, whatever people would have been shown."""
    tell(FACTS, as_json=True, lines=["for people"])
    assert json.loads(capsys.readouterr().out) == FACTS


def test_people_get_lines_of_their_own_or_the_facts(capsys: pytest.CaptureFixture[str]) -> None:
    """Words instead of JSON's null, true and underscores; nested facts are set in."""
    tell(FACTS, as_json=False, lines=["done"])
    assert capsys.readouterr().out == "done\n"
    tell(FACTS, as_json=False)
    expected = "count: 2\nlast day: -\nsigned: yes\nids: 2\n  a\n  b\nrole:\n  version: 1\n"
    assert capsys.readouterr().out == expected


def test_objects_become_a_table() -> None:
    """Columns stand below each other; a list in a cell is joined."""
    rows = [{"id": "a", "who": ["alice", "bob"]}, {"id": "long", "who": []}]
    assert list(fact_lines({"rows": rows})) == ["rows: 2", "  id    who", "  a     alice, bob", "  long  -"]
    assert list(table(rows, ["who"])) == ["  who", "  alice, bob", "  -"]
    assert list(table([])) == []


def test_long_lists_are_cut_for_people() -> None:
    """The rest is a number."""
    many = [{"id": number} for number in range(MAX_SHOWN + 3)]
    assert list(table(many))[-1] == "  … and 3 more"
    assert list(shortened(range(MAX_SHOWN + 1)))[-2:] == [f"  {MAX_SHOWN - 1}", "  … and 1 more"]
