"""Several published folders as one."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import define, field

from blocklist.errors import OperatorFault
from blocklist.publish.publication.outlet import Outlet
from blocklist.publish.publication.outlets import Outlets
from tests.blocklist.publish.publication.test_mirrors import content
from tests.blocklist.publish.signers import Signers
from tests.blocklist.publish.support import NOW


@define
class Two:
    """Two folders with one version in both."""

    folders: list[Path]
    body: Signers = field(factory=Signers)
    alarms: list[str] = field(factory=list)
    outlets: Outlets = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.outlets = Outlets(self.folders, [self.body.make_root()], self.alarms.append)

    def publish(self, version: int) -> None:
        roles = (self.body.make("targets", version), self.body.make("keyring", version))
        root = self.outlets.roots[-1]
        self.outlets.change(lambda outlet: outlet.publish(root, roles, self.body.online, NOW))

    def stamp(self, folder: Path, body: Signers | None = None) -> None:
        keys = (body or self.body).online
        Outlet(folder).stamp(keys, NOW, (body or self.body).make_root())


@pytest.fixture
def two(tmp_path: Path) -> Two:
    made = Two([tmp_path / "one", tmp_path / "two"])
    assert made.outlets.leader() is None
    made.outlets.level()
    made.publish(1)
    return made


def test_folders_are_the_same_byte_for_byte(two: Two) -> None:
    """A client may go from one mirror to the other."""
    assert content(two.folders[0]) == content(two.folders[1])
    assert two.outlets.leader() == two.folders[0]


def test_the_folder_that_is_ahead_leads(two: Two) -> None:
    """A run cut between two folders is finished from the newer one."""
    two.stamp(two.folders[1])
    assert two.outlets.leader() == two.folders[1]
    two.outlets.level()
    assert content(two.folders[0]) == content(two.folders[1])


def test_a_folder_somebody_else_signed_or_damaged_never_leads(two: Two) -> None:
    """Nor does one that holds something else."""
    two.stamp(two.folders[1])
    two.stamp(two.folders[1], Signers())
    assert two.outlets.leader() == two.folders[0]
    for data in (b"{", two.outlets.roots[0]):
        (two.folders[1] / "metadata" / "timestamp.json").write_bytes(data)
        assert two.outlets.leader() == two.folders[0]


def test_a_bad_folder_does_not_stop_the_others(two: Two) -> None:
    """Be it the leader; it is told of, and brought up when it is well again."""
    bad = two.folders[0] / "metadata" / "2.targets.json"
    bad.mkdir()
    two.publish(2)
    assert Outlet(two.folders[1]).version_of("targets") == 2
    assert two.outlets.behind == {two.folders[0]}
    assert "left behind" in two.alarms[0]
    bad.rmdir()
    two.outlets.level()
    assert two.outlets.behind == set()
    assert content(two.folders[0]) == content(two.folders[1])


def test_no_folder_at_all_is_told(two: Two) -> None:
    """Then nothing new is published."""
    for folder in two.folders:
        (folder / "metadata" / "2.targets.json").mkdir()
    with pytest.raises(OperatorFault, match="none of the published folders"):
        two.publish(2)


def test_an_empty_mirror_gets_every_root_version(two: Two, tmp_path: Path) -> None:
    """Clients walk from the one they pinned."""
    two.outlets.roots.append(two.body.make_root(2, two.body))
    two.outlets.folders = [*two.folders, tmp_path / "three"]
    two.publish(2)
    assert Outlet(tmp_path / "three").newest_root() == two.outlets.roots[1]
    assert list(two.outlets.find_root(1)) == [two.outlets.roots[0]] * 3
