"""The shipped dashboard."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

GRAFANA = Path(__file__).parents[2] / "deploy" / "grafana"


def test_the_dashboard_is_what_the_code_makes() -> None:
    """mamori.json is made by build_dashboard.py and never by hand."""
    command = [sys.executable, str(GRAFANA / "build_dashboard.py")]
    made = subprocess.run(command, check=True, capture_output=True).stdout.decode()
    assert made == (GRAFANA / "mamori.json").read_text("utf-8")


def test_nothing_to_drill_into() -> None:
    """No panel has links, no variable but the data source and the resolver exists, and a panel says why."""
    text = (GRAFANA / "mamori.json").read_text("utf-8")
    board = json.loads(text)
    assert {variable["name"] for variable in board["templating"]["list"]} == {"source", "instance"}
    assert not board.get("links") and not any(panel.get("links") for panel in board["panels"])
    assert any(
        panel["type"] == "text" and "no way from here" in panel["options"]["content"] for panel in board["panels"]
    )


def test_block_totals_are_never_a_rate() -> None:
    """Released totals are shown as they are: a rate or an increase would pretend to know when."""
    assert not re.search(r"(rate|increase|delta)\([^)]*mamori_block_", (GRAFANA / "mamori.json").read_text("utf-8"))
