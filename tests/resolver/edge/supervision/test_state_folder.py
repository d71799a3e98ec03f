"""The state folder."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from resolver.edge.supervision.state_folder import StateFault, StateFolder


def test_one_resolver_at_a_time(tmp_path: Path) -> None:
    """The folder is made for us alone; a second claim is refused with a remedy until the first ends."""
    path = tmp_path / "var" / "state"
    first, second = StateFolder(path), StateFolder(path)
    first.claim()
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    with pytest.raises(StateFault, match=r"in use by another.*set another `state`"):
        second.claim()
    first.release()
    second.claim()
    second.release()


def test_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    """A file in the way is told with path and remedy."""
    (tmp_path / "state").write_text("")
    with pytest.raises(StateFault, match="make it writable"):
        StateFolder(tmp_path / "state").claim()


def test_lists_once_in_force_are_remembered(tmp_path: Path) -> None:
    """The mark survives the process; a folder that is gone raises nothing."""
    folder = StateFolder(tmp_path)
    assert not folder.had_list
    folder.note_list()
    assert StateFolder(tmp_path).had_list
    StateFolder(tmp_path / "missing").note_list()
