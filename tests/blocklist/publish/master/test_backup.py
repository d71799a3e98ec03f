"""Backup and restore, killed at every step, and damaged in every way."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from blocklist.errors import OperatorFault
from blocklist.publish.desk import Desk
from blocklist.publish.master.archive import MANIFEST, Contents
from blocklist.publish.master.backup import backup, restore
from tests.blocklist.publish.support import NOW, PASSPHRASE, Office, entry
from tests.support.kills import killed_at


@pytest.fixture
def made(office: Office) -> tuple[Office, Path]:
    """A desk with a published entry, a draft and a suspension, and its backup."""
    one, two = entry("very-hidden-quartz.example"), entry("two.example")
    office.subscribe()
    office.add([one, two], office.alice, office.bob)
    office.publish()
    office.desk.suspend([two.id], office.carol, NOW, "doubt")
    office.add([entry("three.example")])
    file = office.folder / "desk.backup"
    backup(office.folder / "desk", file, NOW)
    return office, file


def test_a_restored_desk_is_the_same_desk(made: tuple[Office, Path]) -> None:
    """Entries, states, signatures and what is staged; it goes on publishing with the holders' key files."""
    office, file = made
    before = list(office.desk.standings(NOW.date()))
    names = {one.name for one in office.desk.entries(office.alice)}
    contents = restore(file, office.folder / "new")
    assert (contents.list_id, contents.made_at) == ("demo", "2026-11-22T03:00:00Z")
    desk = Desk.open(office.folder / "new", office.folder / "desk" / "keys")
    alice = desk.unlock("alice", PASSPHRASE)
    assert list(desk.standings(NOW.date())) == before
    assert {one.name for one in desk.entries(alice)} == names
    assert desk.verify(alice).failures == ()
    assert desk.status() == office.desk.status()
    desk.build(alice, NOW)
    desk.close()


def test_a_backup_holds_no_private_key_and_no_name(made: tuple[Office, Path]) -> None:
    """And nobody else may read it."""
    office, file = made
    data = file.read_bytes()
    for text in (b"PRIVATE KEY", b"quartz"):
        assert text not in data
    with tarfile.open(file) as tar:
        assert not [name for name in tar.getnames() if name.endswith(".pem") or name.startswith("keys")]
    assert file.stat().st_mode & 0o777 == 0o600
    (office.folder / "desk" / "notes.txt").write_bytes(b"-----BEGIN PRIVATE KEY-----\n")
    with pytest.raises(OperatorFault, match=r"notes\.txt is a private key"):
        backup(office.folder / "desk", office.folder / "other", NOW)
    assert not (office.folder / "other").exists()


def test_nothing_is_ever_overwritten(made: tuple[Office, Path]) -> None:
    """Neither another backup nor a living desk."""
    office, file = made
    with pytest.raises(OperatorFault, match="never replaces"):
        backup(office.folder / "desk", file, NOW)
    with pytest.raises(OperatorFault, match="never restored over a desk"):
        restore(file, office.folder / "desk")
    with pytest.raises(OperatorFault, match="cannot restore"):
        restore(office.folder / "absent", office.folder / "new")
    with pytest.raises(OperatorFault, match="cannot write"):
        backup(office.folder / "desk", office.folder / "no" / "folder", NOW)
    empty = office.folder / "empty"
    empty.mkdir()
    restore(file, empty)
    assert (empty / "desk.json").is_file()


@pytest.mark.parametrize("verb", ["backup", "restore"])
def test_a_kill_at_any_write_step_leaves_the_target_as_it_was(made: tuple[Office, Path], verb: str) -> None:
    """Absent until it is whole, and from then on as it is; what was left beside it does not hinder the next run."""
    office, file = made
    target, desk = office.folder / "target", office.folder / "desk"

    def work() -> object:
        return backup(desk, target, NOW) if verb == "backup" else restore(file, target)

    step, whole = 1, 0
    while killed_at(step, work):
        if target.exists():
            whole += 1
            restore(target, office.folder / f"of{step}") if verb == "backup" else Desk.open(target).close()
            target.rename(office.folder / f"whole{step}")
        step += 1
    assert whole < 5 <= step - whole
    assert target.exists()
    assert [path.name for path in office.folder.iterdir() if path.suffix in (".new", ".restoring")] == []


def test_a_backup_is_consistent_while_others_work(made: tuple[Office, Path]) -> None:
    """An editor adds entry after entry meanwhile; each backup is one of the states in between, whole and proven."""
    office, _ = made
    child = os.fork()
    if child == 0:
        try:
            desk = Desk.open(office.folder / "desk")
            while True:
                desk.take_in([(1, entry(f"{os.urandom(8).hex()}.example"))], office.bob, approve=True)
        finally:
            os._exit(1)
    try:
        for number in range(4):
            backup(office.folder / "desk", office.folder / f"backup{number}", NOW)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    for number in range(4):
        restore(office.folder / f"backup{number}", office.folder / f"desk{number}")
        desk = Desk.open(office.folder / f"desk{number}", office.folder / "desk" / "keys")
        verdict = desk.verify(desk.unlock("alice", PASSPHRASE))
        assert verdict.failures == ()
        assert verdict.good["draft"] == verdict.good["approval"] - 1  # two entries have two approvals, one has none
        desk.close()


def test_every_flipped_or_missing_byte_is_found(made: tuple[Office, Path]) -> None:
    """A flip anywhere in a file, a cut anywhere; nothing is left behind."""
    office, file = made
    data, target, bad = file.read_bytes(), office.folder / "new", office.folder / "bad"
    with tarfile.open(file) as tar:
        places = [member.offset_data + member.size // 2 for member in tar]
    flips = [data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :] for place in places]
    for damaged in (*flips, data[: len(data) // 2], data[: places[-1]], b"", b"no backup" * 100):
        bad.write_bytes(damaged)
        with pytest.raises(OperatorFault, match=r"damaged|not good"):
            restore(bad, target)
        assert not target.exists()


def repacked(file: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A backup whose files were changed and whose checksums are right again."""
    with tarfile.open(file) as tar:
        held = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    manifest = Contents.from_bytes(held.pop(MANIFEST))
    change(held)
    files = {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in held.items()}
    held[MANIFEST] = Contents(manifest.list_id, manifest.made_at, files).to_bytes()
    with tarfile.open(target, "w") as tar:
        for name, data in held.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return target


def test_a_forged_statement_is_not_restored(made: tuple[Office, Path]) -> None:
    """Checksums can be made anew, signatures cannot."""
    office, file = made

    def forge(held: dict[str, bytes]) -> None:
        path = office.folder / "forged.db"
        path.write_bytes(held["master.db"])
        with closing(sqlite3.connect(path)) as db:
            db.execute("UPDATE statements SET editor = 'alice'")
            db.commit()
        held["master.db"] = path.read_bytes()

    with pytest.raises(OperatorFault, match="1 signatures in this backup are not good"):
        restore(repacked(file, office.folder / "forged", forge), office.folder / "new")


def test_a_master_that_is_damaged_inside_is_refused(made: tuple[Office, Path]) -> None:
    """Its checksum is that of the damage."""
    office, file = made

    def damage(held: dict[str, bytes]) -> None:
        data = bytearray(held["master.db"])
        for page in range(2, len(data) // 4_096):
            data[page * 4_096 : page * 4_096 + 64] = bytes(64)
        held["master.db"] = bytes(data)

    with pytest.raises(OperatorFault, match="damaged"):
        restore(repacked(file, office.folder / "bad", damage), office.folder / "new")
    assert not (office.folder / "new").exists()


def test_a_backup_lacking_a_file_is_refused(made: tuple[Office, Path]) -> None:
    """Even with a manifest that agrees."""
    office, file = made
    for name in ("master.db", "desk.json", "root.json", "criteria.json"):
        bad = repacked(file, office.folder / "bad", lambda held, name=name: held.pop(name) and None)  # type: ignore[misc]
        with pytest.raises(OperatorFault, match="damaged"):
            restore(bad, office.folder / "new")
