"""The master's tables of withdrawals."""

from __future__ import annotations

from pathlib import Path

from blocklist.publish.master.master import Master
from blocklist.publish.master.withdrawals import Withdrawn


def test_what_is_taken_off_waits_for_a_version_without_it(tmp_path: Path) -> None:
    """Booked by serial, confirmed once, and withdrawn again it counts anew."""
    master = Master.create(tmp_path)
    books = master.withdrawals
    assert (books.last_serial(), books.unconfirmed()) == (0, {})
    first = Withdrawn("a", b"token", 7, "dave", b"signature")
    books.book(7, "2026-11-22T03:00:00Z", "dave", [first])
    books.book(9, "2026-11-23T03:00:00Z", "erin", [])
    assert (books.last_serial(), books.unconfirmed()) == (9, {"a": first})
    books.confirm("a", 2)
    assert books.unconfirmed() == {}
    again = Withdrawn("a", b"token", 11, "erin", b"signature")
    books.book(11, "2026-11-24T03:00:00Z", "erin", [again])
    assert books.unconfirmed() == {"a": again}
    assert first.reinstatement != again.reinstatement
    master.close()
