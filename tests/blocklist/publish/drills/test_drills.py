"""Every drill, as the verb runs it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from blocklist.publish.drills.drills import DRILLS, run
from tests.blocklist.publish.support import NOW

FIGURES = {
    "lost-key": {"root_version": 2},
    "stolen-key": {"root_version": 2, "entries_to_approve": 21},
    "stolen-online-key": {"root_version": 2},
    "stolen-duty-key": {"taken_off": 3, "refused": 17},
    "lost-root-key": {"root_version": 3},
}


@pytest.mark.parametrize("name", sorted(DRILLS))
def test_a_drill_shows_what_it_promises(name: str, tmp_path: Path) -> None:
    """All steps hold, the figures are those of the rules, and no made-up name is told."""
    said: list[str] = []
    facts = run(name, tmp_path, NOW, said.append)
    assert (facts["drill"], facts["ok"], facts["steps"]) == (name, True, said)
    assert FIGURES[name].items() <= facts.items()
    assert not re.search(r"\.example", str(facts))
