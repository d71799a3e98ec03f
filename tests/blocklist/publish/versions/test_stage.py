"""The stage."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocklist.errors import OperatorFault
from blocklist.publish.versions import roles
from blocklist.publish.versions.stage import Stage
from tests.blocklist.publish.support import NOW


def put(stage: Stage, version: int, data: bytes) -> None:
    files = {"keys/current": data}
    stage.put("keyring", roles.make_keyring(version, files, NOW), files)


def test_a_role_and_its_files_come_back_and_old_files_go(tmp_path: Path) -> None:
    """Only what a staged role names is kept."""
    stage = Stage(tmp_path)
    assert stage.load("keyring") is None
    put(stage, 1, b"one")
    put(stage, 2, b"two")
    staged = stage.signed("keyring")
    assert staged.files == {"keys/current": b"two"}
    assert [path.name.partition(".")[2] for path in (tmp_path / "stage" / "files" / "keys").iterdir()] == ["current"]


def test_damage_is_found_and_told(tmp_path: Path) -> None:
    """A changed file, a missing one, a role that is none."""
    stage = Stage(tmp_path)
    with pytest.raises(OperatorFault, match="mamori-list build"):
        stage.signed("keyring")
    put(stage, 1, b"one")
    (file,) = (tmp_path / "stage" / "files" / "keys").iterdir()
    file.write_bytes(b"two")
    with pytest.raises(OperatorFault, match="not what was staged"):
        stage.signed("keyring")
    file.unlink()
    with pytest.raises(OperatorFault, match="cannot read staged file"):
        stage.signed("keyring")
    (tmp_path / "stage" / "keyring.json").write_bytes(b"{}")
    with pytest.raises(OperatorFault, match=r"keyring\.json is damaged"):
        stage.load("keyring")
