"""Import: entries and rejects."""

from __future__ import annotations

from blocklist.criteria import DEMO
from blocklist.publish.foreign import read_plain
from blocklist.publish.importing import Reject, harvest, harvest_entries
from tests.blocklist.publish.support import entry
from tests.blocklist.publish.test_drafts import TEMPLATE


def test_each_line_is_an_entry_or_a_reject() -> None:
    """Repeats the desk reports are booked under their line, in order."""
    found = harvest([b"a.example\n", b"a..b\n", b"b.example\n"], read_plain, TEMPLATE, DEMO)
    first, second = found.entries
    assert (first.name, second.name) == ("a.example", "b.example")
    found.reject_repeats({first.id: "01KNOWN"})
    assert found.entries == [second]
    assert found.rejects == [Reject(1, "already_listed", "01KNOWN"), Reject(2, "empty_label")]
    assert found.reasons() == {"already_listed": 1, "empty_label": 1}


def test_entry_lines_keep_their_ids() -> None:
    """An id given before, or twice in the file, is rejected by line."""
    one, two = entry("one.example"), entry("two.example")
    lines = [one.to_bytes() + b"\n", two.to_bytes() + b"\n", two.to_bytes(), b"{}"]
    found = harvest_entries(lines, DEMO, frozenset({one.id}))
    assert found.entries == [two]
    assert found.rejects == [Reject(1, "id_used_before"), Reject(3, "duplicate_id"), Reject(4, "missing_id")]
