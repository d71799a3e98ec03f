"""The verified records of one version: by deltas from the version held, or the full file.

A chain of deltas is a short cut, nothing more: whatever is wrong with it is told, and the full file is taken instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from attrs import define, field, frozen
from tuf.api.exceptions import RepositoryError

from blocklist import delta
from blocklist.errors import PublisherFault
from blocklist.manifest import DeltaRef, Manifest
from blocklist.trust import verify
from blocklist.trust.limits import SizeLimits
from blocklist.trust.storage.store import StoredVersion
from blocklist.trust.transfer.transport import HttpStatusFault


@define
class KnownBad:
    """The last file that is not what its index says: fetching it again would change nothing."""

    what: object = None
    fault: PublisherFault | None = None

    def check(self, what: object) -> None:
        """Raise PublisherFault for what failed before."""
        if self.fault is not None and what == self.what:
            raise PublisherFault(self.fault.code, str(self.fault))


class Targets(Protocol):
    """Where verified files come from: a visit to a mirror."""

    @property
    def known_bad(self) -> KnownBad:
        """Return what is remembered from visit to visit."""

    def digest(self, path: str) -> str | None:
        """Return the digest that signed metadata gives for a target."""

    def target(self, path: str, max_bytes: int) -> bytes:
        """Fetch a target and verify it against signed metadata."""


@frozen
class RecordSet:
    """One version's records and the ways to them; `alarm` is told of a chain that led nowhere."""

    manifest: Manifest
    secret: bytes = field(repr=False)  # of its epoch
    targets: Targets
    sizes: SizeLimits
    alarm: Callable[[Exception], None]

    def fetch(self, held: StoredVersion | None) -> bytes:
        """Return the records, verified against the index.

        Raises PublisherFault for a full file that is not what the editors signed, and whatever a transfer raises.
        """
        if held is None or not self._same_base(held.manifest):
            return self._full()
        if held.manifest.set_sha256 == self.manifest.set_sha256:
            return verify.check_set(held.records, self.manifest)
        links = self._links(held.version)
        records = self._by_deltas(held.records, links) if links else None
        return records or self._full()

    def _links(self, version: int) -> tuple[DeltaRef, ...]:
        """Return the chain from a version on; none if it does not begin there, or costs no less than the share."""
        links = self.manifest.deltas
        start = next((at for at, link in enumerate(links) if link.from_version == version), len(links))
        worth = self.sizes.delta_share * self._full_bytes()
        return links[start:] if sum(link.bytes for link in links[start:]) < worth else ()

    def _same_base(self, held: Manifest) -> bool:
        """Tell whether tokens and days mean the same in both versions."""
        return (held.epoch, held.base_date) == (self.manifest.epoch, self.manifest.base_date)

    def _by_deltas(self, records: bytes, links: tuple[DeltaRef, ...]) -> bytes | None:
        """Return what the chain leads to; None, and an alarm, if that is not the signed set or a link is bad."""
        try:
            for link in links:
                sealed = self.targets.target(link.path, link.bytes)
                records = delta.apply(records, verify.open_delta(sealed, self.manifest, link, self.secret))
            return verify.check_set(records, self.manifest)
        except (PublisherFault, RepositoryError, HttpStatusFault):
            text = f"the deltas do not lead to version {self.manifest.version}: the full file is taken instead"
            self.alarm(PublisherFault("delta", text))
            return None

    def _full(self) -> bytes:
        path, known_bad = self.manifest.full.path, self.targets.known_bad
        what = (self.targets.digest(path), self.manifest, self.secret)
        known_bad.check(what)
        try:
            return verify.open_records(self.targets.target(path, self._full_bytes()), self.manifest, self.secret)
        except PublisherFault as fault:
            known_bad.what, known_bad.fault = what, fault
            raise

    def _full_bytes(self) -> int:
        return min(self.manifest.full.bytes, self.sizes.full_bytes)
