"""A real Prometheus scrapes the demo; every panel and alert expression runs against it."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.acceptance.test_life import until
from tests.support.daemon import MAMORI
from tests.support.load import Load
from tests.support.ports import free_port
from tests.support.processes import Child
from tests.support.tools import require

DEPLOY = Path(__file__).parents[2] / "deploy"
pytestmark = [pytest.mark.daemon, pytest.mark.peers, pytest.mark.xdist_group("prometheus"), pytest.mark.timeout(200)]


class Demo:
    """`mamori demo` on free ports."""

    def __init__(self, folder: Path) -> None:
        self.port, self.notice_port, self.metrics_port = free_port(), free_port(), free_port()
        ports = {"DNS_PORT": self.port, "NOTICE_PORT": self.notice_port, "METRICS_PORT": self.metrics_port}
        environment = os.environ | {key: str(value) for key, value in ports.items()}
        self.child = Child([MAMORI, "demo"], folder / "demo.out", env=environment)
        self.child.wait_for(lambda: "READY " in self.child.text(), "READY", 60)

    def metrics(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10) as answer:
            return bytes(answer.read()).decode()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("demo"))
    yield demo
    assert demo.child.stop() == 0, demo.child.text()


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory, demo: Demo) -> Iterator[str]:
    """The shipped scrape configuration, pointed at the demo and scraping every second."""
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    config["global"]["scrape_interval"] = "1s"
    config["rule_files"] = [str(DEPLOY / "prometheus" / "alerts.yaml")]
    for job in config["scrape_configs"]:
        job["static_configs"] = [{"targets": [f"127.0.0.1:{demo.metrics_port}"]}]
        job.pop("scrape_interval", None)
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = [require("prometheus")["prometheus"], f"--config.file={folder / 'prometheus.yml'}"]
    command += [f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"]
    child = Child(command, folder / "prometheus.out")
    url = f"http://127.0.0.1:{port}"
    try:
        child.wait_for(lambda: bool(_query(url, "up == 1")), "Prometheus scrapes the demo", 60)
        yield url
    finally:
        child.stop()


def test_every_panel_and_alert_expression_runs(demo: Demo, prometheus: str) -> None:
    """After traffic no expression fails, and none is empty but those that wait for an event."""
    load = Load(demo.port, ["www.example", "blk.example", "nothing.example"], rate=200, seconds=8).start()
    time.sleep(8)
    assert load.stop().lost == 0
    until(lambda: bool(_query(prometheus, "rate(mamori_queries_total[1m]) > 0")), "two scrapes after traffic", 30)
    panels, alerts = expressions()
    assert len(panels) >= 8 and len(alerts) >= 5
    asked = [expression for expression in panels if "mamori_preflight" not in expression]  # the demo goes without it
    empty = [expression for expression in asked if not _query(prometheus, expression)]
    assert not empty, "panels without data"
    firing = {expression for expression in alerts if _query(prometheus, expression)}
    assert not firing, "no alert expression may hold on a healthy demo"


def test_promtool_finds_nothing_to_say(demo: Demo) -> None:
    """`promtool check metrics` prints nothing about what the demo exports."""
    tool = require("promtool")["promtool"]
    found = subprocess.run(
        [tool, "check", "metrics"], input=demo.metrics(), capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def expressions() -> tuple[list[str], list[str]]:
    """Every panel query of the dashboard (its variables filled in) and every alert expression."""
    dashboard = json.loads((DEPLOY / "grafana" / "mamori.json").read_text())
    panels = [
        target["expr"]
        .replace("$__rate_interval", "1m")
        .replace("$__interval", "1m")
        .replace("$__range", "1h")
        .replace("$instance", ".*")
        for panel in _panels(dashboard["panels"])
        for target in panel.get("targets", [])
    ]
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())
    return panels, [rule["expr"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule]


def _panels(panels: list[dict[str, object]]) -> Iterator[dict[str, object]]:
    for panel in panels:
        yield panel
        yield from _panels(panel.get("panels", []))  # type: ignore[arg-type]


def _query(url: str, expression: str) -> list[object]:
    """Run one instant query; a refused expression is an error with Prometheus' own words."""
    parameters = urllib.parse.urlencode({"query": expression})
    try:
        with urllib.request.urlopen(f"{url}/api/v1/query?{parameters}", timeout=10) as answer:
            return list(json.load(answer)["data"]["result"])
    except urllib.error.HTTPError as error:
        if error.code == 503:  # it is still starting
            return []
        raise AssertionError(f"{expression}: {error.read().decode()}") from None
    except OSError:
        return []
