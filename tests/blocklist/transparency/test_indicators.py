"""The indicators' names are a contract with everybody who ever drew a graph of them."""

from pathlib import Path

from blocklist.transparency.indicators import BY_KEY, INDICATORS, statistic_of, title_of

SPREAD = ("count", "p50", "p95", "most")
FOR_EVER = {
    "list_entries": ("entries", ("start", "end")),
    "adds": ("entries", ("total",)),
    "removes": ("entries", ("total",)),
    "expiries": ("entries", ("total",)),
    "error_withdrawals": ("entries", ("total",)),
    "holds": ("count", ("total",)),
    "breaker_trips": ("count", ("total",)),
    "exemptions_active": ("entries", ("total",)),
    "discovery_to_publish_seconds": ("seconds", SPREAD),
    "publish_to_enforce_seconds": ("seconds", SPREAD),
    "withdraw_to_enforce_seconds": ("seconds", SPREAD),
    "removal_requests": ("count", ("total",)),
    "gone_at_source": ("entries", ("total",)),
    "time_to_removal_days": ("days", SPREAD),
    "selftest_ok_ratio": ("ratio", ("total",)),
    "uptime_ratio": ("ratio", ("total",)),
    "hit_events": ("events", ("total",)),
    "hits_per_million_queries": ("events/1000000 queries", ("total",)),
    "objections": ("count", ("received", "upheld", "open")),
    "decision_days": ("days", SPREAD),
    "accidents": ("count", ("total",)),
    "queries": ("queries", ("total",)),
    "versions": ("count", ("total",)),
    "acknowledged_late": ("count", ("total",)),
    "decided_late": ("count", ("total",)),
    "drills": ("count", ("total",)),
    "not_enforceable": ("entries", ("total",)),
}


def test_names_units_and_statistics_are_for_ever() -> None:
    """No name, unit or statistic was dropped, renamed or moved; new ones stand at the end and are added here."""
    assert {name: (one.unit, tuple(one.statistics)) for name, one in INDICATORS.items()} == FOR_EVER
    assert list(INDICATORS) == list(FOR_EVER)


def test_each_is_explained_in_both_languages() -> None:
    """Every indicator and statistic has a title and a meaning in Japanese and in English."""
    for one in INDICATORS.values():
        assert one.title.ja != one.title.en
        assert one.meaning.ja.endswith("。")
        assert one.meaning.en.endswith(".")
    for key in BY_KEY:
        assert title_of(key).ja
        assert title_of(key).en


def test_the_page_of_indicators_is_the_softwares_own() -> None:
    """`docs/publishers/indicators.md` has a line for each indicator: unit, statistics, reporters and meaning."""
    page = (Path(__file__).parents[3] / "docs/publishers/indicators.md").read_text(encoding="utf-8")
    told = [line for line in page.splitlines() if line.startswith("| `")]
    who = {("isp",): "ISP", ("list_body",): "list body", ("isp", "list_body"): "both"}
    assert told == [
        f"| `{name}` | {one.unit} | {', '.join(f'`{each}`' for each in one.statistics)} | {who[one.reported_by]}"
        f" | {one.meaning.en} | {one.title.ja}: {one.meaning.ja} |"
        for name, one in INDICATORS.items()
    ]


def test_keys() -> None:
    """A figure is filed under the indicator's name, or name and statistic."""
    assert INDICATORS["adds"].keys == ("adds",)
    assert INDICATORS["objections"].keys == ("objections.received", "objections.upheld", "objections.open")
    assert [statistic_of(key) for key in ("adds", "objections.open")] == ["total", "open"]
    assert title_of("objections.open").en == "Objections, open at the end"
    assert title_of("adds").ja == "追加"
