"""Local exemptions."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocklist.errors import BlocklistError, EntryFault, OperatorFault, TransferFault
from blocklist.names import to_wire
from blocklist.trust.local.exemptions import Exemptions
from tests.blocklist.trust.list_body import SetClock
from tests.support.small_disk import fill, small_disk

DAY = 86400.0
KEY = bytes(32)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def exemptions(tmp_path: Path, clock: SetClock) -> Exemptions:
    return Exemptions(tmp_path / "exemptions.sealed", KEY, clock)


def add(exemptions: Exemptions, name: str = "wrong.example", **fields: object) -> str:
    end = exemptions.clock.now() + DAY
    given = {"match": "domain", "reason": "listed by mistake", "ticket": "T-1", "not_after": end}
    return exemptions.add(name, **given | fields).id  # type: ignore[arg-type]


def test_added_is_active_until_its_end(exemptions: Exemptions, clock: SetClock) -> None:
    """An exemption is in force as wire name from now until its end."""
    added = add(exemptions, "Wrong.Example")
    (active,) = exemptions.active(clock.now())
    assert (active.id, active.match, active.wire) == (added, "domain", to_wire("wrong.example"))
    assert exemptions.active(clock.now() + DAY) == ()


def test_removed_is_gone(exemptions: Exemptions, clock: SetClock) -> None:
    """Removing by id ends it; an unknown id is said."""
    first, second = add(exemptions), add(exemptions, "other.example")
    exemptions.remove(first)
    assert [exemption.id for exemption in exemptions.active(clock.now())] == [second]
    with pytest.raises(OperatorFault):
        exemptions.remove(first)


def test_name_is_neither_shown_nor_readable_at_rest(exemptions: Exemptions, clock: SetClock) -> None:
    """`list` and all representations show reason, ticket and end only, and the file is sealed."""
    add(exemptions)
    shown = repr((exemptions.list(), exemptions, exemptions.active(clock.now())))
    assert "listed by mistake" in shown
    assert "wrong" not in shown
    assert b"wrong" not in exemptions.path.read_bytes()
    assert exemptions.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "fields",
    [
        {"match": "url"},
        {"reason": " "},
        {"ticket": ""},
        {"reason": "x" * 201},
        {"not_after": 0.0},
        {"not_after": SetClock().now() + 30 * DAY + 1},
        {"name": "192.0.2.1"},
        {"name": "a..example"},
    ],
)
def test_bad_exemption_is_refused(exemptions: Exemptions, fields: dict[str, object]) -> None:
    """Reason, ticket, a proper name and an end within 30 days are required; nothing is stored."""
    with pytest.raises(BlocklistError):
        add(exemptions, **fields)
    assert exemptions.list() == ()


def test_fault_does_not_repeat_the_name(exemptions: Exemptions) -> None:
    """What was typed stays out of the message."""
    with pytest.raises(EntryFault) as caught:
        add(exemptions, "-secret-.example")
    assert "secret" not in str(caught.value)


def test_ended_ones_leave_the_file_once_told(exemptions: Exemptions, clock: SetClock) -> None:
    """A name is kept at rest no longer than it is needed; one that could not be told stays until it can."""
    first = add(exemptions)
    clock.pass_seconds(2 * DAY)
    second = add(exemptions)

    def fails(_: object) -> None:
        raise TransferFault("disk", "full")

    with pytest.raises(TransferFault):
        exemptions.settle(clock.now(), fails)
    assert len(exemptions.list()) == 2
    told: list[str] = []
    exemptions.settle(clock.now(), lambda note: told.append(note.id))
    exemptions.settle(clock.now(), lambda note: told.append(note.id))
    assert (told, [note.id for note in exemptions.list()]) == ([first], [second])


@pytest.mark.root
def test_a_full_disk_does_not_stop_an_exemption(tmp_path: Path, clock: SetClock) -> None:
    """The space kept for that day is given up for it."""
    with small_disk(tmp_path, megabytes=3):
        exemptions = Exemptions(tmp_path / "exemptions.sealed", KEY, clock)
        first = add(exemptions)
        fill(tmp_path)
        with pytest.raises(OSError, match="space"):
            (tmp_path / "more").write_bytes(b"x")
        second = add(exemptions, "other.example")
        assert [note.id for note in exemptions.list()] == [first, second]


def test_damaged_file_is_said_not_skipped(exemptions: Exemptions) -> None:
    """An exemption that cannot be read must hold an update back rather than block its name again."""
    add(exemptions)
    exemptions.path.write_bytes(b"damaged")
    with pytest.raises(OperatorFault):
        exemptions.active(0.0)
