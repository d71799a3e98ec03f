"""Versions on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocklist.trust.rules.mask import Mask
from blocklist.trust.storage.sealed import write_sealed
from blocklist.trust.storage.store import Store, StoredVersion
from tests.blocklist.trust.list_body import ListBody, names

KEY = bytes(32)


def stored(body: ListBody, version: int, mask: Mask = Mask()) -> StoredVersion:  # noqa: B008  # frozen
    listed = names(*range(version))
    manifest = body.publish(listed, version=version)
    return StoredVersion(manifest.to_bytes(), body.secrets[1], body.records(listed), mask)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "versions", KEY, "demo")


def test_version_with_its_mask_survives(store: Store, body: ListBody) -> None:
    """Index, secret, records and mask come back as they were saved."""
    records = body.records(names(9))
    version = stored(body, 3, Mask(b"t" * 16, records, {"adds": 1}))
    store.save(version)
    again = store.newest()
    assert again == version
    assert (again.version, len(again.enforced), len(again.token_key)) == (3, 4 * 18, 32)
    assert sum(again.expiries.values()) == 4


def test_rejected_tokens_survive(store: Store, body: ListBody) -> None:
    """What the NOC rejected is part of the version's file."""
    version = stored(body, 3, Mask(rejected=body.records(names(1))[:16]))
    store.save(version)
    again = store.newest()
    assert again == version
    assert len(again.enforced) == 2 * 18


def test_version_of_release_0_1_is_read(store: Store, body: ListBody) -> None:
    """It wrote no rejected tokens: an upgrade goes on with the list it had."""
    version = stored(body, 3, Mask(b"t" * 16, b"", {"adds": 1}))
    pieces = list(version.pieces())[:-2]  # the last part and its length
    store.folder.mkdir(parents=True)
    write_sealed(store.folder / "3.sealed", pieces, KEY, "list demo version 3")
    assert store.newest() == version


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_another_form_is_damage(store: Store, body: ListBody, cut: int) -> None:
    """Parts that do not add up are of another release, or ours gone wrong: an older version serves."""
    store.folder.mkdir(parents=True)
    whole = b"".join(stored(body, 3).pieces())
    write_sealed(store.folder / "3.sealed", whole[:-cut], KEY, "list demo version 3")
    assert (store.newest(), store.damaged) == (None, 1)


def test_newest_below(store: Store, body: ListBody) -> None:
    """The newest one is taken, or the newest below a number; an empty or missing folder has none."""
    assert store.newest() is None
    for version in (2, 10, 9):
        store.save(stored(body, version))
    assert [found and found.version for found in (store.newest(), store.newest(10), store.newest(2))] == [10, 9, None]


def test_damaged_and_swapped_files_are_passed_over(store: Store, body: ListBody) -> None:
    """A file that was cut, or one put in another's place, does not count as that version."""
    for version in (1, 2, 3):
        store.save(stored(body, version))
    (store.folder / "3.sealed").write_bytes((store.folder / "3.sealed").read_bytes()[:-1])
    (store.folder / "2.sealed").write_bytes((store.folder / "1.sealed").read_bytes())
    found = store.newest()
    assert found is not None
    assert (found.version, store.damaged) == (1, 2)


def test_prune_keeps_what_is_wanted(store: Store, body: ListBody) -> None:
    """Everything else goes, half-written files of a killed run as well."""
    for version in (1, 2, 3):
        store.save(stored(body, version))
    (store.folder / "4.sealed.new").write_bytes(b"half")
    store.prune({2, 3})
    assert sorted(path.name for path in store.folder.iterdir()) == ["2.sealed", "3.sealed"]


def test_no_token_is_readable_at_rest(store: Store, body: ListBody) -> None:
    """Records are sealed, and stay out of representations."""
    version = stored(body, 1)
    store.save(version)
    token = version.records[:16]
    assert token not in (store.folder / "1.sealed").read_bytes()
    assert repr(token) not in repr(version)
