"""The operators' page of all limits, against the code."""

from __future__ import annotations

import re

from attrs import frozen

from deploy.limits_page import FLOORS, ROOT, limits, page, shown, unit

PAGE = ROOT / "docs" / "operators" / "limits.md"


def test_the_page_is_up_to_date() -> None:
    """`make docs` would not change it."""
    assert PAGE.read_text("utf-8") == page()


def test_every_limits_class_is_there_and_every_limit_says_what_it_bounds() -> None:
    """Found by a plain search for their names: none is left out, none is without a sentence."""
    files = [path for folder in ("resolver", "blocklist") for path in sorted((ROOT / folder).rglob("*.py"))]
    named = [
        name for path in files for name in re.findall(r"^class (\w*Limits)\b", path.read_text("utf-8"), re.MULTILINE)
    ]
    found = {name: rows for path in files for name, _, rows in limits(path)}
    assert set(named) == set(found)
    assert len(re.findall("^### ", page(), re.MULTILINE)) == len(named) - 1  # `Limits` of the edge holds classes only
    assert [f"{name}.{row[0]}" for name, rows in found.items() for row in rows if not row[2].endswith(".")] == []


def test_values_are_written_as_people_write_them() -> None:
    """Sizes and times by their largest whole unit, other numbers with commas."""
    assert [shown(value, "bytes") for value in (1232, 4096, 64 << 20)] == ["1,232", "4 KiB", "64 MiB"]
    assert [shown(value, "seconds") for value in (0.35, 300, 7200.0, 172_800)] == ["0.35", "300", "2 h", "2 d"]
    assert shown((0.0, 0.35), "seconds") == "0 0.35"
    assert shown(1_000_000, "count") == "1,000,000"


def test_units_follow_from_name_meaning_and_class() -> None:
    """In that order."""
    assert unit("idle_seconds", "Time.", "") == "seconds"
    assert unit("give_up", "Seconds after which.", "") == "seconds"
    assert unit("life", "Since then.", "How long (seconds).") == "seconds"
    assert unit("connections", "Open at once.", "Clients.") == "count"
    assert [unit(name, "", "") for name in ("ipv4_prefix", "per_prefix", "adds_share")] == ["bits", "count", "share"]


@frozen
class NoLimits:
    """Not below one of the floors."""

    attribute: int = 1
    """Not on the page."""


def test_floors_are_folders() -> None:
    """And tests are none of them."""
    assert all((ROOT / folder).is_dir() for folder in FLOORS)
    assert "NoLimits" not in page()
