"""Import: a stream of entries and faults, and its report."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from attrs import evolve

from blocklist.criteria import DEMO
from blocklist.entries import Entry
from blocklist.errors import EntryFault
from blocklist.limits import LIMITS
from blocklist.publish.master.rows import BATCH
from blocklist.publish.review.foreign import read_plain
from blocklist.publish.review.importing import Harvest, ImportLimits, Reject, drafted, parsed, read_lines
from tests.blocklist.publish.review.test_drafts import TEMPLATE
from tests.blocklist.publish.support import NOW, Office, entry


def reasons(found: list[tuple[int, Entry | EntryFault]]) -> list[tuple[int, str]]:
    return [(line, one.reason if isinstance(one, EntryFault) else "") for line, one in found]


def test_each_line_is_an_entry_or_a_fault() -> None:
    """Under its number."""
    found = [*drafted([b"a.example\n", b"a..b\n", b"# none\n", b"b.example\n"], read_plain, TEMPLATE, DEMO)]
    assert reasons(found) == [(1, ""), (2, "empty_label"), (4, "")]


def test_entry_lines_keep_their_ids() -> None:
    """A file beyond the limits ends in a fault."""
    one, two = entry("one.example"), entry("two.example")
    lines = [one.to_bytes() + b"\n", two.to_bytes(), b"{}"]
    assert [*parsed(lines[:2], DEMO)] == [(1, one), (2, two)]
    assert reasons([*parsed(lines, DEMO)])[-1] == (3, "missing_id")
    assert reasons([*parsed(lines, DEMO, evolve(LIMITS, entries=2))])[-1] == (3, "too_long_file")
    assert reasons([*parsed(lines, DEMO, evolve(LIMITS, file_bytes=9))]) == [(1, "too_long_file")]


def test_a_line_without_an_end_is_not_held() -> None:
    """It is cut, refused as too long, later lines keep their numbers, and all bytes are told."""
    data = b"a.example\n" + b"x" * 50_000 + b"\nb.example\n" + b"y" * (LIMITS.line_bytes + 2)
    told: list[int] = []
    lines = [*read_lines(io.BytesIO(data), told.append)]
    assert max(map(len, lines)) == LIMITS.line_bytes + 2
    assert sum(told) == len(data)
    found = [*drafted(lines, read_plain, TEMPLATE, DEMO)]
    assert reasons(found) == [(1, ""), (2, "long_line"), (3, ""), (4, "long_line")]


def test_a_report_counts_everything_and_holds_the_first_of_it() -> None:
    """Ids and rejects beyond the limits are only counted."""
    report = Harvest(ImportLimits(ids=2, rejects=2))
    entries = [entry(f"n{number}.example") for number in range(4)]
    batch = [*enumerate(entries, 1), (5, EntryFault("bad_label")), (6, EntryFault("bad_label"))]
    report.book(batch, [None, "01KNOWN", None, None])
    report.book([(7, entries[0])], [entries[0].id])
    assert (report.added, report.ids) == (3, [entries[0].id, entries[2].id])
    assert (report.rejected, report.rejects) == (4, [Reject(2, "already_listed", "01KNOWN"), Reject(5, "bad_label")])
    assert dict(report.reasons) == {"already_listed": 1, "bad_label": 2, "id_used_before": 1}


def test_what_is_taken_in_is_drafted_and_approved_by_its_editor(office: Office) -> None:
    """In several batches; a repeat in a later one, or of an id, is refused."""
    entries = [entry(f"n{number}.example") for number in range(BATCH + 3)]
    again = entry("n0.example")
    found = office.desk.take_in(enumerate([*entries, again, entries[1]], 1), office.bob, approve=True)
    assert (found.added, found.rejected) == (BATCH + 3, 2)
    assert [reject.reason for reject in found.rejects] == ["already_listed", "id_used_before"]
    assert found.rejects[0].listed_as == entries[0].id
    verdict = office.desk.verify(office.carol)
    assert (verdict.failures, dict(verdict.good)) == ((), {"draft": BATCH + 3, "approval": BATCH + 3})
    assert {one.approved_by for one in office.desk.standings(NOW.date())} == {("bob",)}


def test_an_import_that_breaks_off_leaves_nothing(office: Office) -> None:
    """One transaction, however many batches went in before."""

    def lines() -> object:
        yield from ((number, entry(f"n{number}.example")) for number in range(BATCH * 2))
        raise OSError("the disk with the file is gone")

    with pytest.raises(OSError, match="gone"):
        office.desk.take_in(lines(), office.alice)  # type: ignore[arg-type]
    assert office.desk.items() == frozenset()
    late = entry("n1.example", not_after=NOW.date() + timedelta(days=80))
    assert office.desk.take_in([(1, late)], office.alice).added == 1
