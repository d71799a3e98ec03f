"""What the online signer proves of a submission before it vouches for it: who signed, and what came along.

The chain of trust starts at a root.json this machine was given by hand. A root version is taken if the one before it
and its own keys signed it; targets, if root's editors did; keyring and withdraw, if those did whom targets names.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar

from attrs import frozen
from tuf.api.exceptions import LengthOrHashMismatchError, UnsignedMetadataError
from tuf.api.metadata import Metadata, Root, TargetFile, Targets
from tuf.api.serialization import DeserializationError

from blocklist.errors import PublisherFault
from blocklist.manifest import Manifest
from blocklist.publish.faults import Refusal
from blocklist.publish.publication.drop import DropLimits, Submission
from blocklist.publish.publication.outlet import SignedRole
from blocklist.publish.versions import public_log
from blocklist.publish.versions.assemble import INDEX_PATH, KEYRING_PATH
from blocklist.publish.versions.roles import KEYRING_ROLE, WITHDRAW_ROLE
from blocklist.publish.versions.signing import check_step
from blocklist.withdrawal import WITHDRAW_PATH

TARGETS: Final = "targets"
_PATH: Final = re.compile(r"(?:[a-z0-9-]+/)*[A-Za-z0-9][A-Za-z0-9.-]*")  # nothing absolute, no `..`
_ONLY_PATH: Final = {KEYRING_ROLE: KEYRING_PATH, WITHDRAW_ROLE: WITHDRAW_PATH}
VERSION_AHEAD: Final = 24 * 3600  # seconds; subscribers bound the serial in the file alike

S = TypeVar("S", Root, Targets)


@frozen
class Standing:
    """What is in force here: the newest root, the published role files by role, the lines of the public record."""

    root: bytes
    roles: Mapping[str, bytes]
    record: Sequence[bytes] = ()


@frozen
class Admitted:
    """A submission that was verified whole. `orphaned` are published roles whose signers the new targets dropped."""

    roots: Mapping[int, bytes]  # new versions
    root: bytes  # in force with it
    roles: tuple[SignedRole, ...]
    log_line: bytes | None
    orphaned: tuple[str, ...]


def admit(
    submission: Submission,
    standing: Standing,
    held: Callable[[str], bytes | None],
    now: datetime,
    limits: DropLimits,
) -> Admitted:
    """Verify a submission; `held` gives a target file published before, by its path with the hash in it.

    Raises `Refusal` with the reason.
    """
    roots = chain(standing.root, submission.roots)
    root = [standing.root, *roots.values()][-1]
    if roots and parse(root, Root).signed.is_expired(now):
        raise Refusal("expired", f"root version {max(roots)} has expired: make a new one")
    current = {**standing.roles, **submission.roles}
    for name, data in submission.roles.items():
        check_role(name, data, root, current, now)
        _check_newer(name, data, standing.roles.get(name))
        _check_not_ahead(name, data, now)
        _check_paths(name, data)
    orphaned = tuple(name for name in current if name not in submission.roles and not _verified(name, current, root))
    if TARGETS in orphaned or "keyring" in orphaned:
        raise Refusal(
            "signers_replaced",
            f"the published {' and '.join(orphaned)} would count no more under this submission's keys:"
            " hand it over together with a version signed by the new ones",
        )
    files = _Files(submission, held, limits)
    roles = tuple(SignedRole(name, data, files.of(data)) for name, data in submission.roles.items())
    for role in roles:
        if INDEX_PATH in role.files:
            _check_record(role.files[INDEX_PATH], standing.record, submission.log_line)
    return Admitted(roots, root, roles, submission.log_line, orphaned)


def chain(root: bytes, candidates: Iterable[bytes]) -> dict[int, bytes]:
    """The new root versions among `candidates` (in order of version), each signed by the one before and by itself."""
    last, found = parse(root, Root), {}
    for data in candidates:
        candidate = parse(data, Root)
        if candidate.signed.version <= last.signed.version:
            continue
        if candidate.signed.version != last.signed.version + 1:
            raise Refusal("root_gap", f"root version {last.signed.version + 1} is missing: hand it over first")
        try:
            last.verify_delegate(Root.type, candidate)
            candidate.verify_delegate(Root.type, candidate)
        except UnsignedMetadataError:
            raise Refusal(
                "root_signatures",
                f"root version {candidate.signed.version} lacks signatures of the root holders before it or its own",
            ) from None
        last = candidate
        found[candidate.signed.version] = data
    return found


def check_role(name: str, data: bytes, root: bytes, roles: Mapping[str, bytes], now: datetime) -> None:
    """Check signatures, threshold and expiry of a role; `roles` has the targets file that delegates. `Refusal`."""
    metadata = parse(data, Targets)
    if not _verified(name, {**roles, name: data}, root):
        raise Refusal(
            "signatures", f"{name} version {metadata.signed.version} lacks signatures of those who may sign it"
        )
    if metadata.signed.is_expired(now):
        raise Refusal("expired", f"{name} version {metadata.signed.version} has expired: build and sign a new one")


def parse(data: bytes, kind: type[S]) -> Metadata[S]:
    """Read a metadata file of one kind. Raises `Refusal`."""
    try:
        metadata = Metadata[S].from_bytes(data)
    except DeserializationError:
        raise Refusal("metadata", f"a submitted {kind.type} file is malformed") from None
    if not isinstance(metadata.signed, kind):
        raise Refusal("metadata", f"a file submitted as {kind.type} is of type {metadata.signed.type}")
    return metadata


def _verified(name: str, roles: Mapping[str, bytes], root: bytes) -> bool:
    """Whether enough of those wrote the role who may, by root or by the targets file among `roles`."""
    metadata = parse(roles[name], Targets)
    if name != TARGETS and TARGETS not in roles:
        raise Refusal("no_targets", f"{name} comes before any targets file that names its signers")
    delegator = parse(root, Root).signed if name == TARGETS else parse(roles[TARGETS], Targets).signed
    try:
        return bool(delegator.get_verification_result(name, metadata.signed_bytes, metadata.signatures))
    except ValueError:  # no such delegation
        return False


def _check_newer(name: str, data: bytes, published: bytes | None) -> None:
    """The published file itself passes: a run that was cut short is done again.

    Nor may editors' versions leap: what their desk calls the last one, a thief may have written there.
    """
    if published is None or published == data:
        return
    old, new = parse(published, Targets).signed.version, parse(data, Targets).signed.version
    if new <= old:
        raise Refusal("version_old", f"{name} version {new} is not above {old}, which is published: build a new one")
    if name != WITHDRAW_ROLE:
        check_step(new, old)


def _check_not_ahead(name: str, data: bytes, now: datetime) -> None:
    """One duty key signs `withdraw`, whose versions are POSIX seconds: a thief's 2^31 would shut out all later ones."""
    version = parse(data, Targets).signed.version
    if name == WITHDRAW_ROLE and version > now.timestamp() + VERSION_AHEAD:
        raise Refusal("version_ahead", f"withdraw version {version} lies in the future: is a duty key stolen?")


def _check_paths(name: str, data: bytes) -> None:
    """A role names files of its own: what one stolen duty key signs is written nowhere but where it belongs."""
    paths = parse(data, Targets).signed.targets
    if any(path != _ONLY_PATH.get(name, path) or not _PATH.fullmatch(path) for path in paths):
        raise Refusal("target_path", f"{name} names a file that is not its own: who signed this?")


def _check_record(index: bytes, record: Sequence[bytes], line: bytes | None) -> None:
    """The public record with the submitted line must be the one the editors signed in the index."""
    try:
        head = Manifest.from_bytes(index).log
    except PublisherFault:
        raise Refusal("index_invalid", "the submitted index.json is malformed: build again") from None
    lines = public_log.continued(record, line.splitlines() if line is not None else ())
    if head is not None and public_log.head(lines) != head:
        raise Refusal("log_differs", "the public record with the submitted line is not the one the editors signed")


@frozen
class _Files:
    """The target files of a submission, each checked against the role that names it."""

    submission: Submission
    held: Callable[[str], bytes | None]
    limits: DropLimits

    def of(self, role: bytes) -> dict[str, bytes]:
        """The files `role` names."""
        return {path: self._file(target) for path, target in parse(role, Targets).signed.targets.items()}

    def _file(self, target: TargetFile) -> bytes:
        prefixed = target.get_prefixed_paths()[0]
        data = self.submission.file(prefixed.rpartition("/")[2], self.limits) or self.held(prefixed)
        if data is None:
            raise Refusal("file_missing", f"{target.path} did not come along and is not published")
        try:
            target.verify_length_and_hashes(data)
        except LengthOrHashMismatchError:
            raise Refusal("file_differs", f"{target.path} is not the file that was signed") from None
        return data
