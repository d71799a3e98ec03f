"""Views that cannot mean what they say."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.settings.checks import warnings
from tests.resolver.settings.samples import faults_of, full, read

_TEXT = {"ja": "見本", "en": "sample"}
V4, V6 = "127.0.0.1:5300", "[::1]:5300"


def with_views(*views: dict[str, Any]) -> dict[str, Any]:
    """Two lists, two notices, and these views: unnamed ones get a name."""
    data = full()
    data["lists"].append(data["lists"][0] | {"id": "other"})
    data["notices"]["west"] = {"ipv4": "192.0.2.2", "isp": _TEXT, "body": _TEXT}
    return data | {"views": [{"name": f"v{number}"} | view for number, view in enumerate(views)]}


def warned(*views: dict[str, Any], **more: Any) -> list[str]:
    return [str(each) for each in warnings(read(with_views(*views) | more)) if each.path.startswith("views")]


@pytest.mark.parametrize(
    ("view", "path", "words"),
    [
        ({}, "views[0]", "say in `from` or `listen`"),
        ({"from": [], "listen": []}, "views[0]", "say in `from` or `listen`"),
        ({"from": ["10.0.0.0/8"], "lists": ["dema"]}, "views[0].lists[0]", "Did you mean 'demo'?"),
        ({"from": ["10.0.0.0/8"], "notices": {"none": "west"}}, "views[0].notices.none", "there is no list none"),
        ({"from": ["10.0.0.0/8"], "notices": {"demo": "east"}}, "views[0].notices.demo", "there is no notices.east"),
        (
            {"from": ["10.0.0.0/8"], "lists": ["other"], "notices": {"demo": "west"}},
            "views[0].notices.demo",
            "leaves the list out",
        ),
        ({"listen": ["127.0.0.1:5301"]}, "views[0].listen[0]", "nothing answers at 127.0.0.1:5301"),
        ({"name": "Mail Relays", "listen": [V4]}, "views[0].name", "a short lower-case name"),
        ({"from": ["10.0.0.1/8"]}, "views[0].from[0]", "host bits are set"),
        ({"from": ["10.0.0.0/8"], "list": ["demo"]}, "views[0].list", "Did you mean 'lists'?"),
        ({"from": ["10.0.0.0/8"], "listen": [V6]}, "views[0]", "address family"),
    ],
)
def test_what_a_view_names_exists(view: dict[str, Any], path: str, words: str) -> None:
    """Each fault has its place and says what to do."""
    assert words in faults_of(with_views(view))[path]


def test_a_name_is_missed_and_may_stand_once() -> None:
    """Status lines speak of a view by its name."""
    data = with_views({"name": "mail", "from": ["10.0.0.0/9"]}, {"name": "mail", "from": ["10.0.0.0/8"]})
    assert "views[0] too" in faults_of(data)["views[1].name"]
    del data["views"][0]["name"]
    assert faults_of(data)["views[0].name"].startswith("required")


def test_more_views_than_fit_are_refused() -> None:
    """63: the number of a policy and two bits share a byte of the cache's key."""
    views = [{"from": [f"10.0.{number}.0/24"]} for number in range(64)]
    assert len(read(with_views(*views[:63])).views) == 63
    assert "at most 63" in faults_of(with_views(*views))["views"]


@pytest.mark.parametrize(
    "views",
    [
        ({"from": ["10.0.0.0/8"]}, {"from": ["10.1.0.0/16"]}),
        ({"from": ["10.0.0.0/9"]}, {"from": ["10.128.0.0/9"]}, {"from": ["10.0.0.0/8"]}),
        ({"listen": [V4]}, {"from": ["10.0.0.0/8"], "listen": [V4]}),
        ({"from": ["0.0.0.0/0"]}, {"listen": [V4]}),
        ({"listen": [V4]}, {"listen": [V6]}, {"from": ["10.0.0.0/8", "2001:db8::/32"]}),
        ({"listen": [V4]}, {"from": ["10.0.0.0/8"]}),  # IPv4 clients reach no IPv6 socket
    ],
)
def test_a_view_that_nobody_can_meet_is_refused(views: tuple[dict[str, Any], ...]) -> None:
    """Those above it, one alone or several together, take all of its clients: most likely the order is wrong."""
    assert "can never be reached" in faults_of(with_views(*views))[f"views[{len(views) - 1}]"]


@pytest.mark.parametrize(
    "views",
    [
        ({"from": ["10.1.0.0/16"]}, {"from": ["10.0.0.0/8"]}),
        ({"from": ["10.0.0.0/8"]}, {"from": ["10.0.0.0/8", "192.168.0.0/16"]}),
        ({"from": ["10.0.0.0/8"], "listen": [V4]}, {"listen": [V4]}),
        ({"listen": [V4]}, {"from": ["::/0"]}),
        ({"from": ["10.0.0.0/9"]}, {"from": ["10.0.0.0/8"]}),
    ],
)
def test_a_view_that_somebody_meets_is_accepted(views: tuple[dict[str, Any], ...]) -> None:
    """Narrow ones above wide ones."""
    assert len(read(with_views(*views)).views) == len(views)


def test_a_notice_is_needed_only_where_one_is_shown() -> None:
    """With dns-only answers there need not be any."""
    data = with_views({"from": ["10.0.0.0/8"], "notices": {"demo": "east"}})
    assert read(data | {"answer": {"mode": "dns-only"}}).views[0].notices == {"demo": "east"}


def test_a_prefix_that_is_never_answered_is_told() -> None:
    """Access rules come first."""
    (warning,) = warned({"from": ["10.0.0.0/8", "198.51.100.0/24"]})
    assert "views[0].from[1]: 198.51.100.0/24 is not answered at all (access.allow)" in warning


def test_a_list_enforced_for_nobody_is_told() -> None:
    """Every client meets a view, and none of them has it."""
    views = {"listen": [V4], "lists": ["demo"]}, {"from": ["::/0"], "lists": ["demo"]}
    off = {"self_test": {"enabled": False}}
    assert warned(views[0], **off) == []
    assert ["list other is enforced for nobody" in each for each in warned(*views, **off)] == [True]


def test_a_list_that_no_address_of_ours_meets_is_told() -> None:
    """The self-test asks from our own addresses, so a view that fits those decides what it sees."""
    nowhere = {"from": ["127.0.0.0/8", "::1/128"], "lists": ["demo"]}
    assert ["list other is not tested" in each for each in warned(nowhere)] == [True]
    assert warned(nowhere, self_test={"enabled": False}) == []
    assert warned({"from": ["127.0.0.0/8"], "lists": []}) == []  # asked at the other address


_PREFIXES = st.lists(
    st.builds(
        lambda byte, bits: f"10.0.0.{byte >> 32 - bits << 32 - bits}/{bits}", st.integers(0, 255), st.integers(24, 32)
    ),
    min_size=1,
    max_size=3,
)


@hypothesis.settings(deadline=None)
@given(st.lists(_PREFIXES, min_size=1, max_size=5))
def test_exactly_the_views_that_choosing_never_finds_are_refused(prefixes: list[list[str]]) -> None:
    """For arbitrary prefixes of one /24, every address of it is asked for the view it meets."""
    data = full() | {"views": [{"name": f"v{number}", "from": each} for number, each in enumerate(prefixes)]}
    networks = [[ip_network(each) for each in view] for view in prefixes]
    met = {
        next((number for number, view in enumerate(networks) if any(address in each for each in view)), None)
        for address in ip_network("10.0.0.0/24")
    }
    never = {f"views[{number}]" for number in range(len(prefixes)) if number not in met}
    assert set(faults_of(data) if never else ()) == never
    if not never:
        assert len(read(data).views) == len(prefixes)


def test_thousands_of_prefixes_are_checked_at_once() -> None:
    """A group of customers may be a list of single addresses."""
    hosts = [f"10.{number >> 8 & 255}.{number & 255}.{offset}/32" for number in range(2500) for offset in (1, 7)]
    views = with_views({"from": hosts[::2]}, {"from": hosts[1::2]}, {"from": hosts})
    assert list(faults_of(views)) == ["views[2]"]
