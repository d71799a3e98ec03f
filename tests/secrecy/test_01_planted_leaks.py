"""The tests of statement 1 can fail: a leak of each kind, planted into a copy of the product, is found where it is.

`SECRECY_EACH=1` plants each leak alone, in a copy and a daemon of its own (`make secrecy-each`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from tests.secrecy import announced, drive
from tests.secrecy.planted import LEAKS, Leak
from tests.secrecy.search import Finding, leaks, running_leaks
from tests.secrecy.stage import Stage
from tests.support.installed import Installed

PAGE = Path(__file__).parents[2] / "docs/assurance/secrecy-tests.md"
KINDS_WANTED = 12
EACH = bool(os.environ.get("SECRECY_EACH"))


def _groups() -> Iterator[object]:
    grouped = (
        [[each] for each in LEAKS] if EACH else [list(group) for _, group in groupby(LEAKS, lambda leak: leak.group)]
    )
    for number, group in enumerate(grouped):
        marks = [pytest.mark.daemon, pytest.mark.timeout(200), pytest.mark.xdist_group(f"secrecy-leaks-{number}")]
        yield pytest.param(group, id=group[0].what if EACH else f"group {number + 1}", marks=marks)


@pytest.mark.parametrize("group", list(_groups()))
def test_each_planted_leak_is_found(group: list[Leak], tmp_path: Path) -> None:
    """The search names the place of each leak of a group, and each finding that it expects is one leak's alone."""
    installed = Installed(tmp_path / "venv")
    installed.install("1.0")
    announced.listen(installed.site, tmp_path)
    for leak in group:
        leak.plant(installed.code)
    with Stage(tmp_path, installed.mamori) as stage:
        drive.brief(stage)
        drive.exempt(stage)
        drive.talk_to_control(stage)
        told = running_leaks(stage)
        stage.daemon.stop()
        told |= leaks(stage)
    missed = {leak.what: sorted(map(str, told)) for leak in group if not _shown(leak, told)}
    assert missed == {}, stage.daemon.text()[-2000:]


def test_there_is_a_leak_of_every_kind() -> None:
    """Enough kinds, all different, and no two of a group would be found by the same words."""
    assert len({leak.what for leak in LEAKS}) == len(LEAKS) >= KINDS_WANTED
    assert len({(leak.group, leak.shows) for leak in LEAKS}) == len(LEAKS)


def test_the_page_names_every_leak() -> None:
    """The table for auditors is that of the tests, leak by leak."""
    below = PAGE.read_text().partition("## Planted leaks")[2]
    rows = [line for line in below.splitlines() if line.startswith("| ")][1:]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == [leak.what for leak in LEAKS]
    assert all(row.split(" | ")[1].removesuffix(" |") in leak.shows for row, leak in zip(rows, LEAKS, strict=True))


def _shown(leak: Leak, told: set[Finding]) -> bool:
    return any(str(each).startswith(leak.shows) for each in told)
