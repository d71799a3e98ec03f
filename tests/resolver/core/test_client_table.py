"""Clients by prefix: bounded, and forgotten in time."""

from __future__ import annotations

import weakref
from ipaddress import ip_network
from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.access import Access, packed_address
from resolver.core.client_table import Ages, ClientTable
from resolver.core.clients import Client
from resolver.core.config import RateRule, ViewConfig
from resolver.core.counters import Counters, Layout
from resolver.core.door import Door
from resolver.core.hit_path import PureHitPath
from resolver.core.limits import Limits
from resolver.core.rate_limit import Rate
from resolver.core.views import Views
from tests.resolver.core.world import CONFIG

RULE = RateRule(Rate(10, 20), exempt=(ip_network("10.9.0.0/16"),))


class Desk:
    """A table with one door."""

    def __init__(self, **settings: Any) -> None:
        config = evolve(CONFIG, **{"rate_limit": RULE} | settings)
        views = Views(config)
        path = PureHitPath(Counters.in_memory(Layout(1, 1)))
        self.table = ClientTable(config, Access(config.allow, config.allow_rd0), views, path)
        chooser = views.at("127.0.0.1:53")
        self.door = Door(0, "127.0.0.1:53", chooser, *self.table.hosts(chooser))

    def find(self, host: str, now: float = 0.0) -> Client:
        client = self.table.find(packed_address(host), self.door, now)
        assert isinstance(client, Client)
        return client


def test_a_prefix_is_one_client() -> None:
    """A home's /56, one IPv4 address; the lengths are settings."""
    desk = Desk()
    assert desk.find("fd00::1") is desk.find("fd00:0:0:ff::2") is not desk.find("fd00:0:0:100::1")
    assert desk.find("10.0.0.1") is not desk.find("10.0.0.2")
    assert desk.find("10.0.0.1") is desk.find("::ffff:10.0.0.1")
    wide = Desk(rate_limit=evolve(RULE, ipv4_prefix=24, ipv6_prefix=48))
    assert wide.find("10.0.0.1") is wide.find("10.0.0.2") is not wide.find("10.0.1.1")
    assert wide.find("fd00::1") is wide.find("fd00:0:0:100::1")


def test_forms_are_shared_by_policy_and_budgets_are_not() -> None:
    """A view within a prefix is a client of its own."""
    view = ViewConfig(networks=(ip_network("fd00:0:0:1::/64"),))
    desk = Desk(views=(view,))
    all_lists, none, other = desk.find("fd00::1"), desk.find("fd00:0:0:1::1"), desk.find("10.0.0.1")
    assert (all_lists.view, none.view) == (0, 1)
    assert all_lists.forms is other.forms is not none.forms
    assert all_lists.budget is not other.budget


def test_exempt_prefixes_have_no_budget() -> None:
    """Nor has anybody while the limit is off."""
    assert Desk().find("10.9.1.1").budget is None
    assert Desk().find("10.8.1.1").budget is not None
    assert Desk(rate_limit=RateRule()).find("10.8.1.1").budget is None


def test_an_exempt_host_frees_nobody_beside_it() -> None:
    """Whoever of a home asks first: the exempt host has no budget, its neighbours share theirs."""
    for hosts in (("fd00::25", "fd00::1"), ("fd00::1", "fd00::25")):
        desk = Desk(rate_limit=evolve(RULE, exempt=(ip_network("fd00::25/128"),)))
        found = {host: desk.find(host) for host in hosts}
        assert found["fd00::25"].budget is None
        assert found["fd00::1"].budget is not None
        assert desk.find("fd00::2") is found["fd00::1"]


def test_strangers_are_kept_apart() -> None:
    """The hot path does not know them, and however many they are, customers stay."""
    desk = Desk(limits=Limits(strangers_max=2, prefixes_max=4))
    customer = desk.find("10.0.0.1")
    for number in range(20):
        stranger = desk.find(f"192.0.2.{number}")
        assert not stranger.admitted
        assert stranger.budget is not None
    assert desk.find("no address") is desk.find("none either")
    assert list(desk.door.clients.values()) == [customer]
    assert desk.find("10.0.0.1") is customer


def test_whoever_asks_is_remembered_and_who_does_not_is_forgotten() -> None:
    """After one to two periods; with every turn hosts are looked up anew, so that none goes on with a lost client."""
    desk = Desk(limits=Limits(forget_seconds=60))
    stays, goes = desk.find("10.0.0.1", 0.0), desk.find("10.0.0.2", 0.0)
    for now in (60.0, 120.0, 180.0):
        assert desk.find("10.0.0.1", now) is stays
        assert list(desk.door.clients.values()) == [stays]
    assert desk.find("10.0.0.2", 180.0) is not goes


def test_they_are_forgotten_though_nobody_asks_any_more() -> None:
    """Two periods after the last question nothing of anybody is left, strangers too, and nothing is due."""
    desk = Desk(limits=Limits(forget_seconds=60))
    assert desk.table.next_deadline() is None
    gone = [weakref.ref(desk.find(host, 5.0)) for host in ("10.0.0.1", "192.0.2.7")]
    for now in (64.9, 65.0, 125.0):
        desk.table.forget(now)
    assert [each() for each in gone] == [None, None]
    assert desk.door.clients == {} and desk.table.next_deadline() is None


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=300))
def test_each_half_has_its_bound(steps: list[tuple[int, bool]]) -> None:
    """Whoever comes again and again, or once: what is found is what was put, and never more than both halves."""
    ages, put = Ages(10), {}
    for key, turns in steps:
        if turns:
            ages.turn()
        client = ages.get(key)
        assert client is None or client is put[key]
        if client is None:
            if ages.full:
                ages.turn()
            put[key] = Client()
            ages.put(key, put[key])
        assert ages.get(key) is put[key]
        assert len(ages) <= 20


def test_both_tables_are_bounded() -> None:
    """Hosts start anew; of prefixes those longest unused go."""
    desk = Desk(limits=Limits(hosts_max=3, prefixes_max=2))
    first = desk.find("10.0.0.1")
    for number in range(2, 30):
        desk.find(f"10.0.0.{number}")
        assert desk.find("10.0.0.1") is first
        assert len(desk.door.clients) <= 3
