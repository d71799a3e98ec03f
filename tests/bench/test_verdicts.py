"""Where Mamori wins and where it does not, from the figures alone."""

from __future__ import annotations

from bench.verdicts import verdicts
from bench.workloads import HEAD, VARIANTS


def rates(*rates: float) -> dict[str, list[float]]:
    return {"qps": list(rates)}


def test_a_win_is_one_in_every_round() -> None:
    """Whatever the median says: ahead in some rounds and behind in others is told as such, equality too."""
    cell = {"echo": rates(9, 9), "mamori": rates(4, 4), "unbound": rates(2, 3), "dnsdist": rates(5, 1)}
    cell |= {"pdns-recursor": rates(8, 5), "mamori-pure": rates(1, 1)}
    assert verdicts({"throughput": {"cached": {HEAD.label: cell, VARIANTS[1].label: cell}}}) == [
        "- **Ahead in every round:** `cached` 1.67 (1.33-2.00) x unbound.",
        "- **Ahead in some rounds, behind in others:** `cached` 2.40 (0.80-4.00) x dnsdist.",
        "- **Behind in every round:** `cached` 0.65 (0.50-0.80) x pdns-recursor.",
    ]


def test_of_times_less_is_better() -> None:
    """The ratio is ours over theirs, as everywhere; the verdict turns it round."""
    ours, theirs = {"p50_us": [10.0], "p99_us": [90.0]}, {"p50_us": [20.0], "p99_us": [30.0]}
    assert verdicts({"latency": {"mamori": ours, "unbound": theirs}}) == [
        "- **Ahead in every round:** p50 at a fixed rate 0.50 (0.50-0.50) x unbound's.",
        "- **Behind in every round:** p99 at a fixed rate 3.00 (3.00-3.00) x unbound's.",
    ]


def test_settings_and_transports_count() -> None:
    """A name with a setting behind it is that server; what was not measured is not told."""
    featured = {"mamori+limit": rates(2), "dnsdist+limit": rates(1)}
    streams = {"doh": {"mamori": rates(1), "unbound": rates(2)}}
    assert verdicts({"features": featured, "streams": streams}) == [
        "- **Ahead in every round:** all features on 2.00 (2.00-2.00) x dnsdist.",
        "- **Behind in every round:** DoH 0.50 (0.50-0.50) x unbound.",
    ]
    assert verdicts({}) == verdicts({"features": {"echo": rates(1)}}) == []
