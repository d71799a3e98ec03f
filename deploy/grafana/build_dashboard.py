"""Makes mamori.json, the Grafana dashboard: `python -m deploy.grafana.build_dashboard > deploy/grafana/mamori.json`.

It shows operational series as they are and block totals only as released: delayed, with noise, one number a bucket.
There is nothing to drill into, and a panel says why.
"""

import sys

from grafana_foundation_sdk.builders import dashboard, text
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, Panel, VariableOption, VariableRefresh
from grafana_foundation_sdk.models.text import TextMode

from deploy.grafana.panels import BAD, GOOD, PLAIN, SOURCE, Query, coloured, lines, number, stairs, state

ON = '{instance=~"$instance"}'
RATE = "[$__rate_interval]"
HOUR = 3600.0
BY_LIST = "{{list_id}}"

WHY = """\
**ここから個々の名前や利用者をたどることはできません。** 何を調べたかは通信の秘密であり、遮断の件数や有無も同じです。
Mamori は名前・利用者・質問の種類・リストの項目ごとの系列を出さず、問い合わせの記録も取りません。
遮断の合計は区間の終わりに、各リゾルバーで雑音を加えて公表されます。

**There is no way from here to a name or a client.** What a person looks up is protected by the secrecy of
communications, and so are the number and the mere existence of blocked visits. Mamori exports no series by name,
client, query type or list entry, and keeps no query log. Block totals appear once a bucket, after its end, with noise
added on each resolver: a small total means little, and that of one resolver on one day means least."""

ENFORCED = {0: ("NO", BAD), 1: ("yes", GOOD)}
UPDOWN = {0: ("DOWN", BAD), 1: ("up", GOOD)}
RELEASE = {0: ("off: totals stay 0", PLAIN), 1: ("on", GOOD)}
CONSTANT = "Blocked queries are booked as cache hits of the lowest latency class, so that nothing here shows them."
DELAYED = "Not live: as of the end of the last bucket, and with noise added by each resolver before anybody saw it."


def list_panels() -> list[Builder[Panel]]:
    """Is blocking on, with which list, and how old is it?"""
    age = number(
        "Last confirmed", "Age of the newest timestamp that verified.", _worst("list_age_seconds"), BY_LIST, "s"
    )
    held = number("Held entries", "Set aside by a guard.", _worst("list_held_entries"), BY_LIST)
    waiting = {0: ("no", GOOD), 1: ("HELD: decide", BAD)}
    failing = {0: ("no", GOOD), 1: ("FAILING", BAD)}
    believed = {0: ("believed", GOOD), 1: ("SUSPECT", BAD)}
    firing = f'count(ALERTS{{alertname=~"Mamori.*", alertstate="firing", {ON[1:-1]}}}) or vector(0)'
    clock, ready = f"max(mamori_clock_suspect{ON})", f"min(mamori_ready{ON})"
    failed = f"sum by (list_id, reason) (increase(mamori_list_update_failures_total{ON}[1h]))"
    everywhere = "On every worker of every resolver chosen."
    return [
        state("Is blocking on?", everywhere, _least("enforcing"), BY_LIST, ENFORCED).span(5).height(5),
        number("Version", "The lowest of the resolvers chosen.", _least("list_version"), BY_LIST).span(4).height(5),
        coloured(age, warn=HOUR, bad=6 * HOUR).span(5).height(5),
        number("Entries", "Enforced.", _least("list_entries"), BY_LIST).span(5).height(5),
        coloured(held, bad=1).span(5).height(5),
        state("Update held?", "By a guard.", _worst("list_held"), BY_LIST, waiting).span(5).height(4),
        state("Updates failing?", "The last good list stays.", _worst("list_update_failing"), BY_LIST, failing)
        .span(5)
        .height(4),
        state("Clock", "Of every resolver chosen.", clock, "clock", believed).span(4).height(4),
        state("Answering?", "Queries are let in.", ready, "ready", ENFORCED).span(5).height(4),
        coloured(number("Alerts firing", "Of Mamori's own.", firing, "alerts"), bad=1).span(5).height(4),
        stairs("Version by resolver", "All should step together.", "none", _each("list_version")).span(8).height(7),
        lines("Age by resolver", "Warning over 1 h, alarm over 6 h.", "s", _each("list_age_seconds")).span(8).height(7),
        lines("Updates failed, last hour", "By reason.", "none", (failed, "{{list_id}} {{reason}}")).span(8).height(7),
    ]


def trust_panels() -> list[Builder[Panel]]:
    """Does blocking work from end to end, what is held or withdrawn, and how fast does a change get here?"""
    works, written = {0: ("works", GOOD), 1: ("FAILING", BAD)}, {0: ("written", GOOD), 1: ("CANNOT BE WRITTEN", BAD)}
    tests = state("Self-test", "Test names, asked end to end.", _worst("selftest_failing"), BY_LIST, works)
    audit = state("Audit file", "What was decided here.", f"max(mamori_audit_failing{ON})", "audit file", written)
    vouched = {0: ("NOT VALID", BAD), 1: ("valid", GOOD)}
    preflight = state(
        "Preflight", "Vouches for what is promised.", f"min(mamori_preflight_valid{ON})", "report", vouched
    )
    refused = number("Withdrawals refused", "Over the cap, or lapsed.", _worst("list_withdrawals_refused"), BY_LIST)
    withdrawn = number("Withdrawn", "Entries out by the duty officers' word.", _worst("list_withdrawn"), BY_LIST)
    record = number("Public record", "Lines last verified.", _least("list_log_size"), BY_LIST)
    guards = (f"max by (list_id, guard) (mamori_list_held_by{ON})", "{{list_id}} {{guard}}")
    rounds = (f"sum by (list_id, result) (increase(mamori_selftest_total{ON}[1h]))", "{{list_id}} {{result}}")
    late = [(_late(way), f"{{{{list_id}}}} {way}") for way in ("publish", "withdraw")]
    return [
        tests.span(4).height(5),
        withdrawn.span(4).height(5),
        coloured(refused, bad=1).span(4).height(5),
        record.span(4).height(5),
        audit.span(4).height(5),
        preflight.span(4).height(5),
        stairs("Held by", "1 while the guard holds.", "none", guards).span(8).height(7),
        lines("From publication to every worker", "95 of 100 of the last day.", "s", *late).span(8).height(7),
        lines("Self-tests, last hour", "Rounds, by how they ended.", "none", rounds).span(8).height(7),
    ]


def traffic_panels() -> list[Builder[Panel]]:
    """What comes in, what goes out, and how fast."""
    hits, misses = (f"sum(rate(mamori_cache_{kind}_total{ON}{RATE}))" for kind in ("hits", "misses"))
    ratio = lines("Cache hit ratio", CONSTANT, "percentunit", (f"{hits} / ({hits} + {misses})", "hit ratio")).max(1)
    dropped = _rates("dropped_queries_total", "", "dropped")
    limited = _rates("rate_limited_queries_total", "", "over the limit")
    waiting = (f"sum(mamori_pending_queries{ON})", "waiting")
    return [
        lines("Queries", "Received.", "reqps", _rates("queries_total", "transport")).span(12).height(8),
        lines("Answers", "Sent, by response code.", "reqps", _rates("answers_total", "rcode")).span(12).height(8),
        lines("Answer time", CONSTANT, "s", *(_quantile(share) for share in (0.5, 0.9, 0.99))).span(12).height(8),
        ratio.span(6).height(8),
        lines("Waiting and dropped", "Different questions asked upstream now; queries without an answer, by rule; "
              "queries over a prefix's limit.", "none", waiting, dropped, limited).span(6).height(8),
    ]  # fmt: skip


def upstream_panels() -> list[Builder[Panel]]:
    """The resolvers asked."""
    up = f"min by (upstream) (mamori_upstream_up{ON})"
    asked, failed = (_rates(f"upstream_{kind}_total", "upstream") for kind in ("queries", "failures"))
    return [
        state("Upstreams", "As every resolver chosen sees them.", up, "{{upstream}}", UPDOWN).span(6).height(7),
        lines("Asked", "Queries sent to each upstream.", "reqps", asked).span(9).height(7),
        lines("Failed", "Of these, without a usable answer.", "reqps", failed).span(9).height(7),
    ]


def process_panels() -> list[Builder[Panel]]:
    """The resolver's own processes; their use is rounded before it is exported."""
    workers = (f"sum by (state) (mamori_workers{ON})", "{{state}}")
    deaths = (f"sum by (kind) (increase(mamori_child_deaths_total{ON}[1h]))", "{{kind}} ended")
    faults = (f"sum by (kind) (increase(mamori_faults_total{ON}[1h]))", "{{kind}} survived an error")
    slot = "{{instance}} worker {{slot}}"
    cpu, memory = f"rate(mamori_worker_cpu_seconds_total{ON}[5m])", f"mamori_worker_memory_bytes{ON}"
    updater = state("Updaters", "Fetch the lists.", f"min(mamori_updater_up{ON})", "updater", UPDOWN)
    uptime = number(
        "Youngest start", "Since the last start of a resolver.", f"min(mamori_uptime_seconds{ON})", "up", "s"
    )
    return [
        lines("Workers", "By state.", "none", workers).span(10).height(7),
        lines("Deaths and errors, last hour", "Unasked.", "none", deaths, faults).span(10).height(7),
        updater.span(4).height(7),
        lines("Processor", "Share of one processor; exported in whole seconds.", "percentunit", (cpu, slot))
        .span(8)
        .height(7),
        lines("Memory", "Resident, in steps of 1 MiB.", "bytes", (memory, slot)).span(7).height(7),
        lines("Descriptors", "In steps of 16.", "none", (f"mamori_worker_open_fds{ON}", slot)).span(5).height(7),
        uptime.span(4).height(7),
    ]


def block_panels() -> list[Builder[Panel]]:
    """Totals as released; never a rate, which would pretend to know when."""
    total = f"sum by (list_id) (mamori_block_events_released_total{ON})"
    last = f"max(mamori_block_last_release_timestamp_seconds{ON})"
    since = f"time() - ({last} > 0) or vector(0)"
    bucket, enabled = f"max(mamori_block_bucket_seconds{ON})", f"min(mamori_block_release_enabled{ON})"
    never = {0: ("none yet", PLAIN)}
    when = state("Last release", "End of the last bucket.", f"{last} * 1000", "last", never).unit("dateTimeAsIso")
    return [
        number("Blocked visits released (delayed, noised)", DELAYED, total, BY_LIST).span(7).height(5),
        number("Length of a bucket", "One release a bucket.", bucket, "bucket", "s").span(4).height(5),
        when.span(5).height(5),
        number("Delay now", "Time since the last release; 0 before the first.", since, "delay", "s").span(4).height(5),
        state("Release", "Off until the ISP decided it, by name.", enabled, "release", RELEASE).span(4).height(5),
        stairs("Released so far (delayed, noised)", DELAYED, "none", (total, BY_LIST)).span(12).height(9),
        text.Panel().title("Why there is nothing to click on").mode(TextMode.MARKDOWN).content(WHY).span(12).height(9),
    ]


SECTIONS = {
    "Lists": list_panels,
    "Trust": trust_panels,
    "Traffic": traffic_panels,
    "Upstreams": upstream_panels,
    "Processes": process_panels,
    "Block totals: delayed and noised": block_panels,
}


def build() -> str:
    """The dashboard as JSON text, the same each time."""
    board = dashboard.Dashboard("Mamori").uid("mamori").tags(["mamori", "dns"]).readonly()
    board.description("Is blocking on, with which list, how old, and how the resolvers do. Block totals are delayed.")
    board.refresh("30s").time("now-6h", "now").timezone("browser").tooltip(DashboardCursorSync.CROSSHAIR)
    board.with_variable(dashboard.DatasourceVariable("source").label("Prometheus").type("prometheus"))
    resolver = dashboard.QueryVariable("instance").label("Resolver").datasource(SOURCE)
    resolver.query("label_values(mamori_ready, instance)").refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    resolver.multi(True).include_all(True).all_value(".*").current(VariableOption(text=["All"], value=["$__all"]))
    board.with_variable(resolver)
    for title, panels in SECTIONS.items():
        board.with_row(dashboard.Row(title))
        for panel in panels():
            board.with_panel(panel)
    built = board.build()
    for number_, panel in enumerate(built.panels or [], 1):
        panel.id_val = number_
    return JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False).encode(built) + "\n"


def _least(name: str) -> str:
    return f"min by (list_id) (mamori_{name}{ON})"


def _worst(name: str) -> str:
    return f"max by (list_id) (mamori_{name}{ON})"


def _each(name: str) -> Query:
    return f"max by (instance, list_id) (mamori_{name}{ON})", "{{instance}} {{list_id}}"


def _late(way: str) -> str:
    buckets = f"sum by (list_id, le) (increase(mamori_list_{way}_to_enforce_seconds_bucket{ON}[1d]))"
    return f"histogram_quantile(0.95, {buckets})"


def _rates(name: str, label: str, legend: str = "") -> Query:
    return f"sum by ({label}) (rate(mamori_{name}{ON}{RATE}))", legend or f"{{{{{label}}}}}"


def _quantile(share: float) -> Query:
    buckets = f"sum by (le) (rate(mamori_answer_seconds_bucket{ON}{RATE}))"
    return f"histogram_quantile({share}, {buckets})", f"p{share * 100:g}"


if __name__ == "__main__":
    sys.stdout.buffer.write(build().encode())  # whatever the locale is
