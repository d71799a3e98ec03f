"""What the options ask for."""

from __future__ import annotations

import pytest

from bench.__main__ import FEW_LISTED, SECTIONS, Plan, _parser, planned
from bench.stage import SERVERS
from bench.workloads import HEAD, LISTED, SUMMED_UP, VARIANTS, WORKLOADS


def plan(*words: str) -> Plan:
    return planned(_parser().parse_args(words))


def test_everything_is_measured_in_seven_rounds_and_claims_in_fifteen() -> None:
    """Unless asked otherwise."""
    whole = plan()
    assert (whole.rounds, whole.servers, whole.listed) == (7, SERVERS, LISTED)
    assert [whole.rounds_of(variant) for variant in VARIANTS] == [15, 7, 7, 7]
    assert plan("--rounds", "9").rounds_of(HEAD) == 9
    assert (whole.workloads, whole.sections) == (tuple(WORKLOADS), SECTIONS)


def test_a_quick_look_is_what_claims_are_made_of() -> None:
    """Three rounds of the four workloads; a short list where no listed name is asked for."""
    quick = plan("--quick")
    assert (quick.rounds_of(HEAD), quick.workloads, quick.sections, quick.listed) == (3, SUMMED_UP, (), LISTED)
    assert plan("--quick", "--only", "cached").listed == FEW_LISTED


def test_parts_are_named() -> None:
    """Workloads and the other parts alike, in the order of the report."""
    some = plan("--only", "swap", "listed", "cached", "--rounds", "9", "--servers", "echo", "mamori")
    assert (some.workloads, some.sections, some.rounds) == (("cached", "listed"), ("swap",), 9)
    assert some.servers == ("echo", "mamori")


def test_versions_are_told_of_all_that_is_measured() -> None:
    """Some parts have their own servers and clients, whatever servers the workloads are asked of."""
    assert plan("--only", "cached", "--servers", "echo", "mamori").programs == {"echo", "mamori"}
    assert plan("--only", "streams", "--servers", "mamori").programs >= {"mamori", "dnsdist", "dnsperf", "h2load"}
    assert plan("--only", "loading", "--servers", "mamori").programs >= {"pdns-recursor", "unbound"}


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """With the names of those there are."""
    with pytest.raises(SystemExit):
        plan("--only", "speed")
    assert "miss_20pct" in capsys.readouterr().err
