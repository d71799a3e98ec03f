"""A list body and an ISP in a scratch folder, for drills: real keys, signatures and files, and clocks that are told.

The ISP is a real subscription; it reads the published folder as a Web server would hand it out. Names are made up under
`.example`. Nothing leaves the folder.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

from attrs import define, field
from ulid import ULID

from blocklist.criteria import DEMO
from blocklist.entries import Entry
from blocklist.keyring import generate_private, public_bytes
from blocklist.publish.desk import Desk
from blocklist.publish.faults import Refusal
from blocklist.publish.keys import ceremony
from blocklist.publish.keys.keyfiles import DutyKeys, EditorKeys, load_signing_key
from blocklist.publish.keys.online import OnlineFolder
from blocklist.publish.keys.publickeys import make_keys
from blocklist.publish.keys.rotation import Change
from blocklist.publish.keys.setup import SMALL_ROOT, NewDesk
from blocklist.publish.keys.takeover import Taken, take_up
from blocklist.publish.publication.outlet import ONLINE_ROLES, OnlineKeys
from blocklist.trust.outcome import Keys, Kind, ListSource
from blocklist.trust.subscription import Subscription
from blocklist.trust.transfer.transport import HttpStatusFault, Reply

LIST_ID: Final = "drill"
URL: Final = "https://list.invalid/"
EDITORS: Final = ("alice", "bob", "carol")
LIFE: Final = timedelta(days=60)  # of the made-up entries


@define
class DrillClock:
    """Clocks that stand still until told; POSIX seconds."""

    wall: float
    steady: float = 0.0

    def now(self) -> float:
        """See trust.clock.Clock."""
        return self.wall

    def monotonic(self) -> float:
        """See trust.clock.Clock."""
        return self.steady

    def pass_time(self, time: timedelta) -> None:
        """Let time pass."""
        self.wall += time.total_seconds()
        self.steady += time.total_seconds()

    @property
    def utc(self) -> datetime:
        """The wall clock in whole seconds."""
        return datetime.fromtimestamp(int(self.wall), UTC)


@define
class FolderTransport:
    """Hands out a published folder as `URL`."""

    out: Path

    def get(
        self, url: str, max_bytes: int, *, etag: str | None = None, fresh: bool = False, start: int | None = None
    ) -> Reply:
        """See trust.transport.Transport."""
        path = self.out / url.removeprefix(URL)
        if not path.is_file():
            raise HttpStatusFault("list.invalid", 404)
        data = path.read_bytes()
        tag = sha256(data).hexdigest()
        if tag == etag:
            return Reply(304, b"", tag)
        first = start or 0
        return Reply(200, data[first : first + max_bytes], tag)

    def close(self) -> None:
        """See trust.transport.Transport."""


@define
class Rehearsal:
    """The body's desk, its people's keys, and one ISP. `say` is told each step."""

    folder: Path
    say: Callable[[str], None]
    clock: DrillClock
    passphrase: bytes = field(repr=False)
    desk: Desk
    transport: FolderTransport
    isp: Subscription
    ceremonies: int = 0
    steps: list[str] = field(factory=list)

    @classmethod
    def begin(cls, folder: Path, now: datetime, say: Callable[[str], None]) -> "Rehearsal":
        """Make the body (root 2 of 3, editors 2 of 3) and the ISP, which pins root version 1."""
        passphrase = secrets.token_hex().encode()
        holders = (*EDITORS, *SMALL_ROOT.holders, *ONLINE_ROLES)
        new = NewDesk(
            list_id=LIST_ID,
            criteria=DEMO,
            editors=EDITORS,
            passphrases=dict.fromkeys(holders, passphrase),
            root=SMALL_ROOT,
        )
        desk = Desk.create(folder / "desk", new, now, folder / "keys")
        clock, transport, private = DrillClock(now.timestamp()), FolderTransport(folder / "out"), generate_private()
        source = ListSource(LIST_ID, desk.body.purpose, desk.root, (URL,))
        keys = Keys(secrets.token_bytes(32), private)
        isp = Subscription(source, folder / "isp", keys, clock, transport=transport)
        isp.load()
        made = cls(folder, say, clock, passphrase, desk, transport, isp)
        desk.register_subscriber(public_bytes(private), "isp", made.editor("alice"))
        return made

    @property
    def out(self) -> Path:
        """The published folder."""
        return self.folder / "out"

    def editor(self, name: str, keys_folder: Path | None = None) -> EditorKeys:
        """An editor's keys, from her own folder if she has one."""
        return self._opened(keys_folder).unlock(name, self.passphrase)

    def officer(self, name: str, keys_folder: Path | None = None) -> DutyKeys:
        """A duty officer's keys."""
        return self._opened(keys_folder).unlock_duty(name, self.passphrase)

    def online(self, keys_folder: Path | None = None) -> OnlineKeys:
        """The online keys that the desk's root names."""
        return OnlineFolder(keys_folder or self.folder / "keys", lambda _: self.passphrase).keys_for(self.desk.root)

    def add(self, count: int, editors: Sequence[EditorKeys]) -> tuple[str, ...]:
        """Add made-up entries, approved by these editors; returns their ids."""
        today = self.clock.utc.date()
        entries = [
            Entry(
                id=str(ULID()),
                type="host",
                name=f"{secrets.token_hex(8)}.example",
                criterion="dns_cumulative",
                basis="emergency",
                last_resort="hosted_abroad",
                decided_on=today,
                verified=today,
                review_by=today + LIFE,
                not_after=today + LIFE,
            )
            for _ in range(count)
        ]
        self.desk.insert(entries, editors[0])
        self.approve(editors)
        return tuple(one.id for one in entries)

    def approve(self, editors: Sequence[EditorKeys]) -> None:
        """Let these editors approve all there is."""
        for keys in editors:
            self.desk.approve(keys, [*self.desk.items(), self.desk.holders])

    def publish(self, editors: Sequence[EditorKeys], officer: DutyKeys | None, online: OnlineKeys) -> int:
        """Build, sign and publish, ten minutes later; returns the version."""
        self.clock.pass_time(timedelta(minutes=10))
        now = self.clock.utc
        self.desk.build(editors[0], now)
        for keys in editors:
            self.desk.sign(keys, now)
        return self.desk.publish(self.out, online, now, officer)

    def hold(self, reason: str, holders: Sequence[tuple[str, Path]], *changes: Change, editor: EditorKeys) -> Taken:
        """A ceremony: `holders` are (seat, folder of her key), editors where root does not change."""
        self.ceremonies += 1
        folder = self.folder / f"ceremony-{self.ceremonies}"
        held = ceremony.plan(folder, self.folder / "desk", reason, changes, self.clock.utc)
        for seat, keys in holders:
            path = keys / f"{seat}.pem"
            path = path if path.exists() else keys / f"{seat}.sign.pem"
            held = held.sign(seat, load_signing_key(path, self.passphrase), self.clock.utc)
        taken = take_up(self.folder / "desk", held, editor, self.clock.utc)
        self.desk.close()
        self.desk = self._opened(None)
        return taken

    def new_keys(self, seat: str, kind: str, folder: Path, *, with_duty: bool = False) -> Change:
        """New keys for a seat, made in the holder's own folder."""
        return Change(seat, make_keys(folder, kind, seat, self.passphrase, with_duty=with_duty))

    def step(self, text: str) -> None:
        """One thing that was done or shown."""
        self.steps.append(text)
        self.say(text)

    def expect(self, holds: bool, text: str) -> None:
        """One thing that must hold; raises `Refusal` if it does not."""
        if not holds:
            raise Refusal("drill", f"the drill failed: not true that {text}")
        self.step(text)

    def refused(self, work: Callable[[], object], code: str, text: str) -> None:
        """One thing that must be refused, for this reason."""
        try:
            work()
        except Refusal as refusal:
            self.expect(refusal.code == code, f"{text} ({refusal.code})")
            return
        raise Refusal("drill", f"the drill failed: not true that {text}")

    def follows(self, text: str) -> None:
        """The ISP must take up what is published."""
        self.expect(self.isp.refresh().kind is Kind.UPDATED, text)

    def close(self) -> None:
        """Close the desk."""
        self.desk.close()

    def _opened(self, keys_folder: Path | None) -> Desk:
        return Desk.open(self.folder / "desk", keys_folder or self.folder / "keys")
