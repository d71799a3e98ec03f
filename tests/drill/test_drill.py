"""The list body's drill, as `make drill` runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENTRIES, WITHDRAWALS = 5_000, 6  # `make drill` has 25,000 and 20


@pytest.mark.daemon
@pytest.mark.long
@pytest.mark.peers
@pytest.mark.xdist_group("drill")
@pytest.mark.timeout(900)
def test_the_whole_drill(record_property: Callable[[str, object], None]) -> None:
    """Two ISPs behind caches: additions, withdrawals, rekey, leaving, theft, a mistake of a third of the list."""
    size = ["--entries", str(ENTRIES), "--repeats", str(WITHDRAWALS)]
    done = subprocess.run(
        [sys.executable, "-m", "drill", *size], cwd=ROOT, capture_output=True, text=True, timeout=880, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    figures = json.loads(done.stdout.splitlines()[-1])
    record_property("drill", json.dumps(figures))
    assert figures["entries"] == ENTRIES
    assert figures["withdrawals"] == WITHDRAWALS
    assert figures["add_s"] <= 60
    assert figures["withdraw_s"] <= 35
    assert figures["withdrawn_at_once"] == ENTRIES * 8 // 25
    assert (figures["rekey_changed_answers"], figures["removed_subscriber_reads"], figures["stolen_key_added"]) == (
        0,
    ) * 3
    assert figures["slipped_entry"] == "refused"
