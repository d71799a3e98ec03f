"""A whole list body in one call, with real keys, thresholds and signatures: for the demo and for tests.

It is the desk's own verbs in a row; only the passphrases are random and kept in memory, since nobody types them.
The publisher's guards are not asked, so that a test can publish what an ISP must hold.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from attrs import define, evolve
from ulid import ULID

from blocklist.criteria import DEMO, CriteriaSet
from blocklist.entries import Entry
from blocklist.manifest import Bulk
from blocklist.publish.desk import Desk
from blocklist.publish.keys.keyfiles import DutyKeys, EditorKeys
from blocklist.publish.keys.setup import SMALL_ROOT, NewDesk
from blocklist.publish.publication.outlet import ONLINE_ROLES, OnlineKeys, Outlet

EDITORS = ("alice", "bob", "carol")
OWN_DOMAIN = "example"  # self-test names may be any of the reserved names


@define
class QuickBody:
    """A list body of three editors that publishes into `out`. `root` is the root.json an ISP pins."""

    desk: Desk
    out: Path
    root: bytes
    alice: EditorKeys
    bob: EditorKeys
    online: OnlineKeys
    duty: DutyKeys
    version: int = 0

    def publish(self, entries: Iterable[Entry], now: datetime, bulk: Bulk | None = None) -> int:
        """Make `entries` the whole list: add, remove, approve, build, sign twice, publish. Returns the version.

        An entry is kept where the desk has it already, bytes and all; an id used before for something else is replaced.
        """
        wanted = {entry.to_bytes(): entry for entry in entries}
        live = {entry.to_bytes(): entry.id for entry in self.desk.entries(self.alice)}
        self.desk.remove([live[data] for data in live.keys() - wanted.keys()], self.alice, now)
        used = self.desk.known_ids()
        fresh = [wanted[data] for data in wanted if data not in live]
        fresh = [evolve(entry, id=str(ULID())) if entry.id in used else entry for entry in fresh]
        self.desk.insert(fresh, self.alice)
        return self.republish(now, bulk)

    def republish(self, now: datetime, bulk: Bulk | None = None) -> int:
        """Approve what waits, and publish the desk as it stands, with a withdraw file that is empty again."""
        for editor in (self.alice, self.bob):
            self.desk.approve(editor, self.desk.items())
        self.desk.build(self.alice, now, bulk)
        return self._sign_and_publish(now, bulk)

    def rekey(self, now: datetime) -> int:
        """Publish the same list under the keys of a new epoch; returns the version. Withdrawals must be confirmed."""
        self.desk.rekey(self.alice, now)
        return self._sign_and_publish(now)

    def _sign_and_publish(self, now: datetime, bulk: Bulk | None = None) -> int:
        for editor in (self.alice, self.bob):
            self.desk.sign(editor, now, bulk)
        self.version = self.desk.publish(self.out, self.online, now, self.duty)
        return self.version

    def withdraw(self, ids: Iterable[str], now: datetime) -> None:
        """Take published entries off with the duty officer's key, and publish that."""
        signed = self.desk.withdraw(ids, self.duty, now)
        Outlet(self.out).publish(self.root, (signed,), self.online, now)

    def stamp(self, now: datetime) -> int:
        """Sign a new timestamp; returns its version."""
        return Outlet(self.out).stamp(self.online, now)

    def close(self) -> None:
        """Close the desk."""
        self.desk.close()


def make_body(
    folder: Path,
    *,
    list_id: str,
    entries: Iterable[Entry],
    subscriber_public_keys: Iterable[bytes],
    now: datetime,
    out: Path,
    criteria: CriteriaSet = DEMO,
) -> QuickBody:
    """Make a body (root 2 of 3, targets 2 of 3, keyring 2 of 3) at `folder` and publish version 1 into `out`."""
    passphrase = secrets.token_hex().encode()
    new = NewDesk(
        list_id=list_id,
        criteria=criteria,
        editors=EDITORS,
        passphrases=dict.fromkeys((*EDITORS, *SMALL_ROOT.holders, *ONLINE_ROLES), passphrase),
        root=SMALL_ROOT,
        own_domain=OWN_DOMAIN,
    )
    desk = Desk.create(folder, new, now)
    alice, bob = desk.unlock("alice", passphrase), desk.unlock("bob", passphrase)
    online, duty = desk.unlock_online(lambda _: passphrase), desk.unlock_duty("alice", passphrase)
    body = QuickBody(desk, out, desk.root, alice, bob, online, duty)
    for number, public in enumerate(subscriber_public_keys, 1):
        desk.register_subscriber(public, f"subscriber-{number}", alice)
    body.publish(entries, now)
    return body
