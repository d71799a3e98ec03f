"""The client contract of tuf-conformance, against a repository over HTTP: exit codes, kept metadata, requests made."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import define, field
from tuf.api.metadata import Metadata

from blocklist import keyring
from blocklist.trust.conformance import main
from tests.blocklist.trust.conftest import KEYS
from tests.blocklist.trust.faulty_server import Mirror, serving
from tests.blocklist.trust.list_body import ListBody, names

NOW = datetime.now(UTC).replace(microsecond=0)
A_MONTH = timedelta(days=30)


@define
class Suite:
    """What the suite holds of a test: the client's folders, and the simulated repository."""

    folder: Path
    body: ListBody
    mirror: Mirror
    kept: Path = field(init=False)
    downloads: Path = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.kept, self.downloads = self.folder / "metadata", self.folder / "targets"
        for folder in (self.kept, self.downloads):
            folder.mkdir()
        self.publish()

    def publish(self, size: int = 1) -> None:
        self.body.publish(names(*range(size)), NOW)
        self.body.stamp(NOW, life=A_MONTH)

    def init(self, root: bytes | None = None) -> int:
        trusted = self.folder / "initial_root.json"
        trusted.write_bytes(self.body.pinned if root is None else root)
        return main(["--metadata-dir", str(self.kept), "init", str(trusted)])

    def refresh(self) -> int:
        return main([*self._where(), "refresh"])

    def download(self, name: str) -> int:
        target = ["--target-name", name, "--target-dir", str(self.downloads)]
        return main([*self._where(), *target, "--target-base-url", self.mirror.url + "targets", "download"])

    def _where(self) -> list[str]:
        return ["--metadata-url", self.mirror.url + "metadata", "--metadata-dir", str(self.kept)]

    def version(self, role: str) -> int:
        return int(Metadata.from_file(str(self.kept / f"{role}.json")).signed.version)

    def roles(self) -> list[str]:
        return sorted(path.stem for path in self.kept.glob("*.json"))

    def asked(self) -> list[str]:
        asked = [path.rpartition("/")[2] for path in self.mirror.asked]
        self.mirror.asked.clear()
        return asked


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Suite]:
    body = ListBody((keyring.public_bytes(KEYS.subscriber_private),), born=NOW)
    with serving(body.files) as mirror:
        yield Suite(tmp_path, body, mirror)


def test_init_asks_nothing(suite: Suite) -> None:
    """The trusted root is kept under its plain name, and the repository is not contacted."""
    assert suite.init() == 0
    assert (suite.roles(), suite.version("root"), suite.asked()) == (["root"], 1, [])


def test_refresh_makes_the_expected_requests(suite: Suite) -> None:
    """Next root, timestamp, snapshot, targets, in this order; a second time only what may have changed."""
    suite.init()
    assert suite.refresh() == 0
    assert suite.asked() == ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"]
    assert [suite.version(role) for role in ("root", "timestamp", "snapshot", "targets")] == [1, 2, 1, 1]
    assert suite.refresh() == 0
    assert suite.asked() == ["2.root.json", "timestamp.json"]


def test_month_long_timestamp_is_taken_here(suite: Suite) -> None:
    """The suite's timestamps live longer than a list's may: that rule of ours is off in this entry point."""
    suite.init()
    assert suite.refresh() == 0


@pytest.mark.parametrize("root", [b"{}", b"no root"])
def test_bad_trusted_root_fails_before_any_request(suite: Suite, root: bytes) -> None:
    """Init may take it; refresh must not, and asks the repository nothing."""
    suite.init(root)
    assert suite.refresh() == 1
    assert suite.asked() == []


def test_download_is_kept_under_one_name(suite: Suite) -> None:
    """The verified bytes replace the older ones; the very same are not fetched again; a bad one changes nothing."""
    suite.init()
    for size in (1, 2):
        suite.publish(size)
        assert suite.download("index.json") == 0
        assert [path.read_bytes() for path in suite.downloads.iterdir()] == [suite.body.manifest.to_bytes()]  # type: ignore[union-attr]
    suite.asked()
    assert suite.download("index.json") == 0
    assert not any(path.endswith("index.json") for path in suite.asked())
    suite.publish(3)
    kept = (suite.downloads / "index.json").read_bytes()
    suite.body.files.update({path: b"malicious" for path in suite.body.files if path.endswith("index.json")})
    assert suite.download("index.json") == 1
    assert (suite.downloads / "index.json").read_bytes() == kept


def test_target_in_a_folder_and_by_delegation(suite: Suite) -> None:
    """A name with slashes is one file here; a delegated role's target is found."""
    suite.init()
    assert suite.download("match/1/1.full") == 0
    assert suite.download("keys/current") == 0
    assert len(list(suite.downloads.iterdir())) == 2


def test_unknown_target_fails_with_fresh_metadata(suite: Suite) -> None:
    """An implicit refresh is whole, though nothing is downloaded."""
    suite.init()
    assert suite.download("nothing") == 1
    assert suite.roles() == ["root", "snapshot", "targets", "timestamp"]


def test_rolled_back_timestamp_fails_and_is_not_kept(suite: Suite) -> None:
    """What was accepted stays after a refresh that failed."""
    suite.init()
    old = suite.body.files["/metadata/timestamp.json"]
    suite.publish()
    assert suite.refresh() == 0
    kept = suite.version("timestamp")
    suite.body.files["/metadata/timestamp.json"] = old
    assert suite.refresh() == 1
    assert suite.version("timestamp") == kept


def test_root_is_followed_and_recovers_a_fast_forward(suite: Suite) -> None:
    """After a root that names a new timestamp key, lower timestamp versions are taken again."""
    suite.init()
    suite.body.stamps = 99999
    suite.publish()
    assert suite.refresh() == 0
    suite.body.rotate_keys("timestamp")
    suite.body.stamps = 0
    suite.body.stamp(NOW, life=A_MONTH)
    assert suite.refresh() == 0
    assert (suite.version("root"), suite.version("timestamp")) == (2, 1)


def test_expired_repository_fails(suite: Suite) -> None:
    """Expiry is judged by the system's clock, which the suite may wrap in faketime."""
    suite.init()
    suite.body.stamp(NOW, life=timedelta(seconds=-1))
    assert suite.refresh() == 1


def test_expired_root_is_kept_and_nothing_after_it(suite: Suite) -> None:
    """The chain of roots is followed and kept before expiry is looked at; no other role moves."""
    suite.init()
    assert suite.refresh() == 0
    suite.body.root.signed.expires = NOW - timedelta(days=1)
    suite.body.rotate_keys()
    suite.publish(2)
    assert suite.refresh() == 1
    assert [suite.version(role) for role in ("root", "timestamp", "snapshot", "targets")] == [2, 2, 1, 1]


def test_snapshot_other_than_the_timestamp_says_is_not_kept(suite: Suite) -> None:
    """Of a refresh that failed half way, the roles before the bad one are trusted and kept."""
    suite.init()
    suite.body.files["/metadata/1.snapshot.json"] = b"{}"
    assert suite.refresh() == 1
    assert suite.roles() == ["root", "timestamp"]


def test_repository_without_consistent_snapshots(suite: Suite) -> None:
    """Root may say that files have plain names; list bodies never do, the suite may."""
    suite.init()
    suite.body.root.signed.consistent_snapshot = False
    suite.body.rotate_keys()
    files = suite.body.files
    for path in [path for path in files if path.endswith(("1.snapshot.json", "1.targets.json", ".index.json"))]:
        folder, _, name = path.rpartition("/")
        files[f"{folder}/{name.partition('.')[2]}"] = files.pop(path)
    assert suite.download("index.json") == 0


def test_entry_point_is_a_command(suite: Suite) -> None:
    """The suite runs it as one: exit codes come from the process, and nothing goes to its output."""
    suite.init()
    for url, code in ((suite.mirror.url + "metadata/", 0), (suite.mirror.url + "nothing/", 1)):
        command = [sys.executable, "-m", "blocklist.trust.conformance", "--metadata-url", url]
        command += ["--metadata-dir", str(suite.kept), "refresh"]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (code, b"")
