"""TUF metadata of the list body: who may sign what, for how long (list.md, Trust).

Only `tuf.api.metadata` is used. Every function is pure but for the signers handed in; times come in as `now`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from securesystemslib.signer import Key, Signer
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Role,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

ROOT_LIFETIME: Final = timedelta(days=365)
TARGETS_LIFETIME: Final = timedelta(days=30)
KEYRING_LIFETIME: Final = timedelta(days=30)
SNAPSHOT_LIFETIME: Final = timedelta(days=7)
TIMESTAMP_LIFETIME: Final = timedelta(hours=6)
WITHDRAW_LIFETIME: Final = timedelta(days=7)
KEYRING_ROLE: Final = "keyring"
KEYRING_PATHS: Final = ("keys/*",)
WITHDRAW_ROLE: Final = "withdraw"
WITHDRAW_PATHS: Final = ("withdraw/*",)
DUTIES_NEEDED: Final = 1


def make_root(
    keys: Mapping[str, Sequence[Key]], thresholds: Mapping[str, int], signers: Sequence[Signer], now: datetime
) -> Metadata[Root]:
    """Version 1 of root.json over the four top-level roles, signed by `signers`; consistent snapshots on."""
    roles = {role: Role([key.keyid for key in keys[role]], thresholds[role]) for role in keys}
    by_id = {key.keyid: key for role in keys for key in keys[role]}
    root = Metadata(Root(1, expires=_whole(now + ROOT_LIFETIME), keys=by_id, roles=roles, consistent_snapshot=True))
    for signer in signers:
        root.sign(signer, append=True)
    return root


def make_targets(
    version: int,
    files: Mapping[str, bytes],
    keyring_keys: Sequence[Key],
    keyring_threshold: int,
    now: datetime,
    withdraw_keys: Sequence[Key] = (),
) -> Metadata[Targets]:
    """The unsigned targets role: the list's files, and what it delegates.

    `keys/*` goes to the keyring role, `withdraw/*` to the withdraw role where there are keys for it.
    """
    delegated = [_delegation(KEYRING_ROLE, KEYRING_PATHS, keyring_keys, keyring_threshold)]
    if withdraw_keys:
        delegated.append(_delegation(WITHDRAW_ROLE, WITHDRAW_PATHS, withdraw_keys, DUTIES_NEEDED))
    by_id = {key.keyid: key for key in (*keyring_keys, *withdraw_keys)}
    delegations = Delegations(by_id, {role.name: role for role in delegated})
    return Metadata(
        Targets(version, expires=_whole(now + TARGETS_LIFETIME), targets=_described(files), delegations=delegations)
    )


def _delegation(name: str, paths: Sequence[str], keys: Sequence[Key], threshold: int) -> DelegatedRole:
    return DelegatedRole(name, [key.keyid for key in keys], threshold, terminating=True, paths=[*paths])


def make_keyring(version: int, files: Mapping[str, bytes], now: datetime) -> Metadata[Targets]:
    """The unsigned keyring role over `keys/current`."""
    return Metadata(Targets(version, expires=_whole(now + KEYRING_LIFETIME), targets=_described(files)))


def make_withdraw(version: int, files: Mapping[str, bytes], signer: Signer, now: datetime) -> Metadata[Targets]:
    """The withdraw role over `withdraw/current`, signed by one duty officer."""
    role = Metadata(Targets(version, expires=_whole(now + WITHDRAW_LIFETIME), targets=_described(files)))
    role.sign(signer)
    return role


def make_snapshot(version: int, roles: Mapping[str, bytes], signer: Signer, now: datetime) -> Metadata[Snapshot]:
    """Snapshot over role files, `{"targets": bytes, "keyring": bytes}`."""
    meta = {f"{role}.json": _meta_file(data) for role, data in roles.items()}
    snapshot = Metadata(Snapshot(version, expires=_whole(now + SNAPSHOT_LIFETIME), meta=meta))
    snapshot.sign(signer)
    return snapshot


def make_timestamp(version: int, snapshot: bytes, signer: Signer, now: datetime) -> Metadata[Timestamp]:
    """Timestamp over the bytes of a signed snapshot."""
    timestamp = Metadata(
        Timestamp(version, expires=_whole(now + TIMESTAMP_LIFETIME), snapshot_meta=_meta_file(snapshot))
    )
    timestamp.sign(signer)
    return timestamp


def signatures_missing(delegator: Root | Targets, role: str, metadata: Metadata[Targets]) -> int:
    """How many more valid signatures `metadata` needs before a client takes it as `role`; 0 = enough."""
    result = delegator.get_verification_result(role, metadata.signed_bytes, metadata.signatures)
    return max(0, result.missing)


def signed_by(delegator: Root | Targets, role: str, metadata: Metadata[Targets]) -> frozenset[str]:
    """Key ids whose valid signature over `metadata` counts for `role`."""
    return frozenset(delegator.get_verification_result(role, metadata.signed_bytes, metadata.signatures).signed)


def _meta_file(data: bytes) -> MetaFile:
    version = Metadata.from_bytes(data).signed.version
    return MetaFile.from_data(version, data, ["sha256"])


def _described(files: Mapping[str, bytes]) -> dict[str, TargetFile]:
    return {path: TargetFile.from_data(path, data, ["sha256"]) for path, data in files.items()}


def _whole(moment: datetime) -> datetime:
    """TUF times have whole seconds."""
    return moment.replace(microsecond=0)
