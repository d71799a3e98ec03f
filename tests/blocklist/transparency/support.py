"""A report of an ISP with one of everything, and a text that must come out escaped."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from blocklist.transparency.model import (
    Event,
    Fact,
    Figure,
    ListSection,
    Noise,
    Point,
    Report,
    Series,
    Spread,
)
from blocklist.transparency.period import Period
from blocklist.transparency.text import Text

HOSTILE = '<img src=x onerror="alert(1)">&'
YEAR = Period.parse("2026")


def by_month(key: str, *values: float | int | None, spread: int = 0) -> Series:
    """A series of twelve months or fewer."""
    points = (
        Point(month.first, Figure(value) if not spread or value is None else Figure(value, value - spread, value + 90))
        for month, value in zip(YEAR.months(), values, strict=False)
    )
    return Series(key, tuple(points))


def isp_report(**more: Any) -> Report:
    """The report."""
    hits = by_month("hit_events", *(None if at == 3 else 900 + 40 * at for at in range(12)), spread=90)
    section = ListSection(
        list_id="icsa",
        facts=(Fact(Text("根拠", "Ground"), Text("緊急避難", "emergency necessity")),),
        figures={
            "list_entries.start": Figure(101),
            "list_entries.end": Figure(117),
            "adds": Figure(60),
            "removes": Figure(4, note=Text("うち1件は試験", "one of them a test")),
            "expiries": Figure(40),
            "holds": Figure(0),
            "hit_events": Figure(12_340, 12_180, 12_500),
            "hits_per_million_queries": Figure(0.0123, 0.012, 0.0125),
            "selftest_ok_ratio": Figure(0.99987),
            "exemptions_active": Figure(None),
        },
        spreads={
            "publish_to_enforce_seconds": Spread(41, 18, 42, 310),
            "withdraw_to_enforce_seconds": Spread(0, None, None, None),
        },
        series=(
            hits,
            by_month("list_entries.end", *range(101, 113)),
            by_month("selftest_ok_ratio", *(0.9990 + at / 20_000 for at in range(12))),
        ),
    )
    days = tuple(Point(date(2026, 11, 1) + timedelta(days=at), Figure(0.9995)) for at in range(30))
    fields: dict[str, Any] = {
        "kind": "isp",
        "publisher": Text("例示通信株式会社", "Example Telecom " + HOSTILE),
        "period": YEAR,
        "made_on": date(2027, 1, 8),
        "policy": (Fact.plain(Text("約款", "Terms of service"), "3.1 https://isp.example/terms"),),
        "sections": (section,),
        "figures": {"uptime_ratio": Figure(0.99991), "accidents": Figure(1), "queries": Figure(10**12)},
        "series": (Series("uptime_ratio", days),),
        "noise": Noise(epsilon=1, hidden_events=8, step=8, bucket_seconds=86_400, buckets=730, hosts=2),
        "analysis": (Text("分析です。", "An analysis " + HOSTILE),),
        "accidents": (
            Event(date(2026, 5, 2), Text("誤った遮断が40分続きました。", "A wrong block stood for 40 minutes.")),
        ),
        "policy_changes": (Event(date(2026, 4, 1), Text("窓口を追加しました。", "A desk was added.")),),
        "proof": (Fact.plain(Text("公開記録", "Public record"), "size 41"),),
        "remarks": (Text("備考です。", "A remark."),),
    }
    return Report(**{**fields, **more})
