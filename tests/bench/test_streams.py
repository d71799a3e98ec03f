"""What dnsperf and h2load say is read, and what went wrong there is not passed over."""

from __future__ import annotations

import pytest

from bench.generator import LoadFault
from bench.streams import dnsperf_rate, h2load_rate

DNSPERF = (
    "  Queries sent:         100\n  Queries lost:         {}\n  Response codes:       {}\n"
    "  Queries per second:   1234.500000\n"
)
RIGHT = "NOERROR 100 (100.00%)"
H2LOAD = (
    "finished in 1.00s, 5678.00 req/s, 1.2MB/s\n"
    "requests: 5678 total, 5878 started, 5678 done, {succeeded} succeeded, {failed} failed, 0 errored, 0 timeout\n"
    "status codes: {succeeded} 2xx, 0 3xx, {failed} 4xx, 0 5xx\n"
)


def test_rates_are_read() -> None:
    """Answers a second."""
    assert dnsperf_rate(DNSPERF.format(0, RIGHT)) == 1234.5
    assert h2load_rate(H2LOAD.format(succeeded=5678, failed=0)) == 5678.0


@pytest.mark.parametrize("output", [DNSPERF.format(3, RIGHT), "dnsperf: unable to connect"])
def test_dnsperf_that_lost_answers_has_no_rate(output: str) -> None:
    """Whoever drops questions is not fast."""
    with pytest.raises(LoadFault, match=r"lost 3|said no rate"):
        dnsperf_rate(output)


def test_dnsperf_that_was_refused_has_no_rate() -> None:
    """Nor whoever fails quickly."""
    with pytest.raises(LoadFault, match="got NOERROR 99"):
        dnsperf_rate(DNSPERF.format(0, "NOERROR 99 (99.00%), SERVFAIL 1 (1.00%)"))


@pytest.mark.parametrize("output", [H2LOAD.format(succeeded=5000, failed=678), "h2load: no such host"])
def test_h2load_with_failures_has_no_rate(output: str) -> None:
    """Nor is whoever refuses them."""
    with pytest.raises(LoadFault, match=r"678 failed|said no rate"):
        h2load_rate(output)
