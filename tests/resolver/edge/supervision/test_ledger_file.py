"""The ledger on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from resolver.edge.supervision.ledger_file import LEDGER_NAME, RUNNING_NAME, LedgerFile
from resolver.edge.supervision.ledger_lines import DayLine, read


def opened(folder: Path) -> LedgerFile:
    file = LedgerFile(folder)
    file.open()
    return file


def numbers(folder: Path) -> list[tuple[str, int]]:
    lines = map(read, (folder / LEDGER_NAME).read_bytes().splitlines())
    return [(entry.host, entry.seq) for entry in lines]


def test_it_only_grows_and_numbers_its_lines(tmp_path: Path) -> None:
    """A later process goes on under the same host and number; both files are for their owner alone."""
    first = opened(tmp_path)
    first.append(DayLine("2026-11-21"))
    first.keep_running({"lines": []})
    again = opened(tmp_path)
    again.append(DayLine("2026-11-22"))
    assert numbers(tmp_path) == [(first.host, 1), (first.host, 2)]
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in (LEDGER_NAME, RUNNING_NAME)} == {0o600}


def test_lines_behind_a_number(tmp_path: Path) -> None:
    """Those that came since are told, oldest first; a damaged one ends the look, and stops nothing."""
    file = opened(tmp_path)
    for day in ("2026-11-20", "2026-11-21", "2026-11-22"):
        file.append(DayLine(day))
    assert file.after(3) == []
    assert file.after(1) == [DayLine("2026-11-21"), DayLine("2026-11-22")]
    lines = (tmp_path / LEDGER_NAME).read_bytes().splitlines()
    (tmp_path / LEDGER_NAME).write_bytes(b"\n".join([lines[0], b"damaged", lines[2], b""]))
    assert file.after(0) == [DayLine("2026-11-22")]


def test_a_torn_line_is_cut(tmp_path: Path) -> None:
    """What a power cut left of a line is taken off, and told."""
    opened(tmp_path).append(DayLine("2026-11-21"))
    whole = (tmp_path / LEDGER_NAME).read_bytes()
    (tmp_path / LEDGER_NAME).write_bytes(whole + whole[:40])
    assert LedgerFile(tmp_path).open() == 40
    assert (tmp_path / LEDGER_NAME).read_bytes() == whole


def test_a_line_changed_by_hand_begins_another_ledger(tmp_path: Path) -> None:
    """It is not guessed which number comes next: whoever sums up sees a host that began anew."""
    first = opened(tmp_path)
    first.append(DayLine("2026-11-21"))
    (tmp_path / LEDGER_NAME).write_bytes(b"{}\n")
    again = opened(tmp_path)
    assert (again.host != first.host, again.written) == (True, 0)


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """A megabyte without a line end was not written here, and is not cut."""
    (tmp_path / LEDGER_NAME).write_bytes(bytes(3_000_000))
    with pytest.raises(OSError, match="something else"):
        LedgerFile(tmp_path).open()
    assert (tmp_path / LEDGER_NAME).stat().st_size == 3_000_000


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """What cannot be written takes no number."""
    file = opened(tmp_path)
    (tmp_path / LEDGER_NAME).mkdir()
    with pytest.raises(OSError):
        file.append(DayLine("2026-11-21"))
    assert file.written == 0
    (tmp_path / LEDGER_NAME).rmdir()
    file.append(DayLine("2026-11-21"))
    assert numbers(tmp_path) == [(file.host, 1)]


@pytest.mark.parametrize("data", [b"", b"{", b"[]"])
def test_an_unreadable_running_day_is_none(tmp_path: Path, data: bytes) -> None:
    """Whatever stands there, the ledger goes on."""
    assert opened(tmp_path).running() is None
    (tmp_path / RUNNING_NAME).write_bytes(data)
    assert opened(tmp_path).running() is None
