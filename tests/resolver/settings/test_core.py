"""Settings -> what the core is told."""

from __future__ import annotations

from ipaddress import ip_network

from resolver.core.config import ListPolicy
from resolver.core.views import ALL_LISTS, Views
from resolver.settings import core_config
from resolver.settings.core import own_policy
from tests.resolver.settings.samples import full, read

_TEXT = {"ja": "見本", "en": "sample"}


def test_order_labels_and_notice_bytes() -> None:
    """Upstreams keep their order and label, lists their order, notice addresses become raw bytes."""
    data = full()
    data["upstreams"].append({"address": "192.0.2.53:53"})
    config = core_config(read(data))
    assert [(each.name, each.trust_ad) for each in config.upstreams] == [
        ("127.0.0.1:5301", True),
        ("192.0.2.53:53", False),
    ]
    (policy,) = config.lists
    assert (policy.list_id, policy.notice_v4, policy.ede) == ("demo", bytes([192, 0, 2, 1]), 15)
    assert policy.notice_v6 is not None
    assert len(policy.notice_v6) == 16


def test_trust_ad_is_believed_as_written() -> None:
    """What the operator wrote goes before the rule for loopback."""
    data = full()
    data["upstreams"] = [{"address": "127.0.0.1:53", "trust_ad": False}, {"address": "192.0.2.53:53", "trust_ad": True}]
    assert [each.trust_ad for each in core_config(read(data)).upstreams] == [False, True]


def test_views_carry_their_lists_with_the_notice_they_show() -> None:
    """In configuration order, whatever the order in the view; a list's own notice where the view names no other."""
    data = full()
    data["lists"].append(data["lists"][0] | {"id": "other", "ede": 16})
    data["notices"]["west"] = {"ipv4": "192.0.2.2", "isp": _TEXT, "body": _TEXT}
    data["views"] = [
        {"name": "mail", "from": ["192.0.2.0/24"], "lists": []},
        {"name": "west", "listen": ["127.0.0.1:5300"], "lists": ["other", "demo"], "notices": {"other": "west"}},
    ]
    config = core_config(read(data))
    mail, west = config.views
    assert (mail.networks, mail.places, mail.lists) == ((ip_network("192.0.2.0/24"),), frozenset(), ())
    assert (west.networks, west.places) == ((), {"127.0.0.1:5300"})
    assert west.lists == (config.lists[0], ListPolicy("other", bytes([192, 0, 2, 2]), ede=16))


def test_a_question_of_our_own_meets_the_view_of_the_address_it_is_put_to() -> None:
    """It comes from there; where all addresses are meant, from loopback."""
    data = full() | {"listen": ["0.0.0.0:5300", "127.0.0.9:5301"]}
    data["views"] = [{"name": "own", "from": ["127.0.0.9/32"], "lists": []}]
    settings = read(data)
    views = Views(core_config(settings))
    assert [own_policy(views, each) for each in settings.listen] == [ALL_LISTS, 1]


def test_dns_only_needs_no_notice_address() -> None:
    """Without a notice the policy answers are NODATA."""
    config = core_config(read(full() | {"notices": {}, "answer": {"mode": "dns-only"}}))
    assert config.answer_mode == "dns-only"
    assert config.lists[0].notice_v4 is None


def test_an_absent_ipv6_notice_address_stays_absent() -> None:
    """Row 2: NODATA where no IPv6 notice address is set."""
    data = full()
    del data["notices"]["default"]["ipv6"]
    assert core_config(read(data)).lists[0].notice_v6 is None


def test_a_special_use_switch_takes_its_zone_out() -> None:
    """Only what is switched off goes upstream."""
    config = core_config(read(full() | {"special_use": {"test": False, "onion": True, "example": False}}))
    assert "test" not in config.special_use
    assert {"onion", "invalid", "home.arpa"} <= config.special_use


def test_relay_mode_keeps_no_cache() -> None:
    """`mode: relay` means no cache, whatever `cache` says."""
    assert core_config(read(full())).caching
    assert not core_config(read(full() | {"mode": "relay"})).caching


def test_old_answers_and_early_questions_are_settings() -> None:
    """A day and on by default; both can be switched off."""
    config = core_config(read(full()))
    assert (config.stale, config.prefetch) == (86_400, True)
    config = core_config(read(full() | {"cache": {"stale": "2h", "prefetch": False}}))
    assert (config.stale, config.prefetch) == (7200, False)
    assert core_config(read(full() | {"cache": {"stale": 0}})).stale == 0
