"""/metrics as Prometheus reads it."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from attrs import evolve

from blocklist.trust.reasons import REASONS
from resolver.core.codes import NOERROR
from resolver.core.counters import Counters
from resolver.edge.supervision.metrics import GUARDS, Exposition
from resolver.edge.supervision.snapshot import PreflightView, Snapshot
from resolver.edge.supervision.tally import Labels, Tally
from tests.resolver.edge.snapshots import LIST, snapshot


def rendered(taken: Snapshot) -> dict[str, float]:
    """Every series with its value."""
    lines = Exposition(lambda: taken).render().decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


def test_names_are_those_of_the_design() -> None:
    """The names that must never change are there, with no label but their own."""
    names = {re.sub(r'="[^"]*"', "", series) for series in rendered(snapshot())}
    assert names >= {
        "mamori_queries_total{transport}",
        "mamori_answers_total{rcode}",
        "mamori_cache_hits_total",
        "mamori_cache_misses_total",
        "mamori_answer_seconds_bucket{le}",
        "mamori_upstream_queries_total{upstream}",
        "mamori_upstream_failures_total{upstream}",
        "mamori_upstream_up{upstream}",
        "mamori_enforcing{list_id}",
        "mamori_list_version{list_id}",
        "mamori_list_age_seconds{list_id}",
        "mamori_list_entries{list_id}",
        "mamori_list_held_entries{list_id}",
        "mamori_list_update_failures_total{list_id,reason}",
        "mamori_clock_suspect",
        "mamori_block_events_released_total{list_id}",
        "mamori_block_bucket_seconds",
        "mamori_block_last_release_timestamp_seconds",
        "mamori_block_release_enabled",
        "mamori_selftest_total{list_id,result}",
        "mamori_list_publish_to_enforce_seconds_bucket{le,list_id}",
        "mamori_list_withdraw_to_enforce_seconds_bucket{le,list_id}",
    }
    assert not any("byte" in name and "worker_memory" not in name for name in names)
    assert not any(name.startswith(("python_", "process_")) for name in names)


@pytest.mark.parametrize(("standing", "valid"), [("passed", 1), ("expired", 0), ("missing", 0), ("other_settings", 0)])
def test_the_preflight_has_its_gauges(standing: str, valid: int) -> None:
    """1 only while it vouches; its end stands beside it while there is one."""
    series = rendered(snapshot(preflight=PreflightView(standing, 1.8e9)))
    assert series["mamori_preflight_valid"] == valid
    assert series["mamori_preflight_not_after_timestamp_seconds"] == 1.8e9
    assert "mamori_preflight_not_after_timestamp_seconds" not in rendered(snapshot(preflight=PreflightView(standing)))


def test_where_no_preflight_is_required_no_alert_waits_for_one() -> None:
    """Neither gauge is there."""
    series = rendered(snapshot(preflight=PreflightView("not_required")))
    assert not [name for name in series if "preflight" in name]


def test_values_come_from_the_snapshot() -> None:
    """Gauges, counters and the histogram show what was counted."""
    tally = Tally(Labels(("127.0.0.1:5301",), ("demo",)))
    region = tally.region()
    counters = Counters(region.labels.layout, region.cells)
    counters.book_hit(0, NOERROR)
    counters.book_query(1)
    counters.book_answer(NOERROR, 2_000_000)
    shown = rendered(snapshot(totals=tally.totals()))
    assert shown['mamori_queries_total{transport="udp"}'] == 1
    assert shown['mamori_answer_seconds_bucket{le="0.0001"}'] == 1
    assert shown['mamori_answer_seconds_bucket{le="+Inf"}'] == shown["mamori_answer_seconds_count"] == 2
    assert shown["mamori_answer_seconds_sum"] == pytest.approx(2.00001)
    assert shown['mamori_list_version{list_id="demo"}'] == 3
    assert shown['mamori_child_deaths_total{kind="worker",reason="sigkill"}'] == 2


def test_trust_shows_by_list() -> None:
    """Which guard holds, what a withdrawal takes out, how self-tests ended, and how long the way here was."""
    view = evolve(LIST, held_by=("canary", "adds"), epoch=3, withdrawn=4, withdrawals_refused=1, log_size=12)
    shown = rendered(snapshot(lists=(evolve(view, self_tests=view.self_tests | {"ok": 5}),)))
    assert {guard: shown[f'mamori_list_held_by{{guard="{guard}",list_id="demo"}}'] for guard in GUARDS} == {
        guard: float(guard in view.held_by) for guard in GUARDS
    }
    expected = {"epoch": 3, "withdrawn": 4, "withdrawals_refused": 1, "log_size": 12}
    assert {name: shown[f'mamori_list_{name}{{list_id="demo"}}'] for name in expected} == expected
    assert shown['mamori_selftest_total{list_id="demo",result="ok"}'] == 5
    assert shown['mamori_selftest_failing{list_id="demo"}'] == 0
    assert (
        rendered(snapshot(lists=(evolve(view, self_test="refused"),)))['mamori_selftest_failing{list_id="demo"}'] == 1
    )
    bucket = "mamori_list_publish_to_enforce_seconds_bucket"
    assert [shown[f'{bucket}{{le="{bound}",list_id="demo"}}'] for bound in ("10.0", "20.0", "+Inf")] == [0, 1, 1]
    assert shown['mamori_list_publish_to_enforce_seconds_sum{list_id="demo"}'] == 18


def test_series_are_fixed_from_the_start() -> None:
    """A list that was never loaded and one with failures, deaths and faults have the same series."""
    fresh = snapshot(lists=(evolve(LIST, version=0, age_seconds=None),), deaths={}, faults={})
    worn = snapshot(lists=(evolve(LIST, failures=dict.fromkeys(REASONS, 9), held_by=("size",), self_test="ok"),))
    assert rendered(fresh).keys() == rendered(worn).keys()


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed (Debian package prometheus)")
def test_promtool_has_no_complaint() -> None:
    """`promtool check metrics` prints nothing."""
    text = Exposition(snapshot).render()
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")
