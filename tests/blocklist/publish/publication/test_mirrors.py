"""Folders with the same bytes."""

from __future__ import annotations

from pathlib import Path

from blocklist.publish.publication import mirrors
from blocklist.publish.publication.outlet import Outlet
from tests.blocklist.publish.signers import Signers
from tests.blocklist.publish.support import NOW


def published(folder: Path) -> Signers:
    body = Signers()
    roles = (body.make("targets", 1), body.make("keyring", 1))
    Outlet(folder).publish(body.make_root(), roles, body.online, NOW, b'{"version":1}')
    return body


def content(folder: Path) -> dict[str, bytes]:
    """Every file but what a killed run left aside."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".new")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_copy_is_the_same_and_a_second_one_writes_nothing(tmp_path: Path) -> None:
    """What lies aside of a write is not copied; a cut file is written again; the timestamp is renewed."""
    one, two = tmp_path / "one", tmp_path / "two"
    body = published(one)
    (one / "metadata" / "x.json.new").write_bytes(b"aside")
    assert mirrors.copy(one, two) == len(content(one))
    assert mirrors.copy(one, two) == 0
    (two / "metadata" / "1.root.json").write_bytes(b"cut")
    Outlet(one).stamp(body.online, NOW)
    assert mirrors.copy(one, two) == 2
    assert not (two / "metadata" / "x.json.new").exists()
    assert content(one) == content(two)


def test_two_timestamps_of_one_second_have_two_dates(tmp_path: Path) -> None:
    """A Web server's ETag is date and length; on every mirror it is the same."""
    one, two = tmp_path / "one", tmp_path / "two"
    body = published(one)
    dates = []
    for _ in range(3):
        Outlet(one).stamp(body.online, NOW)
        mirrors.copy(one, two)
        dates.append((one / "metadata" / "timestamp.json").stat().st_mtime)
        assert (two / "metadata" / "timestamp.json").stat().st_mtime == dates[-1]
    assert len(set(dates)) == 3
