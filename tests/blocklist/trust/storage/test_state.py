"""The small sealed state."""

from __future__ import annotations

import json
from pathlib import Path

from attrs import evolve

from blocklist.manifest import Bulk
from blocklist.trust.clock import TimeMarks
from blocklist.trust.rules.cohorts import Cohort
from blocklist.trust.rules.withdrawals import Seen, Withdrawals
from blocklist.trust.storage.state import Announcement, ListState, Memory
from tests.blocklist.trust.packed import tokens

FULL = ListState(
    root="ab" * 32,
    version=7,
    marks=TimeMarks(1.0, 2.0, ("key",), 3.0),
    secrets={1: bytes(32), 2: bytes(range(32))},
    good=(7, 6),
    left=7,
    chosen=6,
    accepted_epoch=2,
    announced=Announcement(Bulk(8, 100, 0), 3600, 5.0),
    epoch=2,
    cohorts=(Cohort(5.0, tokens(1, 2)), Cohort(6.0, tokens(3), 7.0, vouched=True)),
    withdrawals=Withdrawals(2, 9, "cd" * 32, tokens(4, 5, 10), (Seen(8.0, 9, True, True, tokens(4, 10)),), 1, 2),
    published_at=4.0,
    withdrawn_at=4.5,
)
RELEASE_0_1 = {  # as that release wrote it
    "root": "ab" * 32,
    "version": 7,
    "marks": {"signed_at": 1.0, "stamped_at": 2.0, "timestamp_keys": ["key"], "trusted": 3.0},
    "secrets": {"1": bytes(32).hex(), "2": bytes(range(32)).hex()},
    "good": [7, 6],
    "left": 7,
    "chosen": 6,
    "accepted_epoch": 2,
    "announced": {"bulk": {"version": 8, "adds": 100, "removals": 0}, "min_wait": 3600, "since": 5.0},
    "format": 1,
}
KEY = bytes(32)


def test_state_survives_a_restart(tmp_path: Path) -> None:
    """All of it is there again, sealed in between."""
    memory = Memory(tmp_path / "state.sealed", KEY, "demo")
    assert memory.read() is None
    memory.write(FULL)
    assert Memory(tmp_path / "state.sealed", KEY, "demo").read() == FULL
    assert b"key" not in (tmp_path / "state.sealed").read_bytes()


def test_state_of_another_list_or_damaged_is_none(tmp_path: Path) -> None:
    """What does not open counts as damage and is treated as lost."""
    Memory(tmp_path / "state.sealed", KEY, "demo").write(FULL)
    other = Memory(tmp_path / "state.sealed", KEY, "other")
    assert (other.read(), other.damaged) == (None, 1)


def test_state_of_another_format_is_none(tmp_path: Path) -> None:
    """A state file of another release is treated as lost, not as an error."""
    memory = Memory(tmp_path / "state.sealed", KEY, "demo")
    memory.write(FULL)
    for data in (b"{}", b"[]", FULL.to_bytes().replace(b'"format": 2', b'"format": 3')):
        _write(memory, data)
        assert memory.read() is None
    assert memory.damaged == 3


def test_state_of_release_0_1_is_read(tmp_path: Path) -> None:
    """An upgrade loses no floor, no secret and no choice of the NOC; there are no cohorts and withdrawals yet."""
    memory = Memory(tmp_path / "state.sealed", KEY, "demo")
    _write(memory, json.dumps(RELEASE_0_1).encode())
    read = memory.read()
    assert read is not None
    newer = {"epoch": 0, "cohorts": (), "withdrawals": Withdrawals(), "published_at": None, "withdrawn_at": None}
    assert read == evolve(FULL, **newer)


def test_tokens_of_another_epoch_are_forgotten_and_the_serial_is_not() -> None:
    """Under new keys the old tokens mean nothing; a serial never falls."""
    after = FULL.in_epoch(3)
    assert (after.cohorts, after.withdrawals, after.epoch) == ((), Withdrawals(serial=9), 3)
    assert FULL.in_epoch(2) is FULL


def test_secrets_of_two_epochs_are_kept() -> None:
    """A new epoch's secret pushes out the oldest one only."""
    assert FULL.secrets_with(3, b"3") == {3: b"3", 2: bytes(range(32))}


def test_repr_holds_no_secret() -> None:
    """Secrets stay out of anything that is printed by accident."""
    assert repr(bytes(32)) not in repr(FULL)


def _write(memory: Memory, data: bytes) -> None:
    from blocklist.trust.storage.sealed import write_sealed

    write_sealed(memory.path, data, KEY, "list demo state")
