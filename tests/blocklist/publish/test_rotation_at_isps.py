"""Keys of every kind are replaced, and an ISP that pinned root 1 goes on without doing anything."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from attrs import define, evolve

from blocklist.publish.desk import Desk
from blocklist.publish.keys.keyfiles import load_editor_keys
from blocklist.publish.keys.online import OnlineFolder
from blocklist.publish.keys.rotation import Change
from blocklist.publish.keys.takeover import take_up
from blocklist.publish.publication.outlet import OnlineKeys, Outlet, write_timestamp
from blocklist.publish.versions import roles
from blocklist.trust.outcome import Kind
from blocklist.trust.subscription import Subscription
from tests.blocklist.publish.isp import subscribe
from tests.blocklist.publish.keys.test_rotation import change
from tests.blocklist.publish.keys.test_takeover import held
from tests.blocklist.publish.support import NOW, PASSPHRASE, Office, entry
from tests.blocklist.trust.list_body import SetClock


@define
class Case:
    """A list body in its second year, and an ISP."""

    office: Office
    clock: SetClock
    isp: Subscription
    root: bytes  # what the ISP pinned
    names: int = 0

    def hold(self, folder: Path, *changes: Change) -> None:
        """A ceremony in which root-1 and root-2 (or alice and bob) sign, taken up by alice."""
        office = self.office
        take_up(office.folder / "desk", held(office, folder, *changes), office.alice, NOW)
        office.desk.close()
        self.office = evolve(office, desk=Desk.open(office.folder / "desk", office.desk.keys_folder))

    def publish(self, second: str = "carol") -> None:
        """One more entry, approved and signed by alice and a second editor; then the ISP looks."""
        self.clock.pass_seconds(600)
        office, now = self.office, self.clock.utc.replace(microsecond=0)
        editors = (office.alice, getattr(office, second))
        self.names += 1
        office.add([entry(f"n{self.names}.example")])
        for keys in editors:
            office.desk.approve(keys, [*office.desk.items(), office.desk.holders])
        office.desk.withdraw((), office.duty, now)
        office.desk.build(office.alice, now)
        for keys in editors:
            office.desk.sign(keys, now)
        office.desk.publish(office.out, office.online, now)
        assert self.isp.refresh().kind is Kind.UPDATED, self.isp.status()
        assert self.isp.status().entries == self.names


@pytest.fixture
def case(office: Office, tmp_path: Path) -> Case:
    office.subscribe()
    clock = SetClock(wall=NOW.timestamp())
    root = office.desk.root
    made = Case(office, clock, subscribe(tmp_path / "isp", office.out, root, office.private, clock), root)
    made.publish("bob")
    return made


def test_keys_of_every_kind_are_replaced(case: Case, tmp_path: Path) -> None:
    """Renewal, a root key, both online keys, an editor with her duty key, a duty officer; each with a version after."""
    new = tmp_path / "new"
    case.hold(tmp_path / "1")
    case.publish()
    case.hold(tmp_path / "2", change(new, "root-3", "root"))
    case.publish()
    case.hold(tmp_path / "3", change(new, "timestamp", "timestamp"), change(new, "snapshot", "snapshot"))
    root = case.office.desk.root
    case.office = evolve(case.office, online=OnlineFolder(new, lambda _: PASSPHRASE).keys_for(root))
    case.publish()
    case.hold(tmp_path / "4", change(new, "bob", "editor"))
    case.office = evolve(case.office, bob=load_editor_keys(new, "bob", PASSPHRASE))
    case.publish()
    case.hold(tmp_path / "5", change(new / "duty", "carol", "duty", "dora"))
    opened = Desk.open(case.office.folder / "desk", new / "duty")
    case.office = evolve(case.office, duty=opened.unlock_duty("dora", PASSPHRASE))
    opened.close()
    case.publish()
    status = case.isp.status()
    assert (status.version, status.withdrawals_refused, status.failures["metadata"]) == (6, 0, 0)
    outlet = Outlet(case.office.out)
    assert [outlet.version_of(role) for role in ("targets", "keyring")] == [6, 2]
    assert (case.office.out / "metadata" / "5.root.json").exists()


def test_an_online_thief_who_ran_ahead_is_left_behind(case: Case, tmp_path: Path) -> None:
    """Versions 2^31 with the stolen keys freeze the ISP; new online keys named by root set it free."""
    office, stolen = case.office, tmp_path / "stolen"
    case.clock.pass_seconds(600)
    shutil.copytree(office.out, stolen)
    run_ahead(stolen, office.online, case.clock.utc)
    case.isp = subscribe(tmp_path / "isp", stolen, case.root, office.private, case.clock)
    assert case.isp.refresh().kind is Kind.UNCHANGED
    case.isp = subscribe(tmp_path / "isp", office.out, case.root, office.private, case.clock)
    Outlet(office.out).stamp(office.online, case.clock.utc)
    assert case.isp.refresh().kind is Kind.FAILED
    new = tmp_path / "new"
    case.hold(tmp_path / "1", change(new, "timestamp", "timestamp"), change(new, "snapshot", "snapshot"))
    online = OnlineFolder(new, lambda _: PASSPHRASE).keys_for(case.office.desk.root)
    case.office = evolve(case.office, online=online)
    case.publish()


def run_ahead(out: Path, keys: OnlineKeys, now: datetime) -> None:
    """What a thief of both online keys can do: the same list under versions nobody reaches honestly."""
    snapshot = roles.make_snapshot(2**31, Outlet(out).published(), keys.snapshot, now).to_bytes()
    (out / "metadata" / f"{2**31}.snapshot.json").write_bytes(snapshot)
    write_timestamp(out, roles.make_timestamp(2**31, snapshot, keys.timestamp, now).to_bytes())
