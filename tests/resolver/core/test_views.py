"""Views: the first that fits says which lists apply, and which notice is shown."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.config import ListPolicy, Network, ViewConfig
from resolver.core.limits import Limits
from resolver.core.views import ALL_LISTS, Chooser, Views
from tests.resolver.core.world import CONFIG, N4, TABLE

OTHER_PAGE = (ListPolicy("demo", bytes([192, 0, 2, 2])),)


def view(*prefixes: str, at: tuple[str, ...] = (), lists: tuple[ListPolicy, ...] = ()) -> ViewConfig:
    return ViewConfig(tuple(map(ip_network, prefixes)), frozenset(at), lists)


def views(*configs: ViewConfig) -> Views:
    return Views(evolve(CONFIG, views=configs))


def test_without_views_all_lists_apply_to_everybody() -> None:
    """The one policy is the configuration's."""
    assert views().policies == (CONFIG.lists,)
    assert views().at("127.0.0.1:53").choose(N4) == ALL_LISTS


@pytest.mark.parametrize(
    ("host", "place", "policy"),
    [
        ("10.0.0.25", "127.0.0.1:53", 1),
        ("10.0.0.26", "127.0.0.1:53", 2),  # the first view is narrower, the second fits
        ("10.0.0.26", "127.0.0.2:53", 2),
        ("10.1.0.1", "127.0.0.2:53", 1),  # by the place alone
        ("10.1.0.1", "127.0.0.1:53", ALL_LISTS),
        ("2001:db8::7", "127.0.0.1:53", ALL_LISTS),  # both conditions of the fourth must hold
        ("2001:db8::7", "[::1]:53", 2),
        ("::ffff:10.0.0.25", "[::1]:53", 1),
        ("fe80::1%eth0", "[::1]:53", ALL_LISTS),
        ("nobody", "127.0.0.2:53", ALL_LISTS),
    ],
)
def test_the_first_view_that_fits_wins(host: str, place: str, policy: int) -> None:
    """By the client's prefix, by the place, or by both where both are given."""
    chosen = views(
        view("10.0.0.25/32"),
        view("10.0.0.0/24", lists=OTHER_PAGE),
        view(at=("127.0.0.2:53",)),
        view("2001:db8::/32", at=("[::1]:53",), lists=OTHER_PAGE),
    )
    assert chosen.at(place).choose(host) == policy
    assert chosen.policies == (CONFIG.lists, (), OTHER_PAGE)


def test_a_view_that_says_what_holds_anyway_is_no_policy_of_its_own() -> None:
    """What is kept for clients of no view serves its clients too."""
    chosen = views(view("10.0.0.0/8", lists=CONFIG.lists), view("192.0.2.0/24"))
    assert chosen.at("").choose("10.0.0.1") == ALL_LISTS
    assert chosen.at("").choose("192.0.2.1") == 1


def test_places_share_a_chooser_where_views_make_no_difference() -> None:
    """Doors that no view tells apart remember clients together."""
    chosen = views(view("10.0.0.0/8"), view(at=("b",), lists=OTHER_PAGE))
    assert chosen.at("a") is chosen.at("c")
    assert chosen.at("a") is not chosen.at("b")


def test_an_index_is_seen_by_each_policy() -> None:
    """All of it, and none of it."""
    whole, nothing = views(view("10.0.0.0/8")).of(TABLE)
    name = b"\3blk\7example\0"
    assert whole is TABLE
    assert whole.match(name, 0.0) is not None
    assert nothing.match(name, 0.0) is None


def test_views_are_bounded() -> None:
    """The number of the policy has to fit into the cache's key."""
    many = tuple(view(f"10.0.0.{number}/32", lists=(ListPolicy(str(number)),)) for number in range(64))
    assert Views(evolve(CONFIG, views=many[:63])).policies[63] == (ListPolicy("62"),)
    with pytest.raises(ValueError, match="64 views, at most 63"):
        Views(evolve(CONFIG, views=many))
    assert Limits().views_max << 2 | 3 <= 255


_BYTE = st.sampled_from([0, 1, 127, 128, 255])
_ADDRESSES = st.tuples(_BYTE, _BYTE, _BYTE, _BYTE).map(bytes)
_NETWORKS = st.builds(
    lambda address, bits: ip_network((address, bits), strict=False), _ADDRESSES, st.integers(0, 32)
) | st.builds(
    lambda address, bits: ip_network((address + bytes(12), bits), strict=False), _ADDRESSES, st.integers(0, 40)
)


@given(st.lists(st.lists(_NETWORKS, min_size=1, max_size=4), max_size=6), _ADDRESSES, st.booleans())
def test_choosing_agrees_with_asking_each_view_in_turn(rules: list[list[Network]], address: bytes, six: bool) -> None:
    """For arbitrary overlapping prefixes of both families."""
    client = ip_address(address + bytes(12) if six else address)
    expected = next(
        (
            number
            for number, networks in enumerate(rules, 1)
            if any(client.version == each.version and client in each for each in networks)
        ),
        ALL_LISTS,
    )
    chooser = Chooser((tuple(networks), number) for number, networks in enumerate(rules, 1))
    assert chooser.choose(str(client)) == expected
