"""/metrics: one snapshot as Prometheus text (the only module that knows prometheus_client).

All names and labels are fixed here (secrecy of communications): no label takes a value from traffic, there is no series
of sizes, and the library's own process and platform series are not registered.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from blocklist.guards import ADDS, CRITERIA_SET, NEVER_LIST, PUBLIC_SUFFIX, REMOVALS
from blocklist.trust.local.preflight import Standing
from blocklist.trust.reasons import Reason
from resolver.core.counters import LATENCY_BOUNDS_US
from resolver.edge.supervision.children import DEATH_REASONS
from resolver.edge.supervision.latency import BOUNDS_SECONDS, Latency, Spread
from resolver.edge.supervision.list_board import ListView
from resolver.edge.supervision.snapshot import CHILD_KINDS, PreflightView, Snapshot
from resolver.edge.supervision.tally import Totals

CONTENT_TYPE = CONTENT_TYPE_LATEST
GUARDS: Final = (
    *(ADDS, REMOVALS, PUBLIC_SUFFIX, NEVER_LIST, CRITERIA_SET),
    *(reason.value for reason in (Reason.CANARY, Reason.BREAKER, Reason.EPOCH_CHANGE)),
)

_Labelled = Iterable[tuple[tuple[str, ...], float]]


class Exposition:
    """Renders the snapshot that `take` gives."""

    def __init__(self, take: Callable[[], Snapshot]) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Collector(take))

    def render(self) -> bytes:
        """The text of /metrics now."""
        return generate_latest(self._registry)


class _Collector(Collector):
    def __init__(self, take: Callable[[], Snapshot]) -> None:
        self._take = take

    def describe(self) -> Iterable[Metric]:
        """Nothing is checked for duplicates: this is the only collector."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """All series of one moment."""
        snapshot = self._take()
        yield from _traffic(snapshot.totals)
        yield from _upstreams(snapshot.totals)
        yield from _lists(snapshot)
        yield from _updates(snapshot.lists)
        yield from _trust(snapshot.lists)
        yield from _latencies(snapshot.latencies)
        yield from _blocks(snapshot)
        yield from _processes(snapshot)
        yield from _use(snapshot)


def _traffic(totals: Totals) -> Iterator[Metric]:
    yield _counter("mamori_queries", "Queries received.", "transport", totals.queries)
    yield _counter("mamori_answers", "Answers sent, by response code.", "rcode", totals.answers)
    yield _single_counter("mamori_dropped_queries", "Queries that got no answer by rule.", totals.dropped)
    yield _single_counter("mamori_rate_limited_queries", "Queries over a client prefix's limit.", totals.rate_limited)
    yield _single_counter("mamori_cache_hits", "Queries answered from the cache or by policy.", totals.cache_hits)
    yield _single_counter("mamori_cache_misses", "Queries that were no cache hit.", totals.cache_misses)
    yield _gauge("mamori_pending_queries", "Different questions waiting for an upstream.", totals.pending)
    yield _histogram(totals)


def _histogram(totals: Totals) -> Metric:
    bounds = [repr(bound / 1e6) for bound in LATENCY_BOUNDS_US] + ["+Inf"]
    cumulative = [sum(totals.latency[: number + 1]) for number in range(len(totals.latency))]
    family = HistogramMetricFamily("mamori_answer_seconds", "Time from query to answer.")
    family.add_metric([], list(zip(bounds, cumulative, strict=True)), sum_value=totals.latency_sum_us / 1e6)
    return family


def _upstreams(totals: Totals) -> Iterator[Metric]:
    yield _counter("mamori_upstream_queries", "Queries sent to an upstream.", "upstream", totals.upstream_queries)
    yield _counter("mamori_upstream_failures", "Upstream queries that failed.", "upstream", totals.upstream_failures)
    yield _gauges("mamori_upstream_up", "1 while the upstream answers.", ("upstream",), _pairs(totals.upstream_up))


def _lists(snapshot: Snapshot) -> Iterator[Metric]:
    def each(name: str, text: str, value: Callable[[ListView], float]) -> Metric:
        return _gauges(name, text, ("list_id",), [((view.list_id,), value(view)) for view in snapshot.lists])

    yield each("mamori_enforcing", "1 while every worker enforces the list.", lambda view: view.enforcing)
    yield each("mamori_list_version", "Version enforced, 0 for none.", lambda view: view.version)
    yield each("mamori_list_entries", "Entries enforced.", lambda view: view.entries)
    yield each("mamori_list_held_entries", "Entries set aside by a guard.", lambda view: view.held_entries)
    yield each("mamori_list_held", "1 while a guard holds an update.", lambda view: bool(view.held_by))
    yield each("mamori_list_update_failing", "1 while the last update failed.", lambda view: view.last_failed)
    yield each("mamori_list_age_seconds", "Age of the newest verified timestamp, NaN before the first.", _age)
    yield _gauge("mamori_clock_suspect", "1 while this machine's clock is not believed.", snapshot.clock_suspect)
    yield _gauge("mamori_audit_failing", "1 while the audit file cannot be written.", snapshot.audit_failing)
    yield _gauge("mamori_generation", "Changes of effective policy since start.", snapshot.generation)


def _age(view: ListView) -> float:
    return float("nan") if view.age_seconds is None else round(view.age_seconds)


def _updates(lists: Iterable[ListView]) -> Iterator[Metric]:
    family = CounterMetricFamily(
        "mamori_list_update_failures", "Updates that failed, by reason.", labels=("list_id", "reason")
    )
    for view in lists:
        for reason, count in view.failures.items():
            family.add_metric((view.list_id, reason), count)
    yield family


def _trust(lists: tuple[ListView, ...]) -> Iterator[Metric]:
    def each(name: str, text: str, value: Callable[[ListView], float]) -> Metric:
        return _gauges(name, text, ("list_id",), [((view.list_id,), value(view)) for view in lists])

    yield each("mamori_list_epoch", "Epoch of the list's keys, 0 for none.", lambda view: view.epoch)
    yield each("mamori_list_withdrawn", "Entries a withdrawal takes out.", lambda view: view.withdrawn)
    text = "Withdrawn entries still enforced: over the cap, or lapsed."
    yield each("mamori_list_withdrawals_refused", text, lambda view: view.withdrawals_refused)
    yield each("mamori_list_log_size", "Leaves of the public record last verified.", lambda view: view.log_size)
    held = [((view.list_id, guard), guard in view.held_by) for view in lists for guard in GUARDS]
    yield _gauges("mamori_list_held_by", "1 while this guard holds.", ("list_id", "guard"), held)
    yield each("mamori_selftest_failing", "1 while the last round failed.", lambda view: view.self_test_failed)
    tests = CounterMetricFamily(
        "mamori_selftest", "Rounds of self-test names asked end to end.", labels=("list_id", "result")
    )
    for view in lists:
        for result, count in view.self_tests.items():
            tests.add_metric((view.list_id, result), count)
    yield tests


def _latencies(latencies: Mapping[str, Latency]) -> Iterator[Metric]:
    ways: tuple[tuple[str, str, Callable[[Latency], Spread]], ...] = (
        ("publish", "From a version's publication to every worker.", lambda latency: latency.publish),
        ("withdraw", "From a withdrawal's publication to every worker.", lambda latency: latency.withdraw),
    )
    bounds = [*(repr(float(bound)) for bound in BOUNDS_SECONDS), "+Inf"]
    for way, text, of in ways:
        family = HistogramMetricFamily(f"mamori_list_{way}_to_enforce_seconds", text, labels=("list_id",))
        for list_id, latency in latencies.items():
            spread = of(latency)
            buckets = list(zip(bounds, accumulate(spread.counts), strict=True))
            family.add_metric((list_id,), buckets, sum_value=spread.seconds)
        yield family


def _blocks(snapshot: Snapshot) -> Iterator[Metric]:
    release = snapshot.release
    text = "Blocked visits, released with noise at the end of each bucket."
    yield _counter("mamori_block_events_released", text, "list_id", release.released)
    yield _gauge("mamori_block_bucket_seconds", "Time one release covers.", release.bucket_seconds)
    yield _gauge("mamori_block_last_release_timestamp_seconds", "When the last bucket ended.", release.last_release)
    yield _gauge("mamori_block_release_enabled", "1 when block totals are released.", release.enabled)


def _processes(snapshot: Snapshot) -> Iterator[Metric]:
    yield _gauge("mamori_ready", "1 when queries are answered.", snapshot.answering)
    yield _gauge("mamori_draining", "1 while /ready says no on an operator's word.", snapshot.draining)
    if snapshot.certificate_not_after is not None:
        text = "When the certificate of DoT and DoH ends."
        yield _gauge("mamori_certificate_not_after_timestamp_seconds", text, snapshot.certificate_not_after)
    yield from _preflight(snapshot.preflight)
    yield _gauge("mamori_uptime_seconds", "Time since start.", round(snapshot.uptime_seconds))
    states = {"configured": snapshot.slots, "serving": snapshot.serving, "spare": snapshot.spares}
    yield _gauges("mamori_workers", "Workers by state.", ("state",), _pairs(states))
    yield _gauge("mamori_steering", "1 while UDP queries go to workers by name.", not snapshot.steering)
    yield _gauge("mamori_updater_up", "1 while the updater runs.", snapshot.updater_up)
    family = CounterMetricFamily("mamori_child_deaths", "Children that ended unasked.", labels=("kind", "reason"))
    for kind in CHILD_KINDS:
        for reason in DEATH_REASONS:
            family.add_metric((kind, reason), snapshot.deaths.get((kind, reason), 0))
    yield family
    faults = {kind: snapshot.faults.get(kind, 0) for kind in CHILD_KINDS}
    yield _counter("mamori_faults", "Unexpected errors that a child reported and survived.", "kind", faults)


def _preflight(view: PreflightView) -> Iterator[Metric]:
    """Nothing where none is required: there is nothing to wait for."""
    if view.standing == Standing.NOT_REQUIRED:
        return
    yield _gauge("mamori_preflight_valid", "1 while the preflight report vouches.", view.standing == Standing.PASSED)
    if view.not_after is not None:
        text = "When the preflight report ends."
        yield _gauge("mamori_preflight_not_after_timestamp_seconds", text, view.not_after)


def _use(snapshot: Snapshot) -> Iterator[Metric]:
    slots = [((str(number),), use) for number, use in enumerate(snapshot.usage)]
    cpu = CounterMetricFamily("mamori_worker_cpu_seconds", "Processor time, whole seconds.", labels=("slot",))
    for label, use in slots:
        cpu.add_metric(label, use.cpu_seconds)
    yield cpu
    memory = [(label, use.memory_bytes) for label, use in slots]
    yield _gauges("mamori_worker_memory_bytes", "Resident memory in steps of 1 MiB.", ("slot",), memory)
    fds = [(label, use.open_fds) for label, use in slots]
    yield _gauges("mamori_worker_open_fds", "Open descriptors in steps of 16.", ("slot",), fds)


def _pairs(values: Mapping[str, float]) -> _Labelled:
    return [((label,), value) for label, value in values.items()]


def _counter(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, text, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family


def _single_counter(name: str, text: str, value: int) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))


def _gauges(name: str, text: str, labels: tuple[str, ...], values: _Labelled) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in values:
        family.add_metric(key, float(value))
    return family
