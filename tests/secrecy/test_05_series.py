"""Statement 5: there are two classes of series, and no third.

Operational series say how the machine is and know nothing of blocking; block series are one total a list, with no label
the product sets but the list's id. Every series has its name, its labels and its class here, and a new one fails until
somebody gives it a class. The numbers Python's client library would tell of the process are not there, what a worker
uses is rounded, and the process that serves the notice page has no series of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from resolver.edge.supervision.metrics import Exposition
from resolver.edge.supervision.usage import usage
from tests.resolver.edge.snapshots import snapshot
from tests.secrecy.local_world import LocalWorld

ROOT = Path(__file__).parents[2]
LIST, UPSTREAM, SLOT = ("list_id",), ("upstream",), ("slot",)

BLOCK: dict[str, tuple[str, ...]] = {
    "mamori_block_events_released_total": LIST,
    "mamori_block_bucket_seconds": (),
    "mamori_block_last_release_timestamp_seconds": (),
    "mamori_block_release_enabled": (),
}
FIXED: dict[str, tuple[str, ...]] = {
    "mamori_queries_total": ("transport",),
    "mamori_answers_total": ("rcode",),
    "mamori_cache_hits_total": (),
    "mamori_cache_misses_total": (),
    "mamori_answer_seconds": (),
    "mamori_upstream_queries_total": UPSTREAM,
    "mamori_upstream_failures_total": UPSTREAM,
    "mamori_upstream_up": UPSTREAM,
    "mamori_enforcing": LIST,
    "mamori_list_version": LIST,
    "mamori_list_age_seconds": LIST,
    "mamori_list_entries": LIST,
    "mamori_list_held_entries": LIST,
    "mamori_list_update_failures_total": ("list_id", "reason"),
    "mamori_clock_suspect": (),
}
"""Operational names that the design fixed from the start: never another name, never another label."""
OPERATIONAL: dict[str, tuple[str, ...]] = FIXED | {
    "mamori_dropped_queries_total": (),
    "mamori_rate_limited_queries_total": (),
    "mamori_pending_queries": (),
    "mamori_list_held": LIST,
    "mamori_list_update_failing": LIST,
    "mamori_audit_failing": (),
    "mamori_generation": (),
    "mamori_list_epoch": LIST,
    "mamori_list_withdrawn": LIST,
    "mamori_list_withdrawals_refused": LIST,
    "mamori_list_log_size": LIST,
    "mamori_list_held_by": ("guard", "list_id"),
    "mamori_selftest_failing": LIST,
    "mamori_selftest_total": ("list_id", "result"),
    "mamori_list_publish_to_enforce_seconds": LIST,
    "mamori_list_withdraw_to_enforce_seconds": LIST,
    "mamori_ready": (),
    "mamori_draining": (),
    "mamori_certificate_not_after_timestamp_seconds": (),
    "mamori_preflight_valid": (),
    "mamori_preflight_not_after_timestamp_seconds": (),
    "mamori_uptime_seconds": (),
    "mamori_workers": ("state",),
    "mamori_steering": (),
    "mamori_updater_up": (),
    "mamori_child_deaths_total": ("kind", "reason"),
    "mamori_faults_total": ("kind",),
    "mamori_worker_cpu_seconds_total": SLOT,
    "mamori_worker_memory_bytes": SLOT,
    "mamori_worker_open_fds": SLOT,
}
CLASSED = OPERATIONAL | BLOCK
ONLY_SOMETIMES = {"mamori_certificate_not_after_timestamp_seconds"} | {n for n in CLASSED if "preflight" in n}
"""Series of what a resolver may have no use for."""
VISITORS, TRIES = 30, 5
PARTS = re.compile("_(bucket|count|sum)$")


def series(text: str) -> dict[str, tuple[str, ...]]:
    """Each family of a /metrics page with its labels, the bounds of histograms left out."""
    found = {}
    for family in text_string_to_metric_families(text):
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        found[family.name + ("_total" if family.type == "counter" else "")] = tuple(sorted(labels))
    return found


def samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, dict(sample.labels), sample.value


@pytest.fixture(scope="module")
def page() -> str:
    return Exposition(snapshot).render().decode()


def test_every_series_has_a_class_and_its_own_labels(page: str) -> None:
    """What the code can show is what is listed here, with these labels: nothing more, and of the fixed ones all."""
    shown = series(page)
    assert {name: labels for name, labels in shown.items() if CLASSED.get(name) != labels} == {}
    assert CLASSED.keys() - shown.keys() <= ONLY_SOMETIMES
    assert not BLOCK.keys() & OPERATIONAL.keys()
    assert {name for name in CLASSED if name.startswith("mamori_block")} == BLOCK.keys()


def test_a_series_without_a_class_is_noticed(page: str) -> None:
    """Another name, another label or a label by type of question: each would be found."""
    for line in ("mamori_blocked_names 1", 'mamori_cache_hits_total{view="a"} 1', 'mamori_ready{qtype="A"} 1'):
        planted = series(f"{page}{line}\n")
        assert {name for name, labels in planted.items() if CLASSED.get(name) != labels}


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_the_real_page_has_no_other_series(local_world: LocalWorld) -> None:
    """A resolver that answered and blocked over all transports shows these, and none of Python's or a process'."""
    local_world.ask_listed()
    shown = series(local_world.daemon.metrics())
    assert {name: labels for name, labels in shown.items() if CLASSED.get(name) != labels} == {}
    assert FIXED.keys() | BLOCK.keys() <= shown.keys()
    assert not [name for name in shown if name.startswith(("python_", "process_")) or name.endswith("_created")]


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_labels_are_words_of_the_settings_and_of_closed_sets(local_world: LocalWorld) -> None:
    """After traffic as before: ids of lists, addresses of upstreams, transports, codes, kinds; no type of question."""
    local_world.ask_listed()
    given = {"list_id": {"demo"}, "upstream": local_world.upstream_addresses, "transport": {"udp", "tcp", "dot", "doh"}}
    for name, labels, _ in samples(local_world.daemon.metrics()):
        assert "qtype" not in labels, name
        for label, value in labels.items():
            assert value in given.get(label, {value}) and re.fullmatch(r"[A-Za-z0-9_.:+-]+", value), (
                name,
                label,
                value,
            )


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_the_use_of_a_worker_is_rounded(local_world: LocalWorld) -> None:
    """Seconds, MiB and sixteens, as the real page tells them."""
    steps = {"mamori_worker_cpu_seconds_total": 1, "mamori_worker_memory_bytes": 1 << 20, "mamori_worker_open_fds": 16}
    told = [(name, value) for name, _, value in samples(local_world.daemon.metrics()) if name in steps]
    assert {name for name, _ in told} == steps.keys()
    assert [(name, value) for name, value in told if value % steps[name]] == []


@pytest.mark.parametrize(("ticks", "pages", "told"), [(199, 511, (1, 1 << 20)), (200, 512, (2, 2 << 20))])
def test_one_query_more_does_not_show(tmp_path: Path, ticks: int, pages: int, told: tuple[int, int]) -> None:
    """All that lies within one step is told alike: a hundredth of a second, a page."""
    folder = tmp_path / "7"
    (folder / "fd").mkdir(parents=True)
    (folder / "stat").write_text(f"7 (x) S {' '.join(['0'] * 10)} {ticks} 0 0 0")
    (folder / "statm").write_text(f"900 {pages} 1 1 0 1 0")
    assert (usage(7, tmp_path).cpu_seconds, usage(7, tmp_path).memory_bytes) == told


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_the_notice_process_has_no_series(local_world: LocalWorld) -> None:
    """Visitors move nothing but the clock: that it died would show, that it serves does not.

    The resolver's own self-test asks like a customer: where a round falls in between, it is looked at once more.
    """
    for _ in range(TRIES):
        before = _quiet(local_world.daemon.metrics())
        for _ in range(VISITORS):
            local_world.visit()
        after = _quiet(local_world.daemon.metrics())
        if after == before:
            break
    assert after == before
    page = samples(local_world.daemon.metrics())
    told = {name for name, labels, _ in page if labels.get("kind") == "notice"}
    assert told == {"mamori_child_deaths_total", "mamori_faults_total"}


def _quiet(text: str) -> dict[str, float]:
    """What may not move while only visitors come: all but time, self-measured use and the list's own life."""
    moving = re.compile("mamori_(uptime|worker_|list_age|selftest|clock|list_update)")
    return {f"{name}{labels}": value for name, labels, value in samples(text) if not moving.match(name)}


def _expressions() -> Iterator[Any]:
    board = json.loads((ROOT / "deploy" / "grafana" / "mamori.json").read_text("utf-8"))
    yield from (target["expr"] for panel in board["panels"] for target in panel.get("targets", []))
    for file in ("alerts.yaml",):
        groups = yaml.safe_load((ROOT / "deploy" / "prometheus" / file).read_text("utf-8"))["groups"]
        yield from (rule["expr"] for group in groups for rule in group["rules"])


def test_dashboard_alerts_and_table_use_no_other_series() -> None:
    """Panels and alerts ask for classed series, no alert for block totals; the operators' table has each row once."""
    asked = {PARTS.sub("", name) for text in _expressions() for name in re.findall(r"\bmamori_\w+", text)}
    assert asked <= CLASSED.keys()
    alerts = (ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text("utf-8")
    assert "mamori_block" not in alerts
    table = (ROOT / "docs" / "operators" / "metrics.md").read_text("utf-8")
    rows = re.findall(r"^\| `(mamori_\w+)` \|", table, re.MULTILINE)
    assert sorted(rows) == sorted(set(rows)) and set(rows) <= CLASSED.keys()
    assert CLASSED.keys() - set(rows) <= ONLY_SOMETIMES
