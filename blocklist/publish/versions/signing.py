"""Editors never sign what they cannot read: what an editor's tool proves before it signs a staged role.

It opens the staged full file, rebuilds the set from the entries *this* editor approved, and signs only if set digest,
count, deltas, public record and index agree, byte for byte. With two of three signatures needed, every published entry
then carries the approval of two different keys. What no entry tells, the announcement of a bulk change, she must say
herself. The keyring is signed only if it names no subscriber but those she approved.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from attrs import frozen
from tuf.api.metadata import Metadata, Targets

from blocklist import matchfile
from blocklist.errors import PublisherFault
from blocklist.keyring import MATCH_PROFILE, Keyring
from blocklist.manifest import Bulk, LogHead, Manifest, RekeyOf
from blocklist.publish.body import EDITORS_NEEDED, Body
from blocklist.publish.faults import Refusal
from blocklist.publish.review.checks import is_own
from blocklist.publish.versions import deltas, roles
from blocklist.publish.versions.assemble import INDEX_PATH, KEYRING_PATH, Assembly, Version
from blocklist.publish.versions.deltas import Chain, Published
from blocklist.stream import Kind, unseal

CLOCK_SLACK = timedelta(hours=1)  # a staged time may lie this far ahead of the signer's clock
MAX_STEP = 1_000  # versions never fall at an ISP: a number far above the last one would use up all there are


@frozen
class Staged:
    """A staged role as read from disk: nothing in it is trusted yet."""

    metadata: Metadata[Targets]
    files: Mapping[str, bytes]

    def manifest(self) -> Manifest:
        """The staged index, or a refusal."""
        try:
            return Manifest.from_bytes(self.files[INDEX_PATH])
        except (KeyError, PublisherFault):
            raise Refusal("index_invalid", "the staged index.json is missing or malformed: build again") from None


@frozen(kw_only=True)
class Before:
    """What an editor's tool knows of besides the entries: what was published, withdrawn and recorded so far."""

    version: int = 0  # the last published
    published: Published | None = None
    withdrawals_seen: int = 0  # the serial of the last withdrawal
    log: LogHead | None = None  # the record with the line that her own entries give this version
    rekey_of: RekeyOf | None = None  # for a rekey version: what it repeats
    carried: Mapping[str, bytes] = {}  # files of old epochs that stay named


def check_targets(staged: Staged, mine: Assembly, before: Before, now: datetime, bulk: Bulk | None = None) -> None:
    """Compare a staged version with the one this editor's own approvals give. `Refusal` says what differs.

    `bulk` is the announcement she agreed on.
    """
    manifest = staged.manifest()
    check_records(staged, manifest, mine)
    foreign = [name for name in manifest.selftest if not is_own(name, mine.body.own_domain)]
    if foreign:
        raise Refusal(
            "self_test_domain",
            f"{len(foreign)} self-test names are not under the body's own domain: every ISP would read them in clear",
        )
    if manifest.bulk != bulk:
        raise Refusal("announcement_differs", _announcement(manifest.bulk))
    if manifest.withdrawals_seen > before.withdrawals_seen:
        raise Refusal("withdrawals_ahead", "the staged index.json overrules withdrawals nobody made yet: ask why")
    if manifest.log != before.log:
        raise Refusal(
            "log_differs", "the staged index.json has another line in the public record than your entries give"
        )
    deltas.check(manifest, staged.files, before.published, mine.records, mine.context)
    expected = Version(
        manifest.version, manifest.signed_at, bulk, manifest.withdrawals_seen, Chain(manifest.deltas),
        before.log, before.rekey_of,
    )  # fmt: skip
    if manifest != mine.manifest(expected, len(staged.files[manifest.full.path])):
        raise Refusal("index_differs", "the staged index.json is not the one this desk's facts give: build again")
    if manifest.version <= before.version:
        raise Refusal(
            "version_old", f"version {manifest.version} is not above {before.version}, which is published: build"
        )
    check_step(manifest.version, before.version)
    _check_time(manifest.signed_at, now)
    _check_files(staged, manifest, mine.body, before, now)


def _check_files(staged: Staged, manifest: Manifest, body: Body, before: Before, now: datetime) -> None:
    """The role names this version's files and the carried ones, the latter byte for byte, and nothing else."""
    if any(staged.files.get(path) != data for path, data in before.carried.items()):
        raise Refusal("role_differs", "a file of the old epoch is missing or not as published: build again")
    paths = {INDEX_PATH, manifest.full.path, *(link.path for link in manifest.deltas), *before.carried}
    expected = make_targets(body, manifest.version, staged.files, now)
    _check_role(staged.metadata, expected, paths, manifest.signed_at + roles.TARGETS_LIFETIME)


def make_targets(body: Body, version: int, files: Mapping[str, bytes], now: datetime) -> Metadata[Targets]:
    """The unsigned targets role of this body: its files, and what its editors and duty officers may sign."""
    keyring_keys = [editor.keyring for editor in body.editors]
    duty_keys = [duty.signing for duty in body.duties]
    return roles.make_targets(version, files, keyring_keys, EDITORS_NEEDED, now, duty_keys)


def check_records(staged: Staged, manifest: Manifest, mine: Assembly) -> None:
    """Open the staged full file and compare it, record for record, with the set this editor approved."""
    try:
        records = matchfile.parse(unseal(staged.files[manifest.full.path], Kind.FULL, mine.context(manifest.full.path)))
    except (KeyError, PublisherFault):
        raise Refusal(
            "file_unreadable", "the staged list file does not open with this desk's keys: build again"
        ) from None
    digest, count = matchfile.set_digest(records), len(records) // matchfile.RECORD_BYTES
    if (manifest.set_sha256, manifest.count) != (digest, count):
        raise Refusal(
            "index_differs", "the staged index.json names another set than its file holds: do not sign, ask why"
        )
    if records == mine.records:
        return
    theirs, ours = set(_split(records)), set(_split(mine.records))
    raise Refusal(
        "not_approved",
        f"this version has {len(theirs - ours)} records you did not approve and lacks {len(ours - theirs)}"
        " that you did: nothing was signed; look at `mamori-list diff`, approve what you stand behind (`resume` or"
        " `reinstate` what was off), build again",
    )


def check_keyring(
    staged: Staged, body: Body, approved: frozenset[str], now: datetime, wanted: frozenset[str] = frozenset()
) -> None:
    """Compare the staged keyring with the subscribers this editor approved. Raises `Refusal`.

    `body` is in the epoch of the staged version; each of the `wanted` must be able to read it.
    """
    try:
        keyring = Keyring.from_bytes(staged.files[KEYRING_PATH])
    except (KeyError, PublisherFault):
        raise Refusal("keyring_invalid", "the staged keys/current is missing or malformed: build again") from None
    foreign = [key for key in keyring.keys if key.subscriber not in approved]
    if foreign:
        raise Refusal(
            "subscriber_not_approved",
            f"the staged keyring opens the list for {len(foreign)} subscribers you did not approve: nothing was signed;"
            " look at `mamori-list subscriber list`",
        )
    epochs = {body.epoch - 1, body.epoch}
    if keyring.list_id != body.list_id or any(
        key.epoch not in epochs or key.profile != MATCH_PROFILE for key in keyring.keys
    ):
        raise Refusal("keyring_invalid", "the staged keys/current is of another list or epoch: build again")
    if wanted - {key.subscriber for key in keyring.keys if key.epoch == body.epoch}:
        raise Refusal("keyring_incomplete", "the staged keyring leaves out subscribers you approved: build again")
    expires = staged.metadata.signed.expires
    expected = roles.make_keyring(staged.metadata.signed.version, staged.files, now)
    _check_role(staged.metadata, expected, {KEYRING_PATH}, expires)
    _check_time(expires - roles.KEYRING_LIFETIME, now)


def check_step(version: int, last_version: int) -> None:
    """Refuse a role version far above the last published version of the list."""
    if version > last_version + MAX_STEP:
        raise Refusal("version_far", f"version {version} is far above {last_version}, the last published one: ask why")


def _announcement(bulk: Bulk | None) -> str:
    if bulk is None:
        return "this version announces no change for the next one: sign without --announce, or build again"
    what = f"this version lets version {bulk.version} add {bulk.adds} and remove {bulk.removals} entries past the guard"
    return f"{what}: if you agreed on that, sign with --announce {bulk.adds},{bulk.removals}"


def _check_role(staged: Metadata[Targets], expected: Metadata[Targets], paths: set[str], expires: datetime) -> None:
    """The staged role must be the expected one in every field; its life is counted from its own build."""
    expected.signed.expires = expires
    if staged.signed != expected.signed or set(staged.signed.targets) != paths:
        raise Refusal("role_differs", "the staged role file says more or other than its files give: build again")


def _check_time(built_at: datetime, now: datetime) -> None:
    if built_at > now + CLOCK_SLACK:
        raise Refusal("time_ahead", "this was built in the future by this machine's clock: set the clock, build again")


def _split(records: bytes) -> list[bytes]:
    return [records[start : start + matchfile.RECORD_BYTES] for start in range(0, len(records), matchfile.RECORD_BYTES)]
