"""Files written whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from blocklist.disk import ASIDE_SUFFIX, make_folders, replace_file


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_write_replaces_the_whole_file_and_leaves_nothing_beside_it(tmp_path: Path, mode: int) -> None:
    """Also after a run that was killed before its rename, whatever mode it left."""
    path = tmp_path / "file"
    for data in (b"old", b"new"):
        (tmp_path / f"file{ASIDE_SUFFIX}").write_bytes(b"half a file of a killed run")
        replace_file(path, data, mode)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == mode
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    """A folder in the way stays, and nothing is left aside; a link laid there is not followed."""
    path = tmp_path / "file"
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_file(path, b"data")
    assert list(tmp_path.iterdir()) == [path]
    victim = tmp_path / "victim"
    victim.write_bytes(b"kept")
    (tmp_path / f"other{ASIDE_SUFFIX}").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic"):
        replace_file(tmp_path / "other", b"data")
    assert victim.read_bytes() == b"kept"


@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_all_new_folders_have_the_mode_whatever_the_umask(tmp_path: Path, mode: int) -> None:
    """Parents too: a web server must read what is published, and nobody what is private."""
    before = os.umask(0o077 if mode == 0o755 else 0)
    try:
        make_folders(tmp_path / "a" / "b", mode)
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "a", tmp_path / "a" / "b")] == [mode, mode]


def test_a_file_in_the_way_of_a_folder_is_told(tmp_path: Path) -> None:
    """At its place or above it."""
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(NotADirectoryError):
            make_folders(path)
