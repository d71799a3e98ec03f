"""Clients of different views before one forwarder: each is answered as if its own policy were the only one."""

from __future__ import annotations

from ipaddress import ip_network

import dns.message
import dns.rdatatype
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from blocklist.compiling import ListImage
from blocklist.index import Index
from resolver.core.canary import Canary
from resolver.core.config import CoreConfig, ListPolicy, ViewConfig
from resolver.core.newcomers import Newcomers, Seen
from tests.resolver.core.world import (
    CONFIG,
    N4,
    Reply,
    World,
    ede,
    image_of,
    index_with,
    parsed,
    question,
    records,
    text,
)

pytestmark = pytest.mark.usefixtures("twin")

EVERYBODY, MAIL, FEW, WEST, SIX = "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "::1"
DUTY = "127.0.0.9:53"
W4 = "192.0.2.77"
ONE, TWO = ListPolicy("one", bytes([192, 0, 2, 1])), ListPolicy("two", bytes([192, 0, 2, 2]), ede=16)
POLICIES = {
    EVERYBODY: (ONE, TWO),
    MAIL: (),
    FEW: (TWO,),
    WEST: (evolve(ONE, notice_v4=bytes([192, 0, 2, 77])), TWO),
    SIX: (ONE,),
}


def view(prefix: str, place: str = "", *, like: str = "") -> ViewConfig:
    places = frozenset({place}) if place else frozenset()
    return ViewConfig((ip_network(prefix),), places, POLICIES[like or prefix])


BASE = evolve(CONFIG, lists=(ONE, TWO))
VIEWS = evolve(
    BASE, views=(view("127.0.0.1", DUTY, like=MAIL), view(MAIL), view(FEW), view(WEST), view("::/0", like=SIX))
)
OPEN = records("an www.open.example. 60 A 192.0.2.9")
ALIAS = records("an www.open.example. 60 CNAME www.blk.example.", "an www.blk.example. 60 A 192.0.2.9")
LISTED = index_with(image_of(["blk.example"], list_id="one"), image_of(["two.example"], list_id="two"))


def world(upstream: Reply = OPEN, index: Index = LISTED, config: CoreConfig = VIEWS) -> World:
    return World(upstream, config, index)


def addresses(answer: dns.message.Message) -> list[str]:
    return [line.rsplit(" ", 1)[1] for line in text(answer) if " IN A " in line]


def test_one_name_is_blocked_here_open_there_and_elsewhere_shows_another_page() -> None:
    """Each twice, so that what is kept for one view is never another's answer."""
    place = world(records("an blk.example. 60 A 192.0.2.9"))
    for _ in range(2):
        assert addresses(place.ask("blk.example", host=EVERYBODY)) == [N4]
        assert addresses(place.ask("blk.example", host=MAIL)) == ["192.0.2.9"]
        assert addresses(place.ask("blk.example", host=FEW)) == ["192.0.2.9"]
        assert addresses(place.ask("blk.example", host=WEST)) == [W4]
        assert addresses(place.ask("blk.example", host=SIX)) == [N4]


def test_the_place_asked_decides_too() -> None:
    """The same client, at two addresses of ours, over two transports."""
    place = world(records("an blk.example. 60 A 192.0.2.9"))
    for transport in (0, 1, 0):
        assert addresses(place.ask("blk.example", transport=transport)) == [N4]
        assert addresses(place.ask("blk.example", transport=transport, place=DUTY)) == ["192.0.2.9"]


def test_a_list_left_out_leaves_its_name_to_the_next() -> None:
    """Both lists have it: the answer is that of the first list of the view."""
    both = index_with(image_of(["blk.example"], list_id="one"), image_of(["blk.example"], list_id="two"))
    place = world(index=both)
    assert ede(place.ask("blk.example", "HTTPS", host=EVERYBODY)) == [15]
    assert ede(place.ask("blk.example", "HTTPS", host=FEW)) == [16]
    assert addresses(place.ask("blk.example", host=FEW)) == ["192.0.2.2"]


def test_without_recursion_the_view_holds_too() -> None:
    """RD=0 shows what the policy says, and nothing of what others asked (row 6)."""
    place = world()
    assert addresses(place.ask("blk.example", flags="", host=WEST)) == [W4]
    assert place.ask("blk.example", flags="", host=MAIL).rcode() == 5


def test_a_listed_special_use_name_is_softened_in_its_view_only() -> None:
    """NODATA by policy where it is listed, the zone's own NXDOMAIN elsewhere."""
    place = world(index=index_with(image_of(["tv.home.arpa"], list_id="one"), image_of(list_id="two")))
    assert place.ask("tv.home.arpa", "TXT", host=EVERYBODY).rcode() == 0
    assert place.ask("tv.home.arpa", "TXT", host=MAIL).rcode() == 3


def test_clients_of_all_views_wait_for_one_upstream_query() -> None:
    """And each is answered by its own policy: the alias leads to a listed name for two of three."""
    place = world(ALIAS)
    asked = {host: object() for host in (EVERYBODY, MAIL, WEST)}
    for host, peer in asked.items():
        data = question("www.open.example")
        assert place.forwarder.receive_query(data, host, place.door(), peer, place.now) is None
    place.pump()
    assert len(place.sent) == 1
    answers = {host: [parsed(each) for each in place.late[peer]] for host, peer in asked.items()}
    assert {host: [addresses(each) for each in found] for host, found in answers.items()} == {
        EVERYBODY: [[N4]],
        MAIL: [["192.0.2.9"]],
        WEST: [[W4]],
    }
    assert place.numbers.blocks == (2, 0)


def test_who_asks_first_does_not_decide_for_the_others() -> None:
    """No list applies to the first, who learns that the name does not exist; to the second it is listed (row 4)."""
    place = world(records("nxdomain", "ns blk.example. 60 SOA . . 1 3600 600 86400 60"))
    first, second = object(), object()
    for host, peer in ((MAIL, first), (EVERYBODY, second)):
        place.forwarder.receive_query(question("www.blk.example", "MX"), host, place.door(), peer, place.now)
    place.pump()
    assert [parsed(place.late[peer][0]).rcode() for peer in (first, second)] == [3, 0]


def test_what_is_kept_for_one_view_is_decided_for_the_next() -> None:
    """Nothing more is asked upstream, TTLs go on ticking, and the verdict is each view's own."""
    place = world(ALIAS)
    assert addresses(place.ask("www.open.example", host=MAIL)) == ["192.0.2.9"]
    place.pass_time(20)
    assert addresses(place.ask("www.open.example", host=EVERYBODY)) == [N4]
    assert [rrset.ttl for rrset in place.ask("www.open.example", host=FEW).answer] == [40, 40]
    assert len(place.sent) == 1
    place.pass_time(40)
    place.ask("www.open.example", host=FEW)
    assert len(place.sent) == 2


def test_a_failure_is_kept_for_whoever_waited() -> None:
    """RFC 9520: nobody asks again at once."""
    place = world(records("servfail"))
    for _ in range(2):
        assert place.ask("www.open.example", host=MAIL).rcode() == 2
    assert len(place.sent) == 1


def test_a_new_list_is_met_by_the_views_that_have_it() -> None:
    """Kept answers are decided again, each under its own policy."""
    place = world(OPEN)
    for host in POLICIES:
        assert addresses(place.ask("www.open.example", host=host)) == ["192.0.2.9"]
    place.forwarder.set_index(index_with(image_of(["open.example"], list_id="one"), image_of(list_id="two")), 2)
    found = {host: addresses(place.ask("www.open.example", host=host)) for host in POLICIES}
    assert found == {EVERYBODY: [N4], MAIL: ["192.0.2.9"], FEW: ["192.0.2.9"], WEST: [W4], SIX: [N4]}
    assert len(place.sent) == 1


def test_blocks_are_counted_by_list_whatever_the_view() -> None:
    """One series a list: a view may be one household. Listed questions are booked as hits everywhere."""
    place = world()
    for host in (EVERYBODY, WEST, MAIL):
        place.ask("blk.example", host=host)
        place.ask("blk.example", host=host)
    assert place.numbers.blocks == (4, 0)
    assert place.numbers.cache_hits == 5  # MAIL's second question among them


@pytest.mark.parametrize("host", [EVERYBODY, WEST, SIX])
def test_a_blocked_question_counts_like_a_kept_one_in_every_view(host: str) -> None:
    """No number but the block count tells one from the other (secrecy.md 6)."""
    told = []
    for name in ("blk.example", "www.open.example"):
        place = world()
        for other in POLICIES:
            place.ask("www.open.example", host=other)
        for _ in range(3):
            place.ask(name, host=host)
        told.append(place.numbers)
    blocked, kept = told
    assert (blocked.blocks, kept.blocks) == ((3, 0), (0, 0))
    assert evolve(blocked, blocks=()) == evolve(kept, blocks=())


def test_fresh_entries_are_marked_from_every_view() -> None:
    """The breaker's numbers are those of the whole index."""
    fresh = index_with(image_of(["old.example"], list_id="one"), image_of(fresh=["new.example"], list_id="two"))
    place, counts = world(index=fresh), fresh.fresh_counts
    newcomers = Newcomers(memoryview(bytearray(Newcomers.size(counts, 1))), counts)
    place.forwarder.set_index(fresh, 2, newcomers.marker(0))
    for host in (EVERYBODY, FEW, MAIL):
        place.ask("new.example", host=host)
    assert newcomers.seen() == [Seen(0, 0), Seen(1, 2)]


def test_the_canary_decides_as_the_clients_would_meet_it() -> None:
    """A name that only mail relays use is not in use where the list applies; the numbers are those of the whole."""
    candidate = index_with(
        image_of(["old.example"], fresh=["x.example"], list_id="one"), image_of(fresh=["open.example"], list_id="two")
    )
    for host, marks in ((MAIL, [0, 0]), (SIX, [0, 0]), (FEW, [0, 1]), (EVERYBODY, [0, 1])):
        place, seen = world(), memoryview(bytearray(2))
        place.ask("www.open.example", host=host)
        canary: Canary = place.forwarder.canary(candidate, seen)
        while canary.look(place.now):
            pass
        assert seen.tolist() == marks


# --- each view against a resolver that has nothing else ----------------------------------------------------

NAMES = ("a.example", "www.a.example", "b.example", "x.b.example", "to-a.example", "to-b.example", "mail.example")
_ZONE = {
    "to-a.example.": "an to-a.example. 60 CNAME www.a.example.",
    "to-b.example.": "an to-b.example. 60 CNAME x.b.example.",
}


def zone(query: dns.message.Message) -> dns.message.Message | bytes | None:
    """Aliases into both domains, a mail host with an address beside it, names that do not exist."""
    name, rtype = query.question[0].name.to_text().lower(), dns.rdatatype.to_text(query.question[0].rdtype)
    lines = [_ZONE[name]] if name in _ZONE else []
    owner = lines[0].rsplit(" ", 1)[1] if lines else name
    if rtype == "A":
        lines.append(f"an {owner} 60 A 192.0.2.9")
    elif rtype == "HTTPS":
        lines.append(f"an {owner} 60 HTTPS 1 www.a.example.")
    elif rtype == "MX":
        lines += [f"an {owner} 60 MX 10 x.b.example.", "ar x.b.example. 60 A 192.0.2.8"]
    else:
        lines += ["nxdomain", f"ns {owner} 60 SOA . . 1 3600 600 86400 60"]
    return records(*lines)(query)


def shown(answer: bytes | None) -> tuple[object, ...]:
    """All of an answer but its id and the TTLs: names may have been fetched earlier, for others."""
    assert answer is not None
    message = dns.message.from_wire(answer)
    lines = [" ".join(part for at, part in enumerate(line.split(" ")) if at != 2) for line in text(message)]
    return message.rcode(), message.flags, sorted(lines), ede(message)


_SUBSETS = st.sets(st.sampled_from(NAMES), max_size=3).map(sorted)
_IMAGES = st.tuples(
    st.builds(lambda domains, exempt: image_of(domains, exempt=exempt, list_id="one"), _SUBSETS, _SUBSETS),
    st.builds(lambda domains, exempt: image_of(domains, exempt=exempt, list_id="two"), _SUBSETS, _SUBSETS),
)
_QUESTIONS = st.tuples(
    st.sampled_from(sorted(POLICIES)),
    st.sampled_from(NAMES),
    st.sampled_from(["A", "HTTPS", "MX", "TXT", "DS"]),
    st.sampled_from(["RD", "RD", "RD CD", ""]),
    st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(POLICIES)), st.lists(_IMAGES, min_size=1, max_size=2), st.lists(_QUESTIONS, max_size=10))
def test_every_answer_is_that_of_a_resolver_with_the_views_lists_alone(
    mine: str, indexes: list[tuple[ListImage, ListImage]], questions: list[tuple[str, str, str, str, bool]]
) -> None:
    """For arbitrary lists, exemptions and questions, among those of others, through changes of the lists."""
    policy = POLICIES[mine]
    shared, alone = world(zone), world(zone, config=evolve(BASE, lists=policy))
    for generation, images in enumerate(indexes, 2):
        shared.forwarder.set_index(index_with(*images), generation)
        own = (image for image in images if image.list_id in {each.list_id for each in policy})
        alone.forwarder.set_index(index_with(*own), generation)
        for host, name, rtype, flags, do in questions * 2:
            data = question(name, rtype, flags, do=do)
            shared.raw(data, host)
            assert shown(shared.raw(data, mine)) == shown(alone.raw(data, mine)), (mine, name, rtype)


@pytest.mark.parametrize("host", sorted(POLICIES))
def test_the_oracle_tells_views_apart(host: str) -> None:
    """The comparison above can fail: the resolver without views answers one view's question otherwise."""
    lists = index_with(
        image_of(["blk.example", "two.example"], list_id="one"), image_of(["two.example"], list_id="two")
    )
    own, other = world(zone, lists), world(zone, lists, BASE)
    names = ("blk.example", "two.example")
    differs = any(shown(own.raw(question(name), host)) != shown(other.raw(question(name), host)) for name in names)
    assert differs == (host not in (EVERYBODY, SIX))
