"""Writes mamori.json, the Grafana dashboard. Run it after a change: `python deploy/grafana/build_dashboard.py`.

The dashboard shows operational series as they are and block totals only as released: delayed, with noise, one number a
bucket. There is nothing to drill into, and a panel says why.
"""

import sys
from pathlib import Path

from grafana_foundation_sdk.builders import dashboard, prometheus, stat, text, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import BigValueColorMode, BigValueGraphMode
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    GridPos,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)

OUTPUT = Path(__file__).with_name("mamori.json")
SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")
ON = 'instance=~"$instance"'
HOUR = 3600.0

WHY = """**There is no way from here to a name or a client.** What a person looks up is protected by the secrecy of
communications, and so are the number and the mere existence of blocked visits. Mamori therefore exports no series by
name, client, query type or list entry, and keeps no query log. Block totals appear once a bucket, after its end, with
noise added on each resolver. A small total means little, and that of one resolver on one day means least."""

OFF_ON = {
    "0": ValueMappingResult(text="NO", color="red"),
    "1": ValueMappingResult(text="yes", color="green"),
}
RELEASE = {
    "0": ValueMappingResult(text="off: totals stay at 0", color="text"),
    "1": ValueMappingResult(text="on", color="green"),
}


def query(expr: str, legend: str = "") -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expr).legend_format(legend or "__auto").datasource(SOURCE)


def steps(*levels: tuple[float | None, str]) -> dashboard.ThresholdsConfig:
    made = [Threshold(value=value, color=color) for value, color in levels]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(made)


def number(title: str, expr: str, help_text: str, *, legend: str = "{{list_id}}", unit: str = "none") -> stat.Panel:
    panel = stat.Panel().title(title).description(help_text).unit(unit).datasource(SOURCE)
    panel.graph_mode(BigValueGraphMode.NONE).color_mode(BigValueColorMode.NONE)
    return panel.with_target(query(expr, legend).instant())


def state(title: str, expr: str, help_text: str, words: dict[str, ValueMappingResult], legend: str) -> stat.Panel:
    panel = number(title, expr, help_text, legend=legend).color_mode(BigValueColorMode.VALUE)
    return panel.mappings([ValueMap(options=words)])


def lines(title: str, help_text: str, unit: str, *queries: tuple[str, str]) -> timeseries.Panel:
    panel = timeseries.Panel().title(title).description(help_text).unit(unit).datasource(SOURCE).min(0)
    for expr, legend in queries:
        panel.with_target(query(expr, legend))
    return panel


def quantile(share: float) -> tuple[str, str]:
    buckets = f"sum by (le) (rate(mamori_answer_seconds_bucket{{{ON}}}[$__rate_interval]))"
    return f"histogram_quantile({share}, {buckets})", f"p{share * 100:g}"


def list_panels() -> list[tuple[object, int]]:
    age = number(
        "Last confirmed",
        f"max by (list_id) (mamori_list_age_seconds{{{ON}}})",
        "Age of the newest timestamp that verified. Over 1 h is a warning, over 6 h an alarm; the list stays enforced.",
        unit="s",
    )
    age.color_mode(BigValueColorMode.VALUE).thresholds(steps((None, "green"), (HOUR, "orange"), (6 * HOUR, "red")))
    held = number("Held entries", f"max by (list_id) (mamori_list_held_entries{{{ON}}})", "Set aside by a guard.")
    held.color_mode(BigValueColorMode.VALUE).thresholds(steps((None, "green"), (1, "red")))
    enforcing = f"min by (list_id) (mamori_enforcing{{{ON}}})"
    return [
        (state("Is blocking on?", enforcing, "On every worker of every resolver shown.", OFF_ON, "{{list_id}}"), 6),
        (number("Version", f"min by (list_id) (mamori_list_version{{{ON}}})", "The lowest of all resolvers."), 4),
        (age, 5),
        (number("Entries", f"min by (list_id) (mamori_list_entries{{{ON}}})", "Entries enforced."), 4),
        (held, 5),
    ]


def service_panels() -> list[tuple[object, int]]:
    rate = "[$__rate_interval]"
    hits, misses = (f"sum(rate(mamori_cache_{kind}_total{{{ON}}}{rate}))" for kind in ("hits", "misses"))
    ratio = f"{hits} / ({hits} + {misses})"
    queries = f"sum by (transport) (rate(mamori_queries_total{{{ON}}}{rate}))"
    answers = f"sum by (rcode) (rate(mamori_answers_total{{{ON}}}{rate}))"
    up = f"min by (upstream) (mamori_upstream_up{{{ON}}})"
    hit_help = "Blocked queries are booked as hits of the lowest latency class, so that nothing here shows them."
    return [
        (lines("Queries", "Received, by transport.", "reqps", (queries, "{{transport}}")), 12),
        (lines("Answers", "Sent, by response code.", "reqps", (answers, "{{rcode}}")), 12),
        (lines("Answer time", hit_help, "s", quantile(0.5), quantile(0.9), quantile(0.99)), 12),
        (lines("Cache hit ratio", hit_help, "percentunit", (ratio, "hit ratio")).max(1), 12),
        (lines("Upstream queries", "Asked and failed.", "reqps", *upstreams(rate)), 12),
        (state("Upstreams up", up, "On every resolver shown.", OFF_ON, "{{upstream}}"), 12),
        (lines("Updates that failed in an hour", "The last good list is enforced.", "none", failed_updates()), 12),
        (lines("Workers", "By state.", "none", (f"sum by (state) (mamori_workers{{{ON}}})", "{{state}}")), 12),
    ]


def upstreams(rate: str) -> tuple[tuple[str, str], tuple[str, str]]:
    rates = "sum by (upstream) (rate(mamori_upstream_{}_total{{{}}}{}))"
    asked, failed = (rates.format(kind, ON, rate) for kind in ("queries", "failures"))
    return (asked, "{{upstream}}"), (failed, "{{upstream}} failed")


def failed_updates() -> tuple[str, str]:
    by_reason = f"sum by (list_id, reason) (increase(mamori_list_update_failures_total{{{ON}}}[1h]))"
    return by_reason, "{{list_id}} {{reason}}"


def block_panels() -> list[tuple[object, int]]:
    total = f"sum by (list_id) (mamori_block_events_released_total{{{ON}}})"
    age = f"time() - max(mamori_block_last_release_timestamp_seconds{{{ON}}} > 0) or vector(0)"
    bucket = f"max(mamori_block_bucket_seconds{{{ON}}})"
    enabled = f"min(mamori_block_release_enabled{{{ON}}})"
    note = "Sum over the resolvers shown, with noise, as of the end of the last bucket. Not live, and never will be."
    return [
        (number("Blocked visits released so far", total, note), 8),
        (number("Length of a bucket", bucket, "One release a bucket.", legend="bucket", unit="s"), 5),
        (number("Since the last release", age, "The total's delay; 0 before the first.", legend="delay", unit="s"), 5),
        (state("Release", enabled, "Off until the ISP has decided it, by name.", RELEASE, "release"), 6),
        (text.Panel().title("Why there is nothing to click on").content(WHY), 24),
    ]


def build() -> str:
    board = (
        dashboard.Dashboard("Mamori")
        .uid("mamori")
        .tags(["mamori", "dns"])
        .description("Is blocking on, which list, how old, and how the resolver does.")
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .with_variable(dashboard.DatasourceVariable("source").label("Prometheus").type("prometheus"))
        .with_variable(
            dashboard.QueryVariable("instance")
            .label("Resolver")
            .datasource(SOURCE)
            .query("label_values(mamori_ready, instance)")
            .multi(True)
            .include_all(True)
            .all_value(".*")
        )
    )
    top = 0
    sections = (("List", list_panels(), 5), ("Service", service_panels(), 8), ("Block totals", block_panels(), 5))
    for title, panels, height in sections:
        board.with_row(dashboard.Row(title).grid_pos(GridPos(h=1, w=24, x=0, y=top)))
        top = place(board, panels, height, top + 1)
    return JSONEncoder(sort_keys=True, indent=2).encode(board.build()) + "\n"


def place(board: dashboard.Dashboard, panels: list[tuple[object, int]], height: int, top: int) -> int:
    """Set panels side by side, 24 columns a line; return the first free line."""
    left = 0
    for panel, width in panels:
        if left + width > 24:
            top, left = top + height, 0
        board.with_panel(panel.grid_pos(GridPos(h=height, w=width, x=left, y=top)))  # type: ignore[attr-defined]
        left += width
    return top + height


if __name__ == "__main__":
    (Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT).write_text(build(), "utf-8")
