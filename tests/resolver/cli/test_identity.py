"""Whose files the commands leave in the state folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from resolver.cli.faults import CliFault
from resolver.cli.identity import as_owner_of
from tests.support.tools import require_root

NOBODY = 65534


def test_the_owner_just_acts(tmp_path: Path) -> None:
    """Nothing changes for a user's own folder, nor while there is none."""
    for folder in (tmp_path, tmp_path / "none"):
        with as_owner_of(folder):
            assert os.geteuid() == os.getuid()


def test_a_folder_of_somebody_else_is_told(tmp_path: Path) -> None:
    """What may not be used is told with the way out."""
    with pytest.raises(CliFault, match="run this as that user, or root"), as_owner_of(tmp_path):
        raise PermissionError


@pytest.mark.root
def test_root_leaves_files_of_the_folders_owner() -> None:
    """An exemption that root adds can be read by the resolver's user; afterwards root is root again."""
    require_root()
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        os.chown(state, NOBODY, NOBODY)
        with as_owner_of(state):
            (state / "file").touch()
        assert ((state / "file").stat().st_uid, (state / "file").stat().st_gid) == (NOBODY, NOBODY)
        assert os.geteuid() == 0
