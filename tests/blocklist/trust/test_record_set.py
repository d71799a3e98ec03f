"""The records of a version, by deltas or whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from attrs import define, evolve, field

from blocklist import delta, stream
from blocklist.errors import PublisherFault, TransferFault
from blocklist.manifest import FileRef, Manifest, delta_path, full_path
from blocklist.trust.limits import SizeLimits
from blocklist.trust.record_set import RecordSet
from blocklist.trust.rules.mask import NO_MASK
from blocklist.trust.storage.store import StoredVersion
from blocklist.trust.transfer.repository import Repository, Visit
from blocklist.trust.transfer.transport import Reply
from tests.blocklist.trust.conftest import MIRROR
from tests.blocklist.trust.list_body import ListBody, MemoryTransport, SetClock, names

HUNDRED = names(*range(100))


@define
class Published:
    """A body that has published versions 1 to 3 with deltas, and a subscriber's way to its files."""

    body: ListBody
    folder: Path
    versions: list[StoredVersion] = field(factory=list)
    alarms: list[Exception] = field(factory=list)
    transport: MemoryTransport = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.transport = MemoryTransport({MIRROR: self.body.files})
        self.body.with_deltas = True
        for listed in (HUNDRED, HUNDRED[5:], names(*range(3, 103))):
            self.publish(*listed)

    def publish(self, *listed: str, **how: object) -> Manifest:
        manifest = self.body.publish(listed, **how)  # type: ignore[arg-type]
        epoch = manifest.epoch
        self.versions.append(StoredVersion(manifest.to_bytes(), self.body.secrets[epoch], self.body.packed, NO_MASK))
        return manifest

    def fetch(self, held: StoredVersion | None, manifest: Manifest | None = None) -> bytes:
        visit = Repository(self.folder, self.body.pinned, self.transport, SetClock()).visit(MIRROR)
        assert isinstance(visit, Visit)
        self.transport.asked.clear()
        wanted = manifest or self.versions[-1].manifest
        return RecordSet(wanted, self.body.secrets[wanted.epoch], visit, SizeLimits(), self.alarms.append).fetch(held)

    @property
    def fetched(self) -> list[str]:
        """The target files asked for, without their digests."""
        return [path.rpartition("/")[2].partition(".")[2] for path in self.transport.asked if "/match/" in path]


@pytest.fixture
def published(body: ListBody, tmp_path: Path) -> Published:
    return Published(body, tmp_path / "tuf")


@pytest.mark.parametrize(
    ("held", "files"), [(None, ["3.full"]), (0, ["2.delta", "3.delta"]), (1, ["3.delta"]), (2, [])]
)
def test_deltas_from_the_version_held(published: Published, held: int | None, files: list[str]) -> None:
    """A new subscriber takes the full file, one that is behind the links it lacks, one that has the set nothing."""
    records = published.fetch(None if held is None else published.versions[held])
    assert (records, published.fetched, published.alarms) == (published.body.packed, files, [])


def test_same_set_under_a_new_number_is_not_fetched(published: Published) -> None:
    """A version that only announces something brings the set along by its digest."""
    published.publish(*names(*range(3, 103)))
    assert published.fetch(published.versions[2]) == published.body.packed
    assert published.fetched == []


@pytest.mark.parametrize(("version", "epoch", "day"), [(9, 1, 1), (2, 2, 1), (2, 1, 2)])
def test_version_outside_the_chain_takes_the_full_file(
    published: Published, version: int, epoch: int, day: int
) -> None:
    """Tokens of another epoch and days from another base date cannot be merged; nobody is alarmed."""
    held = published.versions[0]
    manifest = evolve(
        held.manifest,
        version=version,
        epoch=epoch,
        base_date=date(2026, 11, day),
        full=FileRef(full_path(epoch, version), 1),
    )
    assert published.fetch(evolve(held, index=manifest.to_bytes())) == published.body.packed
    assert (published.fetched, published.alarms) == (["3.full"], [])


def test_chain_of_half_the_full_file_is_not_worth_it(published: Published) -> None:
    """The sum over the missing links counts, and a full file that claims to be huge does not raise the bound."""
    newest = published.versions[-1].manifest
    first, last = newest.deltas
    half = newest.full.bytes // 2
    for link_bytes, full in ((half - last.bytes, ["3.full"]), (half - last.bytes - 1, ["2.delta", "3.delta"])):
        bent = evolve(newest, deltas=(evolve(first, bytes=link_bytes), last))
        published.fetch(published.versions[0], bent)
        assert published.fetched == full
    huge = evolve(newest, full=evolve(newest.full, bytes=2**40), deltas=(evolve(first, bytes=2**30), last))
    published.fetch(published.versions[0], huge)
    assert published.fetched == ["3.full"]


def _bad_links(published: Published) -> dict[str, bytes]:
    """Files for the place of the last link, each wrong in its own way."""
    before, after = published.versions[1].records, published.versions[2].records
    right, less = delta.make(before, after), delta.make(before, before[18:])
    assert right is not None
    assert less is not None
    seal, path = published.body.sealed, delta_path(1, 3)
    return {
        "another set": seal(less, stream.Kind.DELTA, 1, path),
        "no delta": seal(b"\xff" * 30, stream.Kind.DELTA, 1, path),
        "does not fit": seal(b"\0\0\0\1\0\0\0\0" + bytes(8), stream.Kind.DELTA, 1, path),
        "another place": seal(right, stream.Kind.DELTA, 1, delta_path(1, 2)),
        "another kind": seal(right, stream.Kind.FULL, 1, path),
        "no list file": b"x" * 60,
    }


@pytest.mark.parametrize(
    "kind", ["another set", "no delta", "does not fit", "another place", "another kind", "no list file"]
)
def test_bad_link_costs_an_alarm_and_the_full_file(published: Published, kind: str) -> None:
    """Well signed and yet wrong, a link never changes what is enforced: the full file is taken, and it is told."""
    bad = _bad_links(published)[kind]
    newest = published.versions[-1].manifest
    deltas = (newest.deltas[0], evolve(newest.deltas[1], bytes=len(bad)))
    published.body.manifest = published.versions[1].manifest
    published.body.packed = published.versions[1].records
    bent = published.publish(
        *names(*range(3, 103)), also={delta_path(1, 3): bad}, twist=lambda manifest: evolve(manifest, deltas=deltas)
    )
    assert published.fetch(published.versions[0], bent) == published.body.packed
    assert published.fetched.count("3.full") == 1
    assert [error.code for error in published.alarms if isinstance(error, PublisherFault)] == ["delta"]


@pytest.mark.parametrize("served", [None, b"x" * 100])
def test_delta_that_a_mirror_lacks_or_bends_is_passed_over(published: Published, served: bytes | None) -> None:
    """A 404 or other bytes for a link are no reason to stay behind either."""
    (path,) = [path for path in published.body.files if path.endswith(".3.delta")]
    published.body.files |= {path: served or b""}
    if served is None:
        del published.body.files[path]
    assert published.fetch(published.versions[1]) == published.body.packed
    assert len(published.alarms) == 1


@define
class BreakingTransport(MemoryTransport):
    """Breaks off in each delta."""

    def get(
        self, url: str, max_bytes: int, *, etag: str | None = None, fresh: bool = False, start: int | None = None
    ) -> Reply:
        if url.endswith(".delta"):
            raise TransferFault("cut", "gone")
        return super().get(url, max_bytes, etag=etag, fresh=fresh, start=start)


def test_mirror_that_breaks_off_is_not_asked_for_more(published: Published) -> None:
    """When the transfer itself fails, the next mirror is the better way, not a file a hundred times as long."""
    published.transport = BreakingTransport({MIRROR: published.body.files})
    with pytest.raises(TransferFault):
        published.fetch(published.versions[0])
    assert published.fetched == []


def test_second_mismatch_is_the_end(published: Published) -> None:
    """When the full file is not the signed set either, nothing is taken."""
    newest = published.versions[-1].manifest
    with pytest.raises(PublisherFault) as caught:
        published.fetch(published.versions[0], evolve(newest, set_sha256="0" * 64))
    assert caught.value.code == "match_file"
    assert len(published.alarms) == 1
