"""Versions as the master books them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from blocklist.errors import OperatorFault
from blocklist.publish.master.master import Master
from blocklist.publish.master.releases import Release

WHEN, LATER = "2026-11-22T03:00:00Z", "2026-11-22T04:00:00Z"


@pytest.fixture
def master(tmp_path: Path) -> Iterator[Master]:
    made = Master.create(tmp_path)
    yield made
    made.close()


def release(version: int, records: bytes = b"set", *ids: str, **more: object) -> Release:
    entries = tuple((entry_id, entry_id.encode()) for entry_id in ids)
    return Release(version=version, set_sha256=f"digest of {records!r}", records=records, entries=entries, **more)  # type: ignore[arg-type]


def test_versions_are_booked_once_published(master: Master) -> None:
    """A build not published counts for nothing; the last published one's ids and records are kept."""
    books = master.releases
    assert (books.last_published(), books.published_ids()) == (None, frozenset())
    books.put(release(1, b"one", "a", "b"))
    assert books.last_published() is None
    assert books.is_built(1, "digest of b'one'")
    assert not books.is_built(1, "digest of b'two'")
    books.mark_published(1, WHEN)
    books.put(release(2, b"two", "a"))
    books.put(release(2, b"new", "c"))
    assert (books.last_published(), books.tokens_of("abc")) == ((1, b"one"), {"a": b"a", "b": b"b"})
    assert books.behind([b"b", b"c"]) == [("b", b"b")]
    books.mark_published(2, "2026-11-22T04:00:00Z")
    assert (books.last_published(), books.published_ids()) == ((2, b"new"), {"c"})
    assert books.published_at(1) == WHEN


def test_a_version_passed_over_leaves_no_line_and_no_file(master: Master) -> None:
    """Version 2 was built and perhaps signed, never published; the record and the kept files know 1 and 3."""
    books = master.releases
    for version in (1, 2, 3):
        books.put(release(version, log_line=b"line %d" % version, files={f"file {version}": b"data"}, manifest=b"{}"))
        if version != 2:
            books.mark_published(version, WHEN)
    assert books.log_lines(9) == [b"line 1", b"line 3"]
    assert (books.file("file 1"), books.file("file 2"), books.log_line(2)) == (b"data", None, None)
    assert (books.manifest(3), books.manifest(2)) == (b"{}", b"")


def test_an_epoch_begins_when_its_first_version_is_published(master: Master) -> None:
    """Until then the old one is in force, and a version built in its stead forgets it with its keys."""
    books = master.releases
    books.put(release(1))
    books.mark_published(1, WHEN)
    books.put(release(2, begins=(2, date(2026, 11, 21))))
    master.put_wrapped("match", 2, "alice", b"wrapped")
    assert (books.epoch(), books.epochs_from(1)) == (None, {2: date(2026, 11, 21)})
    books.put(release(2))
    with pytest.raises(OperatorFault, match="epoch 2"):
        master.wrapped("match", 2, "alice")
    assert (books.epochs_from(1), books.epochs_begun(), books.began_at()) == ({}, [], WHEN)
    books.put(release(2, begins=(2, date(2026, 11, 22))))
    books.mark_published(2, LATER)
    assert (books.epoch(), books.epochs_from(2)) == ((2, date(2026, 11, 22)), {})
    assert (books.epochs_begun(), books.began_at()) == ([(2, LATER)], LATER)


def test_the_secret_before_the_last_is_forgotten(master: Master) -> None:
    """Whoever gets hold of a reading key opens no file of an epoch long ago."""
    books = master.releases
    for epoch in (1, 2, 3):
        master.put_wrapped("match", epoch, "alice", b"wrapped %d" % epoch)
    for version, epoch in ((1, None), (2, 2), (3, 3)):
        books.put(release(version, begins=epoch and (epoch, date(2026, 11, 21))))
        books.mark_published(version, WHEN)
    with pytest.raises(OperatorFault, match="no match key of epoch 1"):
        master.wrapped("match", 1, "alice")
    assert master.wrapped("match", 2, "alice") == b"wrapped 2"


def test_files_no_version_names_are_forgotten(master: Master) -> None:
    """Only what the published targets file names is kept for later ones."""
    books = master.releases
    assert books.began_at() is None
    books.put(release(1, files={"old": b"1", "new": b"2"}))
    books.keep_files(["new", "index.json"])
    assert (books.file("old"), books.file("new")) == (None, b"2")
