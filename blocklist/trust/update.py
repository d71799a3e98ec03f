"""What a verified visit to a mirror means for the list: nothing, a new version, or a change that waits for the NOC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from attrs import evolve, field, frozen
from tuf.api.exceptions import ExpiredMetadataError

from blocklist import guards
from blocklist.errors import EntryFault, OperatorFault, PublisherFault
from blocklist.manifest import Bulk, Manifest, RekeyOf
from blocklist.tokens import token_key
from blocklist.trust import verify
from blocklist.trust.limits import HOUR, ClockLimits, SizeLimits
from blocklist.trust.outcome import Keys, Kind, ListSource, Outcome
from blocklist.trust.reasons import Reason
from blocklist.trust.record_set import RecordSet
from blocklist.trust.rules.guarding import judge
from blocklist.trust.rules.standing import unconfirmed
from blocklist.trust.storage.state import Announcement, ListState
from blocklist.trust.storage.store import StoredVersion
from blocklist.trust.transfer.repository import Visit

INDEX: Final = "index.json"
KEYRING: Final = "keys/current"
MIN_WAIT_FLOOR: Final = HOUR  # an announcement counts after at least this long, whatever the index says


@frozen
class Change:
    """The end of a visit: the versions to store in order (the last one becomes current), and what is remembered."""

    outcome: Outcome
    state: ListState
    versions: tuple[StoredVersion, ...] = ()
    waiting_epoch: int = 0  # a change of epoch that needs the NOC
    manifest: Manifest | None = None  # of the index that was worked through


@frozen
class Update:
    """One visit and where this host stands; `alarm` is told what is wrong without stopping the update."""

    source: ListSource
    keys: Keys
    visit: Visit
    current: StoredVersion | None  # None also when it is of another root than the pinned one
    state: ListState
    now: float
    alarm: Callable[[Exception], None]
    sizes: SizeLimits = field(factory=SizeLimits)
    times: ClockLimits = field(factory=ClockLimits)

    def decide(self) -> Change:
        """Verify and decide. Raises PublisherFault, TransferFault, OperatorFault or an exception of python-tuf."""
        data = self.visit.target(INDEX, self.sizes.index_bytes)
        manifest = Manifest.from_bytes(data)
        verify.check_index(manifest, self.source, self.state, datetime.fromtimestamp(self.now, UTC), self.times)
        secret = self._secret(manifest)
        remembered = _remember(self.state, manifest, secret, self.now)
        if self.current is not None and manifest.version in (self.current.version, self.state.left):
            if manifest.version == self.current.version:
                verify.check_same(manifest, self.current.manifest)
            return Change(Outcome(Kind.UNCHANGED), remembered, manifest=manifest)
        versions = self._versions(data, manifest, secret)
        if versions and versions[-1].version == manifest.version:
            state = evolve(remembered, left=0, chosen=0)
            return Change(_outcome(versions[-1]), state, versions, manifest=manifest)
        highest = max((self.state.version, *(stored.version for stored in versions)))
        state = evolve(self.state, version=highest)
        return Change(_epoch_held(manifest), state, versions, manifest.epoch, manifest)

    def _versions(self, data: bytes, manifest: Manifest, secret: bytes) -> tuple[StoredVersion, ...]:
        """Return what to store; the index's own version is not the last when its change of epoch must wait."""
        current = self.current
        if current is None or manifest.epoch == self.state.accepted_epoch:
            return (self._guarded(data, manifest, secret, None),)
        if manifest.epoch == current.manifest.epoch:
            verify.check_base(manifest, current.manifest)
            return (self._guarded(data, manifest, secret, current),)
        if manifest.rekey_of is None or self.state.left:
            return ()
        return self._rekeyed(data, manifest, manifest.rekey_of, secret, current)

    def _rekeyed(
        self, data: bytes, manifest: Manifest, rekey: RekeyOf, secret: bytes, current: StoredVersion
    ) -> tuple[StoredVersion, ...]:
        """Go to the last version of the old epoch, if behind it, then to its repetition under the new keys."""
        before: tuple[StoredVersion, ...] = ()
        if rekey.epoch == current.manifest.epoch and rekey.version > current.version:
            between = verify.rekey_source(manifest, rekey, current.manifest)
            current = self._guarded(between.to_bytes(), between, current.secret, current)
            before = (current,)
        if self._must_stay(current, manifest) or not verify.repeats(rekey, current.manifest):
            return before
        new = self._guarded(data, manifest, secret, None)
        verify.check_rekey(manifest, new.records, current)
        return before if new.mask else (*before, new)

    def _must_stay(self, current: StoredVersion, manifest: Manifest) -> bool:
        """Tell whether entries are set aside or withdrawn here that nobody could find again under new keys."""
        seen = manifest.withdrawals_seen
        return bool(current.mask or unconfirmed(current, self.state.withdrawals, seen, self.now))

    def _guarded(self, data: bytes, manifest: Manifest, secret: bytes, old: StoredVersion | None) -> StoredVersion:
        """Fetch a version and run the guards against the enforced set; without `old` the never-lists only."""
        records = RecordSet(manifest, secret, self.visit, self.sizes, self.alarm).fetch(old)
        mask = judge(
            old,
            self.state.withdrawals.taken(self.now),
            records,
            never_tokens=_never_tokens(token_key(secret, manifest.list_id, manifest.epoch), self.source.never_names),
            bulk_lifted=_bulk_for(manifest.version, self.state, self.now),
            limits=self.source.guard_limits,
            other_criteria=self.source.criteria_set not in ("", manifest.criteria_set),
        )
        return StoredVersion(data, secret, records, mask)

    def _secret(self, manifest: Manifest) -> bytes:
        """Return the epoch's secret; `keys/current` missing or expired stops nothing once the secret is known."""
        known = self.state.secrets.get(manifest.epoch)
        try:
            return self._look_at_keyring(manifest, known)
        except Exception as error:  # whatever is wrong with the keyring, a known secret is enough to go on
            if known is None:
                raise
            self.alarm(error)
            return known

    def _look_at_keyring(self, manifest: Manifest, known: bytes | None) -> bytes:
        try:
            if self.visit.digest(KEYRING) is None:
                raise PublisherFault("keys_missing", "the list body signs no keys/current")
            if known is not None:
                return known
            data = self.visit.target(KEYRING, self.sizes.keyring_bytes)
        except ExpiredMetadataError:
            raise PublisherFault("keys_expired", "the list body's signature over keys/current has expired") from None
        return verify.unwrap_secret(data, manifest, self.keys.subscriber_private)


def _remember(state: ListState, manifest: Manifest, secret: bytes, now: float) -> ListState:
    """Return the state after an index was worked through."""
    return evolve(
        state,
        version=max(state.version, manifest.version),
        marks=evolve(state.marks, signed_at=max(state.marks.signed_at, manifest.signed_at.timestamp())),
        secrets=state.secrets_with(manifest.epoch, secret),
        accepted_epoch=0,
        announced=_announced(state.announced, manifest, now),
    )


def _announced(known: Announcement | None, manifest: Manifest, now: float) -> Announcement | None:
    """Keep the announcement of a version still to come, with the time this host first saw it so."""
    if manifest.bulk is None or manifest.bulk.version <= manifest.version:
        return None
    new = Announcement(manifest.bulk, manifest.min_wait, now)
    same = known is not None and (known.bulk, known.min_wait) == (new.bulk, new.min_wait)
    return known if same else new


def _bulk_for(version: int, state: ListState, now: float) -> Bulk | None:
    announced = state.announced
    if announced is None or announced.bulk.version != version:
        return None
    return announced.bulk if now >= counts_from(announced) else None


def counts_from(announced: Announcement) -> float:
    """Return when an announcement begins to lift the size guard (POSIX)."""
    return announced.since + max(announced.min_wait, MIN_WAIT_FLOOR)


@lru_cache(maxsize=2)
def _never_tokens(key: bytes, names: tuple[str, ...]) -> dict[str, frozenset[bytes]]:
    try:
        return guards.never_tokens(key, guards.never_names(names))
    except EntryFault as fault:
        text = f"`never` or `never_file` has a line that is no name ({fault}): mend it; no update is taken until then"
        raise OperatorFault("setting", text) from None


def _outcome(stored: StoredVersion) -> Outcome:
    if not stored.mask.held_by:
        return Outcome(Kind.UPDATED)
    hits = ", ".join(f"{guard} ({count})" for guard, count in stored.mask.held_by.items())
    text = f"version {stored.version}: held by {hits}; look with the list body, then `mamori list accept` or `rollback`"
    return Outcome(Kind.HELD, Reason.GUARD, text)


def _epoch_held(manifest: Manifest) -> Outcome:
    text = f"version {manifest.version} changes to epoch {manifest.epoch} and is not a clean rekey of the version held"
    return Outcome(Kind.HELD, Reason.EPOCH_CHANGE, text)
