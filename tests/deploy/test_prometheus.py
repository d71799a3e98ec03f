"""The shipped scrape configuration and alerts."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from resolver.edge.supervision.metrics import Exposition
from tests.resolver.edge.snapshots import snapshot
from tests.support.tools import require

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RUNBOOKS = ROOT / "docs" / "runbooks"
HEADINGS = ("What it means", "What customers notice", "What to look at", "What to do", "What not to do")


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


def _alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.mark.parametrize("rule", _alerts(), ids=lambda rule: rule["alert"])
def test_every_alert_has_its_run_book_and_its_test(rule: dict[str, Any]) -> None:
    """Who is woken is told how urgent it is and finds a page that says what to do; the rule was seen firing."""
    assert rule["labels"]["severity"] in {"critical", "warning"}
    page = ROOT / rule["annotations"]["runbook_url"]
    assert page.parent == RUNBOOKS
    text = page.read_text()
    assert rule["alert"] in text
    assert [heading for heading in HEADINGS if f"\n## {heading}\n" not in text] == []
    assert re.search(rf"\b{rule['alert']}\b", (PROMETHEUS / "alerts_test.yaml").read_text())


def test_every_run_book_belongs_to_an_alert() -> None:
    """No page is left behind by an alert that went; each is short enough to be read at night."""
    pages = {path for path in RUNBOOKS.glob("*.md") if path.name != "README.md"}
    assert pages == {ROOT / rule["annotations"]["runbook_url"] for rule in _alerts()}
    assert all(len(page.read_text().splitlines()) <= 60 for page in pages)


def test_every_alert_asks_for_series_that_exist() -> None:
    """No alert sleeps because its series was renamed, and none looks at block totals."""
    exported = set(re.findall(r"^(\w+)", Exposition(snapshot).render().decode(), re.MULTILINE))
    asked = {name for rule in _alerts() for name in re.findall(r"\bmamori_\w+", rule["expr"])}
    assert asked <= exported
    assert not {name for name in asked if name.startswith("mamori_block")}
