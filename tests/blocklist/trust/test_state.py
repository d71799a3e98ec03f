"""The small sealed state."""

from __future__ import annotations

from pathlib import Path

from blocklist.manifest import Bulk
from blocklist.trust.clock import TimeMarks
from blocklist.trust.state import Announcement, ListState, Memory

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
)
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
    for data in (b"{}", b"[]", FULL.to_bytes().replace(b'"format": 1', b'"format": 2')):
        _write(memory, data)
        assert memory.read() is None
    assert memory.damaged == 3


def test_secrets_of_two_epochs_are_kept() -> None:
    """A new epoch's secret pushes out the oldest one only."""
    assert FULL.secrets_with(3, b"3") == {3: b"3", 2: bytes(range(32))}


def test_repr_holds_no_secret() -> None:
    """Secrets stay out of anything that is printed by accident."""
    assert repr(bytes(32)) not in repr(FULL)


def _write(memory: Memory, data: bytes) -> None:
    from blocklist.trust.sealed import write_sealed

    write_sealed(memory.path, data, KEY, "list demo state")
