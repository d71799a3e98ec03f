"""Files written whole."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from blocklist.errors import OperatorFault
from blocklist.publish.files import make_folder, only_one, read_file, write_atomically


def test_faults_name_the_path(tmp_path: Path) -> None:
    """A folder in the way, a missing folder, a missing file."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(OperatorFault, match=r"cannot write .*folder"):
        write_atomically(tmp_path / "folder", b"data")
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]
    with pytest.raises(OperatorFault, match="nothing was changed"):
        write_atomically(tmp_path / "absent" / "file", b"data")
    with pytest.raises(OperatorFault, match="cannot read never-list"):
        read_file(tmp_path / "absent", "never-list")
    (tmp_path / "plain").touch()
    with pytest.raises(OperatorFault, match="cannot create folder"):
        make_folder(tmp_path / "plain" / "below")


def _write_under_lock(folder: Path, text: str) -> None:
    with only_one(folder):
        (folder / "log").write_text((folder / "log").read_text() + text)


def test_only_one_process_works_at_a_time(tmp_path: Path) -> None:
    """Read-modify-write by several processes loses nothing."""
    (tmp_path / "log").touch()
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write_under_lock, args=(tmp_path, letter)) for letter in "ab"]
    with only_one(tmp_path):
        for worker in workers:
            worker.start()
        _ = (tmp_path / "log").write_text("0")
    for worker in workers:
        worker.join()
        worker.close()
    assert sorted((tmp_path / "log").read_text()) == ["0", "a", "b"]
