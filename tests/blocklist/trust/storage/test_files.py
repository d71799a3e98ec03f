"""Files of the state folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from blocklist.errors import OperatorFault, TransferFault
from blocklist.trust.storage.files import create_file, make_folder, read_private, write_file


def test_write_replaces_whole_and_private(tmp_path: Path) -> None:
    """A file is 0600 and replaced in one step; nothing is left aside."""
    path = tmp_path / "file"
    for data in (b"old", b"new"):
        write_file(path, data)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    """What cannot be renamed into place is a disk fault, and leaves nothing behind."""
    path = tmp_path / "file"
    path.mkdir()
    with pytest.raises(TransferFault) as caught:
        write_file(path, b"data")
    assert caught.value.code == "disk"
    assert list(tmp_path.iterdir()) == [path]


def test_first_of_two_writers_wins(tmp_path: Path) -> None:
    """Two processes that make a key at once agree on one."""
    path = tmp_path / "key"
    assert create_file(path, b"first") == b"first"
    assert create_file(path, b"second") == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_all_new_folders_are_private(tmp_path: Path) -> None:
    """Parents that had to be made are 0700, too; a file in the way is the operator's."""
    folder = make_folder(tmp_path / "a" / "b")
    assert [path.stat().st_mode & 0o777 for path in (folder, folder.parent)] == [0o700, 0o700]
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OperatorFault):
        make_folder(tmp_path / "file" / "b")


def test_key_file_open_to_others_is_refused(tmp_path: Path) -> None:
    """A key others could read counts as leaked; one of another length is no key; a missing one is None."""
    path = tmp_path / "key"
    assert read_private(path, 4, "key") is None
    write_file(path, b"1234")
    assert read_private(path, 4, "key") == b"1234"
    with pytest.raises(OperatorFault, match="5 bytes"):
        read_private(path, 5, "key")
    path.chmod(0o640)
    with pytest.raises(OperatorFault, match="chmod 600"):
        read_private(path, 4, "key")


def test_key_path_that_is_a_folder_is_the_operators(tmp_path: Path) -> None:
    """What cannot be read is reported with its path and reason."""
    (tmp_path / "key").mkdir(mode=0o700)
    with pytest.raises(OperatorFault, match=os.fspath(tmp_path)):
        read_private(tmp_path / "key", 4, "key")
