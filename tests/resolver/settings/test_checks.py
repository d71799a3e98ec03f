"""What settings must say together."""

from __future__ import annotations

from typing import Any

import pytest

from resolver.settings.checks import warnings
from tests.resolver.settings.samples import faults_of, full, read


def test_a_list_id_stands_once() -> None:
    """Two lists of one id would share a folder and a counter: refused."""
    data = full()
    data["lists"].append(dict(data["lists"][0]))
    assert "lists[0]" in faults_of(data)["lists[1].id"]


def test_a_notice_that_does_not_exist_is_refused_unless_none_is_needed() -> None:
    """`lists[].notice` names one of `notices`; with dns-only answers there need not be any."""
    data = full() | {"notices": {}}
    assert "there is no notices.default" in faults_of(data)["lists[0].notice"]
    assert read(data | {"answer": {"mode": "dns-only"}}).notices == {}


def test_a_client_certificate_has_its_key() -> None:
    """One without the other would fail at each poll, so it is refused; authorities may stand alone."""
    for given, refused in (({"certificate": "isp.pem"}, True), ({"key": "isp.key"}, True), ({"ca": "ca.pem"}, False)):
        data = full()
        data["lists"][0]["tls"] = given
        if refused:
            assert "go together" in faults_of(data)["lists[0].tls"]
        else:
            assert read(data).lists[0].tls is not None


def test_push_hints_have_a_port_of_their_own() -> None:
    """Where DNS is answered no hint can arrive."""
    data = full() | {"poll": {"hint": full()["listen"][0]}}
    assert "choose another port" in faults_of(data)["poll.hint"]


def test_status_451_needs_the_policy_page() -> None:
    """RFC 7725's Link header needs something to point at."""
    data = full()
    data["notices"]["default"]["status"] = 451
    assert "notices.default.blocked_by" in faults_of(data)


def test_a_desk_can_be_reached() -> None:
    """A desk without URL and telephone helps nobody."""
    data = full()
    text = {"ja": "窓口", "en": "desk"}
    data["notices"]["default"]["desks"] = [{"kind": "help", "name": text, "for_whom": text}]
    assert "notices.default.desks[0]" in faults_of(data)


@pytest.mark.parametrize(
    ("release", "path"),
    [
        ({"enabled": True, "lines_served": 999, "bucket": "7d"}, "release.enabled"),
        ({"enabled": True, "lines_served": 99_999, "bucket": "24h"}, "release.bucket"),
        ({"enabled": True, "lines_served": 99_999, "bucket": "1h"}, "release.bucket"),
    ],
)
def test_totals_are_released_only_where_they_say_little(release: dict[str, Any], path: str) -> None:
    """The lines served decide whether and how often totals may be released (secrecy 7); no shorter bucket exists."""
    assert path in faults_of(full() | {"release": release})


def test_release_within_its_bounds_is_accepted() -> None:
    """7 days from 1,000 lines, 24 hours from 100,000."""
    assert read(full() | {"release": {"enabled": True, "lines_served": 1000, "bucket": "7d"}}).release.bucket == 604800
    assert read(full() | {"release": {"enabled": True, "lines_served": 100_000}}).release.bucket == 86400


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"listen": []}, "listen"),
        ({"upstreams": []}, "upstreams"),
        ({"listen": ["127.0.0.1:53", "127.0.0.1:53"]}, "listen"),
        ({"upstreams": [{"address": "[::1]:53"}, {"address": "[0::1]:53"}]}, "upstreams"),
        ({"cache": {"min_ttl": 600, "max_ttl": 60}}, "cache.min_ttl"),
        ({"special_use": {"example": True}}, "special_use.example"),
        ({"state": "/srv/" + "m" * 90}, "state"),
    ],
)
def test_combinations_that_cannot_work(change: dict[str, Any], path: str) -> None:
    """Empty and doubled addresses, crossed limits and switches that do not exist are refused."""
    assert path in faults_of(full() | change)


def test_a_notice_address_that_home_routers_drop_is_a_warning() -> None:
    """Documentation, private and loopback addresses work in a trial only; public ones give no warning."""
    data = full() | {"laptop": True, "mode": "relay"}
    assert {each.path for each in warnings(read(data))} == {
        "notices.default.ipv4",
        "notices.default.ipv6",
        "laptop",
        "mode",
    }
    data = full()
    data["notices"]["default"] |= {"ipv4": "192.0.3.1", "ipv6": None}
    assert not list(warnings(read(data)))


def test_a_resolver_that_does_not_answer_itself_is_warned_of() -> None:
    """Its self-test would be refused; a wildcard address is asked on loopback, and without lists nothing is asked."""
    data = full() | {
        "listen": ["0.0.0.0:53", "192.0.2.53:53"],
        "access": {"allow": ["198.51.100.0/24", "2001:db8::/32"]},
    }
    told = [fault.message for fault in warnings(read(data)) if fault.path == "access.allow"]
    assert [message.split(",")[0] for message in told] == ["lacks 127.0.0.1", "lacks 192.0.2.53"]
    data["access"]["allow"] += ["127.0.0.0/8", "192.0.2.53"]
    assert "access.allow" not in {fault.path for fault in warnings(read(data))}
    quiet = full() | {"lists": [], "access": {"allow": ["198.51.100.0/24"]}}
    assert "access.allow" not in {fault.path for fault in warnings(read(quiet))}


def test_a_certificate_that_nobody_sees_is_warned_of() -> None:
    """Who wrote `tls` and forgot where it listens believes that customers are encrypted."""
    tls = {"certificate": "cert.pem", "key": "key.pem", "name": "resolver.isp.example"}
    assert "tls" in {fault.path for fault in warnings(read(full() | {"tls": tls}))}
    listening = full() | {"tls": tls, "dot": {"listen": ["192.0.2.53:853"]}}
    assert "tls" not in {fault.path for fault in warnings(read(listening))}
