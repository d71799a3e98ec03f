"""Old files of a published folder."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from attrs import define, field

from blocklist.errors import OperatorFault
from blocklist.publish.publication.outlet import Outlet
from blocklist.publish.publication.pruning import PruneLimits, prune
from tests.blocklist.publish.client import Client
from tests.blocklist.publish.publication.test_mirrors import content
from tests.blocklist.publish.signers import Signers
from tests.blocklist.publish.support import NOW


@define
class Published:
    """A folder in which every file is as old as its publication, at `now`."""

    out: Path
    body: Signers = field(factory=Signers)
    now: datetime = NOW

    def publish(self, version: int, files: dict[str, bytes], life: timedelta = timedelta(days=1, hours=1)) -> None:
        """Publish a version, then let `life` pass."""
        before = set(content(self.out)) if self.out.exists() else set()
        roles = (self.body.make("targets", version, files, days=900), self.body.make("keyring", 1, days=900))
        Outlet(self.out).publish(self.body.make_root(days=900), roles, self.body.online, self.now)
        for path in {*content(self.out)} - before:
            os.utime(self.out / path, (self.now.timestamp(), self.now.timestamp()))
        self.now += life

    def prune(self) -> int:
        return prune(self.out, self.now, PruneLimits())

    def names(self) -> set[str]:
        """Target files without their hashes."""
        return {
            path.rpartition("/")[0] + "/" + path.split(".", 1)[1] for path in content(self.out) if "targets/" in path
        }


def version(number: int, epoch: int = 1) -> dict[str, bytes]:
    return {f"match/{epoch}/{number}.full": b"full %d" % number, "index.json": b"index %d" % number}


def test_a_day_later_only_what_the_timestamp_leads_to_is_left(tmp_path: Path) -> None:
    """Old snapshots, roles and files go; roots, the current chain and the public record stay, and a client agrees."""
    one = Published(tmp_path)
    (tmp_path / "log.jsonl").write_bytes(b"{}\n")
    for number in (1, 2, 3):
        one.publish(number, version(number))
    aside = tmp_path / "metadata" / "4.targets.json.new"
    aside.write_bytes(b"")
    os.utime(aside, (0, 0))
    assert one.prune() == 9
    assert one.prune() == 0
    assert one.names() == {"targets/match/1/3.full", "targets/index.json", "targets/keys/current"}
    assert sorted(path.name.split(".", 1)[1] for path in (tmp_path / "metadata").iterdir()) == [
        "json",
        "keyring.json",
        "root.json",
        "snapshot.json",
        "targets.json",
    ]
    assert (tmp_path / "log.jsonl").exists()
    client = Client(tmp_path, tmp_path / "memory", one.body.make_root(days=900), NOW)
    assert client.versions()["targets"] == 3
    assert client.read("match/1/3.full") == b"full 3"


def test_what_a_snapshot_of_today_names_stays(tmp_path: Path) -> None:
    """A subscriber in mid-visit, or behind a cache, still finds it."""
    one = Published(tmp_path)
    one.publish(1, version(1), timedelta(days=20))
    one.publish(2, version(2), timedelta(hours=23))
    assert one.prune() == 0
    one.now += timedelta(hours=1)
    assert one.prune() == 4
    assert "targets/match/1/1.full" not in one.names()


def test_an_old_epochs_files_stay_thirty_days(tmp_path: Path) -> None:
    """Counted from the first file of the next epoch."""
    one = Published(tmp_path)
    one.publish(1, version(1))
    one.publish(2, version(2, epoch=2), timedelta(days=29))
    assert one.prune() > 0
    assert {"targets/match/1/1.full", "targets/match/2/2.full"} <= one.names()
    one.now += timedelta(days=2)
    assert one.prune() == 1
    assert "targets/match/1/1.full" not in one.names()


def test_nothing_goes_while_something_is_unreadable(tmp_path: Path) -> None:
    """A damaged or missing file of the chain."""
    one = Published(tmp_path)
    one.publish(1, version(1))
    one.publish(2, version(2))
    before = content(tmp_path)
    for name in ("timestamp.json", "2.targets.json"):
        path = tmp_path / "metadata" / name
        data = path.read_bytes()
        path.write_bytes(b"{}")
        with pytest.raises(OperatorFault, match="nothing was removed"):
            one.prune()
        path.write_bytes(data)
    assert content(tmp_path) == before
