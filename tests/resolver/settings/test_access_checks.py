"""No open resolver by accident."""

from __future__ import annotations

import pytest

from resolver.settings.access_checks import is_open
from resolver.settings.checks import warnings
from tests.resolver.settings.samples import faults_of, full, read

WIDE = [
    ["0.0.0.0/0"],
    ["::/0"],
    ["0.0.0.0/1", "128.0.0.0/1"],
    ["10.0.0.0/7"],
    ["2000::/3"],
    ["f000::/4"],
    [f"{number}.0.0.0/8" for number in range(20, 37)],
    [f"{number:x}::/16" for number in range(0x2000, 0x2101)],
]
SOUND = [
    [],
    ["198.0.0.0/8", "2001:db8::/32"],
    ["10.0.0.0/8", "fc00::/7", "fd00::/9"],
    [f"{number}.0.0.0/8" for number in range(20, 36)],
]


def settings(allow: list[str], **more: object) -> dict[str, object]:
    return full() | {"access": {"allow": allow} | more, "self_test": {"enabled": False}}


@pytest.mark.parametrize("allow", WIDE, ids=lambda allow: f"{allow[0]} {len(allow)}")
def test_an_open_resolver_does_not_start_by_accident(allow: list[str]) -> None:
    """All at once, in halves, or in many pieces; `open_resolver: true` takes them, with a warning."""
    assert "open_resolver: true" in faults_of(settings(allow))["access.allow"]
    meant = read(settings(allow, open_resolver=True))
    assert is_open(meant.access)
    assert "access.open_resolver" in [fault.path for fault in warnings(meant)]


@pytest.mark.parametrize("allow", SOUND, ids=lambda allow: f"{allow[:1]} {len(allow)}")
def test_customers_are_no_opening(allow: list[str]) -> None:
    """A whole /8, sixteen of them, and everything private."""
    assert not is_open(read(settings(allow)).access)


def test_a_switch_that_does_nothing_is_noticed() -> None:
    """So is an open resolver without a limit."""
    idle = [fault.path for fault in warnings(read(settings(["198.0.0.0/8"], open_resolver=True)))]
    assert "access.open_resolver" in idle
    bare = read(settings(["0.0.0.0/0"], open_resolver=True) | {"rate_limit": {"enabled": False}})
    assert "rate_limit.enabled" in [fault.path for fault in warnings(bare)]


def test_monitoring_must_be_admitted_too() -> None:
    """`allow_rd0` lets nobody in whom `allow` keeps out."""
    for prefix, found in (("198.51.100.0/24", ["access.allow_rd0[0]"]), ("192.0.2.8/29", [])):
        data = settings(["192.0.2.0/24"], allow_rd0=[prefix])
        assert [fault.path for fault in warnings(read(data)) if "rd0" in fault.path] == found


def test_a_burst_is_not_forgotten_before_it_is_paid_back() -> None:
    """A bucket that fills more slowly than clients are forgotten would be a gift."""
    assert "rate_limit.burst" in faults_of(full() | {"rate_limit": {"queries": 10, "burst": 3001}})
    assert read(full() | {"rate_limit": {"queries": 10, "burst": 3000}}).rate_limit.burst == 3000


def test_resolver_arpa_has_no_switch() -> None:
    """It is never forwarded."""
    assert "special_use.resolver.arpa" in faults_of(full() | {"special_use": {"resolver.arpa": False}})
