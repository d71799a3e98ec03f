"""The one file of a backup."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from blocklist.errors import OperatorFault
from blocklist.publish.master.archive import LIMITS, MANIFEST, Contents, extract, write

NEW = Contents("demo", "2026-11-22T03:00:00Z", {})


def tar_of(path: Path, *members: tarfile.TarInfo) -> Path:
    manifest = Contents("demo", "x", {}).to_bytes()
    with tarfile.open(path, "w") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(bytes(member.size)))
        last = tarfile.TarInfo(MANIFEST)
        last.size = len(manifest)
        tar.addfile(last, io.BytesIO(manifest))
    return path


def test_files_come_back_with_the_contents_that_were_told(tmp_path: Path) -> None:
    """Names with folders, an empty file, one of several chunks; all private to their owner."""
    data = {"a": b"", "b/c.json": b"{}", "b/big": bytes(range(256)) * 10_000}
    for name, content in data.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(content)
    written = write(tmp_path / "file", NEW, [(name, tmp_path / "in" / name) for name in data])
    assert extract(tmp_path / "file", tmp_path / "out") == written
    for name, content in data.items():
        assert (tmp_path / "out" / name).read_bytes() == content
        assert (tmp_path / "out" / name).stat().st_mode & 0o777 == 0o600
    assert Contents.from_bytes(written.to_bytes()) == written


@pytest.mark.parametrize("before", [0, 1024 * 1024 - 8, 16 * 1024 - 3])
def test_a_private_key_is_refused_wherever_it_stands(tmp_path: Path, before: int) -> None:
    """Across the edges of what is read at once, too."""
    (tmp_path / "notes").write_bytes(bytes(before) + b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    with pytest.raises(OperatorFault, match="notes is a private key"):
        write(tmp_path / "file", NEW, [("notes", tmp_path / "notes")])


@pytest.mark.parametrize("name", ["/tmp/escaped", "../escaped", "a/../../escaped", "./a", "a//b"])
def test_a_name_that_points_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    """Before anything is written for it."""
    with pytest.raises(OperatorFault, match="damaged"):
        extract(tar_of(tmp_path / "file", tarfile.TarInfo(name)), tmp_path / "in" / "out")
    assert not list(tmp_path.rglob("escaped"))


def test_links_doubles_and_unlisted_files_are_refused(tmp_path: Path) -> None:
    """And whatever comes after the list of files, or lacks one."""
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    for number, members in enumerate(([link], [tarfile.TarInfo("a")], [tarfile.TarInfo("a")] * 2)):
        with pytest.raises(OperatorFault, match="damaged"):
            extract(tar_of(tmp_path / "file", *members), tmp_path / str(number))
    with tarfile.open(tmp_path / "none", "w") as tar:
        tar.addfile(tarfile.TarInfo("a"))
    with pytest.raises(OperatorFault, match="damaged"):
        extract(tmp_path / "none", tmp_path / "out")


def test_a_list_of_files_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    """By its length in the header, before it is read."""
    huge = tarfile.TarInfo(MANIFEST)
    huge.size = LIMITS.manifest_bytes + 1
    with pytest.raises(OperatorFault, match="damaged"):
        extract(tar_of(tmp_path / "file", huge), tmp_path / "out")
