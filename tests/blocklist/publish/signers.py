"""Keys and signed roles of a small list body, made with TUF's own API: no desk, so that a test takes milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from attrs import define, evolve, field
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import DelegatedRole, Delegations, Metadata, Role, Root, TargetFile, Targets

from blocklist.publish.publication.outlet import OnlineKeys, SignedRole
from tests.blocklist.publish.support import NOW

PATHS = {"targets": ["*"], "keyring": ["keys/*"], "withdraw": ["withdraw/*"]}
DELEGATED = ("keyring", "withdraw")


def new_signer() -> CryptoSigner:
    return CryptoSigner(Ed25519PrivateKey.generate())


def signers(count: int) -> list[CryptoSigner]:
    return [new_signer() for _ in range(count)]


@define
class Signers:
    """Root 2 of 3, editors 2 of 3 (targets, keyring), one duty officer, two online keys."""

    root: list[CryptoSigner] = field(factory=lambda: signers(3))
    targets: list[CryptoSigner] = field(factory=lambda: signers(3))
    keyring: list[CryptoSigner] = field(factory=lambda: signers(3))
    withdraw: list[CryptoSigner] = field(factory=lambda: signers(1))
    snapshot: list[CryptoSigner] = field(factory=lambda: signers(1))
    timestamp: list[CryptoSigner] = field(factory=lambda: signers(1))

    @property
    def online(self) -> OnlineKeys:
        return OnlineKeys(self.snapshot[0], self.timestamp[0])

    def with_new(self, role: str) -> Signers:
        """The same body with one new key in `role`."""
        return evolve(self, **{role: [new_signer(), *getattr(self, role)[1:]]})

    def make_root(self, version: int = 1, *others: Signers, now: datetime = NOW, days: int = 365) -> bytes:
        """root.json, signed by two of its own holders and two of each of `others`."""
        keys = {role: [signer.public_key for signer in getattr(self, role)] for role in TOP}
        roles = {role: Role([key.keyid for key in keys[role]], TOP[role]) for role in TOP}
        by_id = {key.keyid: key for role in TOP for key in keys[role]}
        root = Root(version, expires=now + timedelta(days=days), keys=by_id, roles=roles, consistent_snapshot=True)
        metadata = Metadata(root)
        for body in (self, *others):
            for signer in body.root[:2]:
                metadata.sign(signer, append=True)
        return metadata.to_bytes()

    def make(
        self,
        name: str,
        version: int,
        files: Mapping[str, bytes] | None = None,
        by: Iterable[CryptoSigner] | None = None,
        days: int = 30,
    ) -> SignedRole:
        """One role over `files`, signed by its first two holders or by `by`."""
        files = files if files is not None else {PATHS[name][0].replace("*", "current"): b"%d" % version}
        described = {path: TargetFile.from_data(path, data, ["sha256"]) for path, data in files.items()}
        role = Targets(version, expires=NOW + timedelta(days=days), targets=described)
        if name == "targets":
            role.delegations = self._delegations()
        metadata = Metadata(role)
        for signer in by if by is not None else getattr(self, name)[:2]:
            metadata.sign(signer, append=True)
        return SignedRole(name, metadata.to_bytes(), files)

    def _delegations(self) -> Delegations:
        keys = {signer.public_key.keyid: signer.public_key for role in DELEGATED for signer in getattr(self, role)}
        roles = {
            role: DelegatedRole(
                role,
                [signer.public_key.keyid for signer in getattr(self, role)],
                min(2, len(getattr(self, role))),
                terminating=True,
                paths=PATHS[role],
            )
            for role in DELEGATED
        }
        return Delegations(keys, roles)


TOP = {"root": 2, "targets": 2, "snapshot": 1, "timestamp": 1}
