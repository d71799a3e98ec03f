"""The drop folder."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from blocklist.errors import OperatorFault
from blocklist.publish.faults import Refusal
from blocklist.publish.publication import drop
from blocklist.publish.publication.drop import DropLimits
from blocklist.publish.publication.outlet import SignedRole
from tests.blocklist.publish.support import NOW

ROLE = SignedRole("targets", b"{}", {"match/1/2.full": b"full", "index.json": b"index"})


def test_what_is_put_is_read_back_in_order(tmp_path: Path) -> None:
    """Roles, files by hash, root versions by number and the line of the public record; the older submission first."""
    second = drop.put(tmp_path, (ROLE,), NOW + timedelta(seconds=1), log_line=b'{"a":1}')
    first = drop.put(tmp_path, (), NOW, roots={10: b"ten", 9: b"nine"})
    assert drop.waiting(tmp_path) == [first, second]
    assert drop.read(first, DropLimits()).roots == (b"nine", b"ten")
    assert {path.stat().st_mode & 0o777 for path in second.rglob("*")} == {0o770, 0o640}
    read = drop.read(second, DropLimits())
    assert (read.roles, read.log_line) == ({"targets": b"{}"}, b'{"a":1}\n')
    assert read.file(f"{sha256(b'full').hexdigest()}.2.full", DropLimits()) == b"full"
    assert read.file("missing", DropLimits()) is None


def test_what_is_being_written_or_was_published_is_no_submission(tmp_path: Path) -> None:
    """A kill before the rename, or while one is taken away, leaves nothing to read."""
    place = drop.put(tmp_path, (ROLE,), NOW)
    (tmp_path / ".new-x").mkdir()
    (tmp_path / ".done-x").mkdir()
    (tmp_path / "link").symlink_to(place)
    assert drop.waiting(tmp_path) == [place]
    with drop.watching(tmp_path):
        assert not (tmp_path / ".done-x").exists()
    drop.done(place)
    assert drop.waiting(tmp_path) == []
    with pytest.raises(OperatorFault, match="cannot read drop folder"):
        drop.waiting(tmp_path / "none")


def test_a_refused_one_is_put_aside_with_its_reason(tmp_path: Path) -> None:
    """The reason is a word and a sentence."""
    place = drop.put(tmp_path, (ROLE,), NOW)
    drop.refuse(place, Refusal("older", "an older version"), NOW)
    (tmp_path / place.name).mkdir()
    drop.refuse(tmp_path / place.name, Refusal("older", "an older version"), NOW)
    assert (drop.waiting(tmp_path), drop.refused(tmp_path)) == ([], 2)
    reason = json.loads((tmp_path / "refused" / place.name / "reason.json").read_bytes())
    assert reason == {"code": "older", "reason": "an older version", "refused_at": "2026-11-22T03:00:00Z"}


def test_limits_hold_for_what_anybody_may_put_there(tmp_path: Path) -> None:
    """Large files, links, many roots, many files and empty submissions are refused before they are read."""
    place = drop.put(tmp_path, (ROLE,), NOW, roots={1: b"", 2: b""})
    for limits in (DropLimits(role_bytes=1), DropLimits(roots=1), DropLimits(files=1)):
        with pytest.raises(Refusal, match=r"larger|more than"):
            drop.read(place, limits)
    (place / "keyring.json").symlink_to(place / "targets.json")
    with pytest.raises(Refusal, match="no plain file"):
        drop.read(place, DropLimits())
    (place / "keyring.json").unlink()
    os.mkfifo(place / "keyring.json")
    with pytest.raises(Refusal, match="no plain file"):
        drop.read(place, DropLimits())
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refusal, match="holds no role file"):
        drop.read(tmp_path / "empty", DropLimits())


def test_one_daemon_a_folder(tmp_path: Path) -> None:
    """A second one says so and ends."""
    with drop.watching(tmp_path), pytest.raises(OperatorFault, match="another"), drop.watching(tmp_path):
        pass


def test_nothing_is_half_handed_over(tmp_path: Path) -> None:
    """A folder that cannot be written leaves nothing behind."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OperatorFault, match="no folder"):
        drop.put(tmp_path / "file", (ROLE,), NOW)


def test_no_drop_folder_is_made_for_a_mistyped_one(tmp_path: Path) -> None:
    """Nobody watches it: a withdrawal in it would be thought sent."""
    with pytest.raises(OperatorFault, match="signer watches"):
        drop.put(tmp_path / "drpo", (ROLE,), NOW)
    assert not list(tmp_path.iterdir())
