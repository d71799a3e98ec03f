"""Modes and owners, where the obvious is not all."""

from __future__ import annotations

import shutil
from pathlib import Path

from blocklist.trust.local.preflight import State
from resolver.preflight.files import SHOWN_MOST, file_checks
from tests.support.preflight import Stage


def test_a_state_folder_that_will_be_made_is_no_fault(tmp_path: Path) -> None:
    """A first preflight comes before a first start."""
    stage = Stage(tmp_path)
    case = stage.case()
    shutil.rmtree(stage.folder / "state")
    found = next(iter(file_checks(case)))
    assert (found.state, "not there yet" in found.found_en) == (State.PASSED, True)


def test_many_open_files_are_not_all_named(tmp_path: Path) -> None:
    """Some of them, and that there are more; a link's own mode means nothing."""
    stage = Stage(tmp_path)
    case = stage.case()
    (stage.folder / "state" / "link").symlink_to("/etc/hostname")
    assert next(iter(file_checks(case))).state is State.PASSED
    for number in range(SHOWN_MOST + 1):
        path = stage.folder / "state" / f"open{number}"
        path.write_text("")
        path.chmod(0o644)
    found = next(iter(file_checks(case)))
    assert found.found_en.count("/open") == SHOWN_MOST
    assert "…" in found.found_en
