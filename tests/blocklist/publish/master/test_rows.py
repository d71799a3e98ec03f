"""Entries in and out of the master."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from blocklist.errors import OperatorFault
from blocklist.publish.master import rows
from blocklist.publish.master.master import Master
from blocklist.publish.master.vault import Vault
from tests.blocklist.publish.support import NOW, entry

VAULT = Vault("demo", bytes(32))
PEN = rows.Pen("alice", lambda one: b"draft of " + one.id.encode())


def test_entries_come_back_as_they_went_in(tmp_path: Path) -> None:
    """All fields, sealed ones too, in order of id."""
    master = Master.create(tmp_path)
    url = entry(
        "u.example", type="url", scheme="https", port=8443, path="/a%2F", query="q", path_match="prefix", dns_ok=True
    )
    entries = [entry("h.example", all_types=True), url, entry("t.example", test=True)]
    assert rows.insert(master, VAULT, entries, PEN) == {}
    assert list(rows.live_entries(master, VAULT)) == sorted(entries, key=lambda one: one.id)
    master.close()


def test_a_twin_is_refused_unless_it_lasts_longer(tmp_path: Path) -> None:
    """Within one call, too; a removed entry has no twin."""
    master = Master.create(tmp_path)
    first, same, longer = entry(), entry(), entry(not_after=NOW.date() + timedelta(days=80))
    assert rows.insert(master, VAULT, [first, same, longer], PEN) == {same.id: first.id}
    assert rows.insert(master, VAULT, [same], PEN) == {same.id: longer.id}
    master.entries.end(longer.id, "alice")
    master.entries.end(first.id, "alice")
    assert rows.insert(master, VAULT, [same], PEN) == {}
    master.close()


def test_a_failure_in_the_middle_adds_nothing(tmp_path: Path) -> None:
    """One transaction."""
    master = Master.create(tmp_path)

    def broken() -> list[object]:
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        rows.insert(master, VAULT, (one if one is not None else broken() for one in [entry("a.example"), None]), PEN)  # type: ignore[misc]
    assert master.entries.count() == 0
    master.close()


def test_a_row_that_lost_a_field_is_told() -> None:
    """A cell or fact taken away behind the tool's back is damage, not a traceback."""
    good = rows.fields_of(entry())
    for fields in ({**good, "decided_on": "x"}, {name: good[name] for name in good if name != "name"}):
        with pytest.raises(OperatorFault, match="restore the master"):
            rows.entry_of(fields)
