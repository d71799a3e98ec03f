"""The shipped dashboard: made by code, of series that exist, with nothing that leads to a name or a client."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from resolver.edge.supervision.metrics import Exposition
from tests.resolver.edge.snapshots import snapshot

ROOT = Path(__file__).parents[2]
GRAFANA = ROOT / "deploy" / "grafana"
TEXT = (GRAFANA / "mamori.json").read_text("utf-8")
BOARD: dict[str, Any] = json.loads(TEXT)
PANELS: list[dict[str, Any]] = BOARD["panels"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel.get("targets", [])]
EXPOSITION = Exposition(snapshot).render().decode()

ADDED_BY_PROMETHEUS = {"alertname", "alertstate", "instance"}  # to our series, or to its own


def test_the_dashboard_is_what_the_code_makes() -> None:
    """mamori.json is made by build_dashboard.py and never by hand, byte for byte, whatever the locale is."""
    command = [sys.executable, "-m", "deploy.grafana.build_dashboard"]
    made = subprocess.run(command, cwd=ROOT, env={"LC_ALL": "C"}, capture_output=True, check=True)
    assert made.stdout == TEXT.encode()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_panel_asks_for_series_and_labels_we_export(expression: str) -> None:
    """No panel stays empty because a series has another name, and none asks for a label that could be a person's."""
    exported = set(re.findall(r"^(\w+)", EXPOSITION, re.MULTILINE))
    assert set(re.findall(r"\bmamori_\w+", expression)) <= exported
    labels = set(re.findall(r"(\w+)=\"", EXPOSITION)) | ADDED_BY_PROMETHEUS
    grouped = {label for names in re.findall(r"by \(([\w, ]*)\)", expression) for label in re.findall(r"\w+", names)}
    assert grouped | set(re.findall(r"(\w+)=~?\"", expression)) <= labels


def test_no_label_we_export_takes_its_value_from_traffic() -> None:
    """The labels are these, and all of their values are known before the first query."""
    fixed = {"guard", "kind", "le", "list_id", "rcode", "reason", "result", "slot", "state", "transport", "upstream"}
    assert set(re.findall(r"(\w+)=\"", EXPOSITION)) == fixed


def test_nothing_to_drill_into() -> None:
    """No link, no variable but data source and resolver, no annotation; a panel says why, Japanese first."""
    assert {variable["name"] for variable in BOARD["templating"]["list"]} == {"source", "instance"}
    assert not BOARD.get("links")
    assert not [panel["title"] for panel in PANELS if panel.get("links")]
    assert not re.search('dataLinks|"url"', TEXT)
    (why,) = (panel["options"]["content"] for panel in PANELS if panel["type"] == "text")
    assert 0 <= why.index("通信の秘密") < why.index("no way from here to a name or a client")


def test_block_totals_are_never_a_rate_and_say_that_they_are_late() -> None:
    """Released totals are shown as they are: a rate or an increase would pretend to know when."""
    totals = [panel for panel in PANELS if "mamori_block_events" in json.dumps(panel)]
    assert totals
    for panel in totals:
        assert "delayed" in panel["title"] and "noise" in panel["description"]
    assert not re.search(r"(rate|increase|delta|deriv)\([^)]*mamori_block_", TEXT)
    shown = " ".join(EXPRESSIONS)
    assert "mamori_block_bucket_seconds" in shown
    assert "time() - (max(mamori_block_last_release_timestamp_seconds" in shown


def test_panels_fill_the_grid_without_overlap() -> None:
    """Each panel has its own id and place."""
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    cells = [cell for panel in PANELS for cell in _cells(panel["gridPos"])]
    assert len(cells) == len(set(cells))
    assert max(column for column, _row in cells) < 24


def _cells(place: dict[str, int]) -> list[tuple[int, int]]:
    columns, rows = range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
    return [(column, row) for column in columns for row in rows]


def test_what_grafana_is_provisioned_with() -> None:
    """The provisioning files are read-only for people and name a Prometheus data source."""
    folder = GRAFANA / "provisioning"
    (provider,) = yaml.safe_load((folder / "dashboards" / "mamori.yaml").read_text())["providers"]
    assert provider["type"] == "file" and provider["allowUiUpdates"] is False
    (source,) = yaml.safe_load((folder / "datasources" / "prometheus.yaml").read_text())["datasources"]
    assert source["type"] == "prometheus"
