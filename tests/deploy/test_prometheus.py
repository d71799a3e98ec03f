"""The shipped scrape configuration and alerts."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from resolver.edge.metrics import Exposition
from tests.resolver.edge.snapshots import snapshot
from tests.support.tools import require

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"


@pytest.mark.peers
@pytest.mark.parametrize(
    "arguments",
    [("check", "config", "prometheus.yml"), ("check", "rules", "alerts.yaml"), ("test", "rules", "alerts_test.yaml")],
    ids=" ".join,
)
def test_promtool_agrees(arguments: tuple[str, ...]) -> None:
    """promtool accepts the files, and each alert fires when it must and not before."""
    tool = require("promtool")["promtool"]
    done = subprocess.run([tool, *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _alerts() -> list[dict[str, object]]:
    groups = yaml.safe_load((PROMETHEUS / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_every_alert_has_its_run_book_and_its_test() -> None:
    """Who is woken finds a page that says what to do, and the rule was seen firing."""
    tested = (PROMETHEUS / "alerts_test.yaml").read_text()
    for rule in _alerts():
        page = ROOT / str(rule["annotations"]["runbook"])  # type: ignore[index]
        assert str(rule["alert"]) in page.read_text(), page
        assert str(rule["alert"]) in tested


def test_every_series_is_one_we_export() -> None:
    """Alerts and panels ask for no series that does not exist."""
    text = Exposition(snapshot).render().decode()
    exported = set(re.findall(r"^(\w+)", text, re.MULTILINE))
    asked = (PROMETHEUS / "alerts.yaml").read_text() + (ROOT / "deploy" / "grafana" / "mamori.json").read_text()
    assert set(re.findall(r"\bmamori_\w+", asked)) <= exported
