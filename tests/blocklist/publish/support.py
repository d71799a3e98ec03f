"""A desk with three editors and the names the tests list."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import define, evolve
from ulid import ULID

from blocklist.criteria import DEMO
from blocklist.entries import Entry
from blocklist.keyring import generate_private, public_bytes
from blocklist.publish.desk import Desk
from blocklist.publish.keys.keyfiles import DutyKeys, EditorKeys
from blocklist.publish.keys.setup import SMALL_ROOT, NewDesk
from blocklist.publish.publication.outlet import ONLINE_ROLES, OnlineKeys

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
EDITORS = ("alice", "bob", "carol")
PASSPHRASE = b"a passphrase for tests"


def entry(name: str = "one.example", **fields: Any) -> Entry:
    """One host entry decided on the day of `NOW`."""
    day = NOW.date()
    plain: dict[str, Any] = {
        "id": str(ULID()),
        "type": "host",
        "name": name,
        "criterion": "dns_cumulative",
        "basis": "law",
        "last_resort": "hosted_abroad",
        "decided_on": day,
        "verified": day,
        "review_by": day + timedelta(days=30),
        "not_after": day + timedelta(days=60),
    }
    return Entry(**{**plain, **fields})


def new_desk(**fields: Any) -> NewDesk:
    """What a small body of three editors tells `init`."""
    holders = (*EDITORS, *SMALL_ROOT.holders, *ONLINE_ROLES)
    plain = {"list_id": "demo", "criteria": DEMO, "editors": EDITORS, "root": SMALL_ROOT, "own_domain": "body.example"}
    return NewDesk(**{**plain, "passphrases": dict.fromkeys(holders, PASSPHRASE), **fields})


@define
class Office:
    """An open desk with everybody's keys unlocked, and a folder to publish into."""

    folder: Path
    desk: Desk
    alice: EditorKeys
    bob: EditorKeys
    carol: EditorKeys
    duty: DutyKeys
    online: OnlineKeys
    private: bytes
    out: Path

    @classmethod
    def make(cls, folder: Path, now: datetime = NOW) -> Office:
        """Make the desk, with keys."""
        desk = Desk.create(folder / "desk", new_desk(), now)
        editors = [desk.unlock(name, PASSPHRASE) for name in EDITORS]
        duty, online = desk.unlock_duty("carol", PASSPHRASE), desk.unlock_online(lambda _: PASSPHRASE)
        return cls(folder, desk, *editors, duty, online, generate_private(), folder / "out")

    def copied(self, folder: Path) -> Office:
        """The same desk in another folder: making keys anew for each test would take most of its time."""
        shutil.copytree(self.folder / "desk", folder / "desk")
        return evolve(self, folder=folder, desk=Desk.open(folder / "desk"), out=folder / "out")

    def subscribe(self) -> str:
        """Register the one subscriber, approved by two."""
        known = self.desk.register_subscriber(public_bytes(self.private), "isp", self.alice)
        self.desk.approve(self.bob, [known])
        return known

    def add(self, entries: Iterable[Entry], *editors: EditorKeys) -> None:
        """Add entries, approved by these editors."""
        entries = list(entries)
        assert self.desk.insert(entries, self.alice) == {}
        for keys in editors:
            self.desk.approve(keys, [one.id for one in entries])

    def signed(self, now: datetime = NOW) -> None:
        """Build and sign by alice and bob."""
        self.desk.build(self.alice, now)
        self.desk.sign(self.alice, now)
        self.desk.sign(self.bob, now)

    def publish(self, now: datetime = NOW) -> int:
        """Build, sign, publish."""
        self.signed(now)
        return self.desk.publish(self.out, self.online, now)
