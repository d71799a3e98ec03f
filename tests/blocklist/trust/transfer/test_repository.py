"""TUF's refresh from one mirror, with what python-tuf leaves open."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tuf.api.exceptions import ExpiredMetadataError, LengthOrHashMismatchError, RepositoryError, UnsignedMetadataError

from blocklist.errors import PublisherFault
from blocklist.trust.transfer.repository import Repository
from tests.blocklist.trust.list_body import ListBody, MemoryTransport, SetClock, names

MIRROR = "https://one.invalid"


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def transport(body: ListBody) -> MemoryTransport:
    body.publish(names(1))
    return MemoryTransport({MIRROR: body.files})


@pytest.fixture
def repository(tmp_path: Path, body: ListBody, transport: MemoryTransport, clock: SetClock) -> Repository:
    return Repository(tmp_path / "tuf", body.pinned, transport, clock)


def test_targets_are_verified_bytes(repository: Repository, body: ListBody) -> None:
    """A target arrives with the digest that signed metadata gives; one that nobody signed is said."""
    visit = repository.visit(MIRROR)
    assert visit is not None
    assert visit.target("index.json", 10_000) == body.target("index.json")
    assert visit.digest("index.json") is not None
    assert visit.digest("match/1/9.full") is None
    with pytest.raises(PublisherFault):
        visit.target("match/1/9.full", 10_000)


def test_target_beyond_its_limit_is_not_fetched(repository: Repository, transport: MemoryTransport) -> None:
    """Signed or not, a file too long for its kind is refused before a byte of it comes."""
    visit = repository.visit(MIRROR)
    assert visit is not None
    with pytest.raises(PublisherFault) as caught:
        visit.target("index.json", 100)
    assert caught.value.code == "too_long"
    assert not any("index.json" in path for path in transport.asked)


def test_swapped_target_is_refused(repository: Repository, body: ListBody) -> None:
    """Bytes of the right length and another content are refused."""
    visit = repository.visit(MIRROR)
    assert visit is not None
    for path in body.files:
        if path.endswith(".index.json"):
            body.files[path] = bytes(len(body.files[path]))
    with pytest.raises(LengthOrHashMismatchError):
        visit.target("index.json", 10_000)


def test_only_a_finished_visit_is_remembered(repository: Repository, transport: MemoryTransport) -> None:
    """Until all of a visit was worked through, the next one is whole again; after that the ETag answers."""
    assert repository.visit(MIRROR) is not None
    visit = repository.visit(MIRROR)
    assert visit is not None
    repository.finished(visit)
    assert repository.visit(MIRROR) is None
    repository.forget()
    assert repository.visit(MIRROR) is not None


def test_stored_expiry_is_tested_at_each_tick(repository: Repository, clock: SetClock) -> None:
    """A mirror that says "not modified" for ever cannot freeze the list beyond the timestamp's life."""
    visit = repository.visit(MIRROR)
    assert visit is not None
    repository.finished(visit)
    clock.pass_seconds(6 * 3600)
    with pytest.raises(ExpiredMetadataError):
        repository.visit(MIRROR)


def test_time_is_the_injected_clocks(repository: Repository, clock: SetClock) -> None:
    """Expiry is judged by the clock that the floor is judged by, not by one that python-tuf reads itself."""
    clock.wall += 6 * 3600
    with pytest.raises(ExpiredMetadataError):
        repository.visit(MIRROR)


def test_long_lived_timestamp_never_reaches_the_disk(repository: Repository, body: ListBody, clock: SetClock) -> None:
    """It is refused before python-tuf keeps it, or it could never be replaced by a lower version."""
    body.stamp(clock.utc, life=timedelta(hours=24, seconds=1))
    with pytest.raises(PublisherFault):
        repository.visit(MIRROR)
    assert not (repository.folder / "timestamp.json").exists()


def test_facts_for_the_clock_floor(repository: Repository, body: ListBody, clock: SetClock) -> None:
    """The visit tells when the timestamp expires and which keys root trusts for it, also after a rotation."""
    before = repository.visit(MIRROR)
    body.rotate_keys("timestamp")
    body.stamp(clock.utc)
    after = repository.visit(MIRROR)
    assert before is not None
    assert after is not None
    assert before.expires == clock.now() + 6 * 3600
    assert before.timestamp_keys != after.timestamp_keys == (body.keys["timestamp"][0].public_key.keyid,)


def test_time_of_publication_is_the_snapshots(repository: Repository, body: ListBody, clock: SetClock) -> None:
    """A stamp five minutes later does not make the list younger; withdrawals have a time once they are asked for."""
    body.stamp(clock.utc + timedelta(minutes=5))
    visit = repository.visit(MIRROR)
    assert visit is not None
    assert visit.published_at == clock.now()
    assert visit.withdrawn_at is None
    assert visit.digest("withdraw/current") is not None
    assert visit.withdrawn_at == clock.now()


def test_root_alone_is_renewed_by_any_clock(
    repository: Repository, body: ListBody, transport: MemoryTransport, clock: SetClock
) -> None:
    """The chain of roots is followed with a clock far off, and no other file is asked for."""
    old = repository.renew_root(MIRROR)
    body.rotate_keys("timestamp")
    body.rotate_keys("timestamp")
    clock.wall += 4000 * 86400
    transport.asked.clear()
    assert repository.renew_root(MIRROR) == (body.keys["timestamp"][0].public_key.keyid,) != old
    assert transport.asked == [f"/metadata/{version}.root.json" for version in (2, 3, 4)]


def test_root_that_too_few_signed_is_refused(repository: Repository, body: ListBody) -> None:
    """A mirror cannot bring a root of its own."""
    repository.renew_root(MIRROR)
    body.keys["root"] = body.keys["root"][:1]
    body.rotate_keys("timestamp")
    with pytest.raises(UnsignedMetadataError):
        repository.renew_root(MIRROR)


def test_litter_of_a_killed_run_goes(repository: Repository) -> None:
    """python-tuf's files aside do not pile up."""
    repository.folder.mkdir()
    (repository.folder / "tmpabc").write_bytes(b"half")
    repository.visit(MIRROR)
    assert not (repository.folder / "tmpabc").exists()


def test_pinned_root_that_is_none_is_said(tmp_path: Path, transport: MemoryTransport, clock: SetClock) -> None:
    """A pinned file that is no root metadata fails each visit as bad metadata."""
    with pytest.raises(RepositoryError):
        Repository(tmp_path / "tuf", b"no root", transport, clock).visit(MIRROR)
