"""What a visit means for the list: decided without touching a disk."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from blocklist.errors import PublisherFault
from blocklist.manifest import Bulk, RekeyOf
from blocklist.trust.outcome import Kind, ListSource
from blocklist.trust.storage.state import Announcement, ListState
from blocklist.trust.storage.store import StoredVersion
from blocklist.trust.transfer.repository import Repository, Visit
from blocklist.trust.update import Change, Update
from tests.blocklist.trust.conftest import KEYS, MIRROR
from tests.blocklist.trust.list_body import LIST_ID, NOW, PURPOSE, ListBody, MemoryTransport, SetClock, names

TEN = names(*range(10))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tuf"


def visit(body: ListBody, folder: Path) -> Visit:
    found = Repository(folder, body.pinned, MemoryTransport({MIRROR: body.files}), SetClock()).visit(MIRROR)
    assert found is not None
    return found


def decide(
    body: ListBody, folder: Path, current: StoredVersion | None, state: ListState
) -> tuple[Change, list[Exception]]:
    alarms: list[Exception] = []
    source = ListSource(LIST_ID, PURPOSE, body.pinned, (MIRROR,))
    update = Update(source, KEYS, visit(body, folder), current, state, NOW.timestamp(), alarms.append)
    return update.decide(), alarms


def first(body: ListBody, folder: Path) -> tuple[StoredVersion, ListState]:
    body.publish(TEN)
    change, _ = decide(body, folder, None, ListState())
    return change.versions[0], change.state


def test_first_version_is_taken_and_remembered(body: ListBody, folder: Path) -> None:
    """The first list has no size guard; version, signing time and secret are remembered."""
    body.publish(names(*range(100)))
    change, alarms = decide(body, folder, None, ListState())
    assert change.outcome.kind is Kind.UPDATED
    assert (change.versions[0].version, len(change.versions[0].enforced) // 18) == (1, 100)
    assert (change.state.version, change.state.marks.signed_at) == (1, NOW.timestamp())
    assert (change.state.secrets, alarms) == (body.secrets, [])


def test_same_version_stores_nothing(body: ListBody, folder: Path) -> None:
    """A version already enforced, or the one rolled back from, is no change."""
    current, state = first(body, folder)
    for known in (state, evolve(state, left=1)):
        change, _ = decide(body, folder, current, known)
        assert (change.outcome.kind, change.versions) == (Kind.UNCHANGED, ())


def test_higher_version_ends_a_rollback(body: ListBody, folder: Path) -> None:
    """What was chosen by rollback is forgotten when a higher version is taken."""
    current, state = first(body, folder)
    body.publish(TEN[:9])
    change, _ = decide(body, folder, current, evolve(state, left=1, chosen=1))
    assert (change.outcome.kind, change.state.left, change.state.chosen) == (Kind.UPDATED, 0, 0)


def test_known_secret_outlives_the_keyring(body: ListBody, folder: Path) -> None:
    """A missing keyring is told to the alarm and the update goes on."""
    current, state = first(body, folder)
    body.with_keyring = False
    body.publish(TEN[:9])
    change, alarms = decide(body, folder, current, state)
    assert (change.outcome.kind, len(alarms)) == (Kind.UPDATED, 1)


def test_changed_epoch_waits(body: ListBody, folder: Path) -> None:
    """Without `rekey_of` nothing is stored, and the epoch is named; once accepted it is taken as a first list."""
    current, state = first(body, folder)
    body.publish(TEN, epoch=2)
    change, _ = decide(body, folder, current, state)
    assert (change.outcome.kind, change.versions, change.waiting_epoch) == (Kind.HELD, (), 2)
    change, _ = decide(body, folder, current, evolve(state, accepted_epoch=2))
    assert (change.outcome.kind, change.state.accepted_epoch) == (Kind.UPDATED, 0)


@pytest.mark.parametrize(
    ("bulk", "age", "kind"),
    [
        (Bulk(2, 90, 0), 3600, Kind.UPDATED),
        (Bulk(2, 90, 0), 3599, Kind.HELD),
        (Bulk(2, 89, 0), 3600, Kind.HELD),
        (Bulk(3, 90, 0), 3600, Kind.HELD),
    ],
)
def test_announcement_lifts_the_size_guard(body: ListBody, folder: Path, bulk: Bulk, age: int, kind: Kind) -> None:
    """For its version only, up to its numbers, and not before its wait has passed here; the floor is an hour."""
    current, state = first(body, folder)
    body.publish(names(*range(100)))
    announced = Announcement(bulk, 0, NOW.timestamp() - age)
    change, _ = decide(body, folder, current, evolve(state, announced=announced))
    assert change.outcome.kind is kind


def test_announcement_counts_from_its_first_sight(body: ListBody, folder: Path) -> None:
    """Seen again unchanged it keeps its time; changed, or for a version that has come, it does not."""
    current, state = first(body, folder)
    body.publish(TEN, bulk=Bulk(3, 90, 0))
    known = Announcement(Bulk(3, 90, 0), 3600, 5.0)
    change, _ = decide(body, folder, current, evolve(state, announced=known))
    assert change.state.announced == known
    change, _ = decide(body, folder, current, evolve(state, announced=evolve(known, bulk=Bulk(3, 80, 0))))
    assert change.state.announced == evolve(known, since=NOW.timestamp())
    body.publish(TEN, bulk=Bulk(3, 90, 0))
    assert decide(body, folder, current, evolve(state, announced=known))[0].state.announced is None


def test_base_date_stays_within_an_epoch(body: ListBody, folder: Path) -> None:
    """What the removal guard keeps of a version counts its days from it."""
    current, state = first(body, folder)
    body.base_date += timedelta(days=1)
    body.publish(TEN[:9])
    with pytest.raises(PublisherFault) as caught:
        decide(body, folder, current, state)
    assert caught.value.code == "index"


def test_client_behind_a_rekey_comes_by_the_old_epochs_deltas(body: ListBody, folder: Path) -> None:
    """`rekey_of` names the way to the version that is repeated: a delta where this host has the one before."""
    body.with_deltas = True
    many = names(*range(60))
    body.publish(many)
    change, _ = decide(body, folder, None, ListState())
    last = body.publish(many[1:])
    old = {last.full.path: body.target(last.full.path)} | body.delta_files
    rekey = RekeyOf(last.epoch, last.version, last.set_sha256, last.count, last.full, last.deltas)
    body.publish(many[1:], epoch=2, rekey_of=rekey, also=old)
    for path in [path for path in body.files if path.endswith(".2.full")]:
        del body.files[path]
    change, alarms = decide(body, folder, change.versions[0], change.state)
    assert [stored.version for stored in change.versions] == [2, 3]
    assert alarms == []
