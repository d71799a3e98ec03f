"""A list body in memory that signs on demand, rightly or wrongly: the site it publishes is a dict of files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from attrs import define, evolve, field
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, Targets, Timestamp

from blocklist import delta, keyring, matchfile, merkle, stream
from blocklist.attributes import Attributes, expiry_days_for
from blocklist.criteria import BasisRow
from blocklist.errors import TransferFault
from blocklist.keyring import Keyring, WrappedKey
from blocklist.manifest import Bulk, DeltaRef, FileRef, LogHead, Manifest, RekeyOf, delta_path, full_path
from blocklist.names import to_wire
from blocklist.public_log import LogLine
from blocklist.publish.versions import roles
from blocklist.tokens import domain_token, token_key
from blocklist.trust.transfer.transport import HttpStatusFault, Reply
from blocklist.withdrawal import WITHDRAW_PATH, Withdrawal

LIST_ID, PURPOSE = "demo", "csam"
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BASIS = (BasisRow("law", "law"), BasisRow("emergency", "emergency_necessity"))
KEYS = {"root": 2, "targets": 3, "keyring": 2, "withdraw": 1, "snapshot": 1, "timestamp": 1}
Twist = Callable[[Manifest], Manifest]


def signers(count: int) -> list[CryptoSigner]:
    return [CryptoSigner.generate_ed25519() for _ in range(count)]


def names(*numbers: int) -> tuple[str, ...]:
    """Made-up listed names."""
    return tuple(f"n{number}.listed.example" for number in numbers)


@define
class ListBody:
    """Keys, versions and the published site. `files` maps URL paths to bytes."""

    publics: tuple[bytes, ...]
    born: datetime = field(default=NOW, kw_only=True)  # when root was signed
    files: dict[str, bytes] = field(factory=dict)
    keys: dict[str, list[CryptoSigner]] = field(factory=lambda: {role: signers(count) for role, count in KEYS.items()})
    secrets: dict[int, bytes] = field(factory=lambda: {1: os.urandom(32)})
    base_date: date = date(2026, 11, 1)
    root: Metadata[Root] = field(init=False)
    role_files: dict[str, bytes] = field(factory=dict)
    serial: int = 0  # version of targets, keyring, snapshot
    snapshot_version: int = 0
    stamps: int = 0
    manifest: Manifest | None = None
    with_keyring: bool = True
    false_secrets: dict[int, bytes] = field(factory=dict)  # wrapped in place of the true ones
    with_withdrawals: bool = True
    withdrawals_signed: int = 0  # version of the withdraw role
    with_deltas: bool = False
    with_log: bool = False
    log_lines: list[bytes] = field(factory=list)
    packed: bytes = b""  # the records published last
    delta_files: dict[str, bytes] = field(factory=dict)  # of the chain, by target path
    targets_signed_by: int = 2
    keyring_by: int = 2

    def __attrs_post_init__(self) -> None:
        thresholds = {"root": 2, "targets": 2, "snapshot": 1, "timestamp": 1}
        keys = {role: [signer.public_key for signer in self.keys[role]] for role in thresholds}
        self.root = roles.make_root(keys, thresholds, self.keys["root"], self.born)
        self._put_root()

    @property
    def pinned(self) -> bytes:
        """Version 1 of root.json."""
        return self.files["/metadata/1.root.json"]

    def publish(
        self,
        listed: Iterable[str],
        now: datetime = NOW,
        *,
        version: int | None = None,
        epoch: int = 1,
        twist: Twist = lambda manifest: manifest,
        records: bytes | None = None,
        bulk: Bulk | None = None,
        rekey_of: RekeyOf | None = None,
        also: Mapping[str, bytes] | None = None,
    ) -> Manifest:
        """Publish a version; `twist` bends its index before it is signed, `records` replaces its set."""
        number = version or (self.manifest.version + 1 if self.manifest else 1)
        packed = self.records(listed, epoch) if records is None else records
        path = full_path(epoch, number)
        sealed = self.sealed(packed, stream.Kind.FULL, epoch, path)
        links = self._chain(packed, epoch, number) if self.with_deltas else ()
        manifest = Manifest(
            list_id=LIST_ID,
            purpose=PURPOSE,
            version=number,
            signed_at=now,
            epoch=epoch,
            base_date=self.base_date,
            count=len(packed) // 18,
            set_sha256=matchfile.set_digest(packed),
            full=FileRef(path, len(sealed)),
            basis=BASIS,
            criteria_set="demo-1",
            bulk=bulk,
            min_wait=3600,
            rekey_of=rekey_of,
            deltas=links,
            log=self._log_head(number, len(packed) // 18, now) if self.with_log else None,
        )
        self.manifest, self.packed = twist(manifest), packed
        files = {"index.json": self.manifest.to_bytes(), path: sealed} | self.delta_files | dict(also or {})
        self.sign_targets(files, now)
        return self.manifest

    def sealed(self, plain: bytes, kind: stream.Kind, epoch: int, path: str) -> bytes:
        """A list file for one place, under its epoch's secret."""
        secret = self.secrets.setdefault(epoch, os.urandom(32))
        return stream.seal(plain, kind, stream.FileContext(secret, LIST_ID, PURPOSE, epoch, path), os.urandom(32))

    def _chain(self, packed: bytes, epoch: int, number: int) -> tuple[DeltaRef, ...]:
        """The links published so far and one more; none across a change of epoch."""
        before = self.manifest
        plain = delta.make(self.packed, packed) if before and before.epoch == epoch else None
        if before is None or plain is None:
            self.delta_files.clear()
            return ()
        path = delta_path(epoch, number)
        self.delta_files[path] = self.sealed(plain, stream.Kind.DELTA, epoch, path)
        return (*before.deltas, DeltaRef(before.version, number, path, len(self.delta_files[path])))

    def _log_head(self, version: int, count: int, now: datetime) -> LogHead:
        """Publish the version's line of the public record, and return the head over all."""
        line = LogLine(
            list_id=LIST_ID, version=version, signed_at=now, count=count, adds=0, removals=0, commitment="ab" * 32
        )
        self.log_lines.append(line.to_bytes())
        return self.put_log()

    def put_log(self) -> LogHead:
        """Publish the public record as it stands in `log_lines`."""
        self.files["/log.jsonl"] = b"".join(line + b"\n" for line in self.log_lines)
        return LogHead(len(self.log_lines), merkle.root(map(merkle.leaf_hash, self.log_lines)).hex())

    def target(self, path: str) -> bytes:
        """The published bytes of a target that one version only has."""
        folder, slash, name = path.rpartition("/")
        found = [url for url in self.files if url.startswith(f"/targets/{folder}{slash}") and url.endswith("." + name)]
        return self.files[found[0]]

    def records(self, listed: Iterable[str], epoch: int = 1, not_after: date = date(2026, 12, 31)) -> bytes:
        """The packed set of some names, all as `domain` entries."""
        key = token_key(self.secrets.setdefault(epoch, os.urandom(32)), LIST_ID, epoch)
        attributes = Attributes(expiry_days_for(not_after, self.base_date), 1)
        return matchfile.build((domain_token(key, to_wire(name)), attributes) for name in listed)

    def sign_targets(self, files: Mapping[str, bytes], now: datetime, keyring_now: datetime | None = None) -> None:
        """Sign targets and keyring roles over files, then snapshot and timestamp."""
        self.serial += 1
        keyring_keys = [signer.public_key for signer in self.keys["keyring"]]
        withdraw_keys = [signer.public_key for signer in self.keys["withdraw"]] if self.with_withdrawals else []
        targets = roles.make_targets(self.serial, files, keyring_keys, 2, now, withdraw_keys)
        self._put_role("targets", targets, self.keys["targets"][: self.targets_signed_by])
        self._put_targets(files)
        self.sign_keyring(keyring_now or now)
        if self.with_withdrawals and not self.withdrawals_signed:
            self.sign_withdrawals((), now)
        self.sign_snapshot(now)

    def sign_keyring(self, now: datetime) -> None:
        wraps = [
            WrappedKey(
                epoch,
                "match",
                keyring.subscriber_id(public),
                keyring.wrap(secret, public, list_id=LIST_ID, epoch=epoch),
            )
            for epoch, secret in (self.secrets | self.false_secrets).items()
            for public in self.publics
        ]
        files = {"keys/current": Keyring(LIST_ID, tuple(wraps)).to_bytes()} if self.with_keyring else {}
        self._put_role("keyring", roles.make_keyring(self.serial, files, now), self.keys["keyring"][: self.keyring_by])
        self._put_targets(files)

    def withdraw(self, listed: Iterable[str], now: datetime = NOW, *, serial: int = 0, epoch: int = 1) -> int:
        """Publish a new `withdraw/current` over some names; return its serial."""
        key = token_key(self.secrets[epoch], LIST_ID, epoch)
        tokens = tuple(sorted(domain_token(key, to_wire(name)) for name in listed))
        serial = self.sign_withdrawals(tokens, now, serial=serial, epoch=epoch)
        self.serial += 1
        self.sign_snapshot(now)
        return serial

    def sign_withdrawals(self, tokens: tuple[bytes, ...], now: datetime, *, serial: int = 0, epoch: int = 1) -> int:
        """Sign the withdraw role over a file, without a new snapshot."""
        self.withdrawals_signed += 1
        number = serial or self.withdrawals_signed
        plain = Withdrawal(epoch, number, tokens).to_bytes()
        self.put_withdrawals({WITHDRAW_PATH: self.sealed(plain, stream.Kind.WITHDRAW, epoch, WITHDRAW_PATH)}, now)
        return number

    def put_withdrawals(self, files: Mapping[str, bytes], now: datetime) -> None:
        """Sign the withdraw role over whatever files."""
        role = roles.make_withdraw(self.withdrawals_signed, files, self.keys["withdraw"][0], now)
        self._put_role("withdraw", role, [])
        self._put_targets(files)

    def sign_snapshot(
        self,
        now: datetime,
        version: int = 0,
        life: timedelta = roles.TIMESTAMP_LIFETIME,
        claims: Mapping[str, int] | None = None,
    ) -> None:
        """Sign snapshot and timestamp, whose version goes on from the one before; `claims` are versions of no file."""
        self.snapshot_version = version or self.serial
        snapshot = roles.make_snapshot(self.snapshot_version, self.role_files, self.keys["snapshot"][0], now)
        snapshot.signed.meta.update({f"{role}.json": MetaFile(number) for role, number in (claims or {}).items()})
        snapshot.sign(self.keys["snapshot"][0])
        self._put_role("snapshot", snapshot, [])
        self.stamp(now, life)

    def stamp(self, now: datetime, life: timedelta = roles.TIMESTAMP_LIFETIME) -> None:
        """Sign a new timestamp over the present snapshot."""
        self.stamps += 1
        data = self.files[f"/metadata/{self.snapshot_version}.snapshot.json"]
        meta = MetaFile.from_data(Metadata[Snapshot].from_bytes(data).signed.version, data, ["sha256"])
        timestamp = Metadata(Timestamp(self.stamps, expires=now + life, snapshot_meta=meta))
        timestamp.sign(self.keys["timestamp"][0])
        self.files["/metadata/timestamp.json"] = timestamp.to_bytes()

    def rotate_keys(self, *roles: str) -> None:
        """Publish the next root, which names a new key for each of these roles; they sign with it from now on."""
        signed = self.root.signed
        signed.version += 1
        for role in roles:
            (old,), new = self.keys[role], CryptoSigner.generate_ed25519()
            signed.revoke_key(old.public_key.keyid, role)
            signed.add_key(new.public_key, role)
            self.keys[role] = [new]
        self.root.signatures.clear()
        for signer in self.keys["root"]:
            self.root.sign(signer, append=True)
        self._put_root()

    def _put_root(self) -> None:
        self.files[f"/metadata/{self.root.signed.version}.root.json"] = self.root.to_bytes()

    def _put_role(self, role: str, metadata: Metadata[Targets] | Metadata[Snapshot], by: list[CryptoSigner]) -> None:
        for signer in by:
            metadata.sign(signer, append=True)
        data = metadata.to_bytes()
        self.files[f"/metadata/{metadata.signed.version}.{role}.json"] = data
        if role != "snapshot":
            self.role_files[role] = data

    def _put_targets(self, files: Mapping[str, bytes]) -> None:
        for path, data in files.items():
            folder, slash, name = path.rpartition("/")
            self.files[f"/targets/{folder}{slash}{hashlib.sha256(data).hexdigest()}.{name}"] = data


@define
class MemoryTransport:
    """Transport straight out of sites, by URL prefix; `down` mirrors refuse, `asked` remembers."""

    sites: dict[str, dict[str, bytes]]
    down: set[str] = field(factory=set)
    asked: list[str] = field(factory=list)

    def get(
        self, url: str, max_bytes: int, *, etag: str | None = None, fresh: bool = False, start: int | None = None
    ) -> Reply:
        prefix = next(prefix for prefix in self.sites if url.startswith(prefix))
        if prefix in self.down:
            raise TransferFault("connect", "nobody there")
        path = url.removeprefix(prefix.rstrip("/"))
        self.asked.append(path)
        body = self.sites[prefix].get(path)
        if body is None:
            raise HttpStatusFault("memory", 404)
        if start is not None:
            return Reply(206, body[start : start + max_bytes])
        tag = hashlib.sha256(body).hexdigest()
        if tag == etag:
            return Reply(304, b"", tag)
        if len(body) > max_bytes:
            raise TransferFault("too_long", "too long")
        return Reply(200, body, tag)

    def close(self) -> None:
        """Nothing is kept open."""


@define
class SetClock:
    """Clocks that stand still until told."""

    wall: float = NOW.timestamp()
    steady: float = 1000.0

    def now(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.steady

    def pass_seconds(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    @property
    def utc(self) -> datetime:
        return datetime.fromtimestamp(self.wall, UTC)


def twisted(**fields: object) -> Twist:
    """A twist that replaces fields of the index."""
    return lambda manifest: evolve(manifest, **fields)
