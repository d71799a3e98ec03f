"""Settings files on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from resolver.settings import SettingsFault, load
from tests.resolver.settings.samples import full


def write(folder: Path, data: object) -> Path:
    path = folder / "resolver.yaml"
    path.write_text(yaml.safe_dump(data))
    (folder / "demo-root.json").write_text("{}")
    return path


def test_files_are_found_beside_the_settings(tmp_path: Path) -> None:
    """Relative paths start at the settings file's folder, wherever the command is typed."""
    settings = load(write(tmp_path, full() | {"state": "state"}))
    assert settings.lists[0].root == tmp_path / "demo-root.json"
    assert settings.state == tmp_path / "state"


def test_a_file_that_is_missing_is_named_with_its_line(tmp_path: Path) -> None:
    """The root file and the never-file are looked at before anything starts, but not by verbs that come earlier."""
    data = full()
    tls = {"ca": "demo-root.json", "certificate": "no.pem", "key": "no.key"}
    data["lists"][0] |= {"root": "nowhere.json", "never_file": "nothing.txt", "tls": tls}
    path = write(tmp_path, data)
    with pytest.raises(SettingsFault) as caught:
        load(path)
    named = {fault.path.removeprefix("lists[0].") for fault in caught.value.faults}
    assert named == {"root", "never_file", "tls.certificate", "tls.key"}
    assert all(fault.line for fault in caught.value.faults)
    assert load(path, look_at_files=False).lists[0].root == tmp_path / "nowhere.json"


def test_a_never_list_line_that_is_no_name_is_told(tmp_path: Path) -> None:
    """Such a line would stop every update of the list later on."""
    data = full()
    (tmp_path / "never.txt").write_text("good.example # popular\n192.0.2.1\n")
    data["lists"][0] |= {"never": ["two words"], "never_file": "never.txt"}
    with pytest.raises(SettingsFault) as caught:
        load(write(tmp_path, data))
    assert [fault.path for fault in caught.value.faults] == ["lists[0].never", "lists[0].never_file"]


def test_a_settings_file_that_cannot_be_read_is_a_settings_fault(tmp_path: Path) -> None:
    """The operator reads which file and why."""
    with pytest.raises(SettingsFault, match=r"cannot read .*absent\.yaml: No such file"):
        load(tmp_path / "absent.yaml")
    with pytest.raises(SettingsFault, match="Is a directory"):
        load(tmp_path)


def test_faults_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Sorted by line, so that they can be corrected from top to bottom."""
    path = tmp_path / "resolver.yaml"
    path.write_text("upstreams: []\nanswer:\n  ttl: 0\nlisten: [x]\n")
    with pytest.raises(SettingsFault) as caught:
        load(path)
    assert [(fault.line, fault.path) for fault in caught.value.faults] == [(3, "answer.ttl"), (4, "listen[0]")]
    assert str(caught.value).startswith("line 3: answer.ttl: expected a number from 1 to 60 seconds")
