"""Space kept for the day the disk is full."""

from __future__ import annotations

from pathlib import Path

from blocklist.trust.storage.reserve import RESERVE_BYTES, Reserve


def test_space_is_really_taken_and_given_up(tmp_path: Path) -> None:
    """Blocks are allocated, not only a length; a second time nothing is left to give."""
    reserve = Reserve(tmp_path / "reserve")
    reserve.keep()
    reserve.keep()
    stat = reserve.path.stat()
    assert (stat.st_size, stat.st_mode & 0o777) == (RESERVE_BYTES, 0o600)
    assert stat.st_blocks * 512 >= RESERVE_BYTES
    assert reserve.give_up()
    assert not reserve.give_up()


def test_where_there_is_no_room_there_is_no_reserve(tmp_path: Path) -> None:
    """Keeping space never stands in anybody's way."""
    reserve = Reserve(tmp_path / "no" / "reserve")
    reserve.keep()
    assert not reserve.give_up()
