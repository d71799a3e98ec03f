"""The published folder."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from blocklist.errors import OperatorFault
from blocklist.publish.publication.outlet import Outlet
from tests.blocklist.publish.support import NOW, Office, entry

FIRST = int(NOW.timestamp())


def published(office: Office) -> Outlet:
    office.add([entry()], office.alice, office.bob)
    office.publish()
    return Outlet(office.out)


def test_a_stamp_renews_the_timestamp_and_an_old_snapshot(office: Office) -> None:
    """6 h and 7 d lifetimes; the snapshot is signed anew two days before its end."""
    outlet = published(office)
    assert outlet.expires() == {"timestamp": NOW + timedelta(hours=6), "snapshot": NOW + timedelta(days=7)}
    later = NOW + timedelta(days=1)
    assert outlet.stamp(office.online, later) == int(later.timestamp())
    assert outlet.stamp(office.online, later) == int(later.timestamp()) + 1
    assert (outlet.version_of("snapshot"), outlet.expires()["timestamp"]) == (FIRST, later + timedelta(hours=6))
    later = NOW + timedelta(days=6)
    assert outlet.stamp(office.online, later) == int(later.timestamp())
    assert outlet.version_of("snapshot") == int(later.timestamp())
    assert outlet.expires()["snapshot"] == later + timedelta(days=7)


def test_nothing_named_by_a_timestamp_is_missing_when_a_run_is_cut(office: Office) -> None:
    """Take away files one by one, newest write first: each state but the last shows the old version whole."""
    outlet = published(office)
    before = {path: path.read_bytes() for path in office.out.rglob("*") if path.is_file()}
    office.add([entry("more.example")], office.alice, office.bob)
    office.publish()
    changed = {path.name: data for path, data in before.items() if path.read_bytes() != data}
    assert changed.keys() == {"timestamp.json", "log.jsonl"}
    assert (office.out / "log.jsonl").read_bytes().startswith(changed["log.jsonl"]), "the record only grows"
    assert outlet.version_of("targets") == 2


def test_a_leftover_of_a_killed_run_is_written_over(office: Office) -> None:
    """A snapshot no timestamp ever named does not stop the next run."""
    outlet = published(office)
    (office.out / "metadata" / f"{FIRST + 1}.snapshot.json").write_bytes(b"{}")
    office.publish()
    assert outlet.version_of("snapshot") == FIRST + 1
    assert outlet.version_of("targets") == 2


def test_another_folder_can_be_filled_from_the_same_signatures(office: Office) -> None:
    """A folder begun anew after a loss gets the signed version, above what clients saw in the lost one."""
    lost = published(office)
    for minutes in range(0, 60, 5):
        lost.stamp(office.online, NOW + timedelta(minutes=minutes))
    before = {role: lost.version_of(role) for role in ("snapshot", "timestamp")}
    shutil.rmtree(office.out)
    assert office.desk.publish(office.folder / "anew", office.online, NOW + timedelta(hours=1)) == 1
    anew = Outlet(office.folder / "anew")
    assert anew.version_of("targets") == 1
    assert all(anew.version_of(role) > version for role, version in before.items())
    assert len((anew.folder / "log.jsonl").read_bytes().splitlines()) == 1


def test_a_folder_of_a_newer_version_or_another_list_is_left_alone(office: Office, tmp_path: Path) -> None:
    """Clients refuse to go back, so the publisher does, too."""
    published(office)
    shutil.copytree(office.out, tmp_path / "old")
    stage = tmp_path / "stage"
    shutil.copytree(office.folder / "desk" / "stage", stage)
    office.add([entry("more.example")], office.alice, office.bob)
    office.publish()
    older = Outlet(office.out)
    signed = evolve(office.desk.stage.signed("targets"), metadata=(stage / "targets.json").read_bytes())
    with pytest.raises(OperatorFault, match="clients refuse to go back"):
        older.publish(office.desk.root, (evolve(signed, files=_files(stage)),), office.online, NOW)
    (tmp_path / "old" / "metadata" / "1.root.json").write_bytes(b"another")
    with pytest.raises(OperatorFault, match="another list's folder"):
        office.desk.publish(tmp_path / "old", office.online, NOW)
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "log.jsonl").write_bytes(b"{}\n")
    with pytest.raises(OperatorFault, match="not this list's record"):
        office.desk.publish(tmp_path / "foreign", office.online, NOW)


def _files(stage: Path) -> dict[str, bytes]:
    found = {}
    for path in (stage / "files").rglob("*"):
        if path.is_file():
            folder = path.parent.relative_to(stage / "files")
            found[(folder / path.name.partition(".")[2]).as_posix()] = path.read_bytes()
    return found


def test_foreign_online_keys_and_empty_folders_are_refused(office: Office) -> None:
    """A key root.json does not name signs nothing; an empty folder has nothing to stamp."""
    with pytest.raises(OperatorFault, match="holds no list"):
        Outlet(office.out).stamp(office.online, NOW)
    outlet = published(office)
    swapped = evolve(office.online, snapshot=office.online.timestamp)
    with pytest.raises(OperatorFault, match="snapshot key is not the one"):
        outlet.stamp(swapped, NOW)
    (office.out / "metadata" / "timestamp.json").write_bytes(b"{")
    with pytest.raises(OperatorFault, match="damaged"):
        outlet.stamp(office.online, NOW)


def test_published_files_are_readable_for_a_web_server(office: Office) -> None:
    """Public files are 0644; the desk's are 0600."""
    published(office)
    assert {path.stat().st_mode & 0o777 for path in office.out.rglob("*") if path.is_file()} == {0o644}
    desk = office.folder / "desk"
    private = [path for path in desk.rglob("*") if path.is_file() and not path.name.startswith("master.db-")]
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}
