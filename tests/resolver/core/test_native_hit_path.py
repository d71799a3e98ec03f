"""The twin in C against the pure one: two worlds to which the same happens, and which nobody can tell apart."""

from __future__ import annotations

import sys
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import dns.edns
import dns.flags
import dns.message
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

import native
from blocklist.compiling import compile_index
from blocklist.index import Index
from blocklist.token_table import PureTokenTable
from resolver.core.access import packed_address
from resolver.core.cache import Entry
from resolver.core.config import CoreConfig, ListPolicy, RateRule, ViewConfig
from resolver.core.limits import Limits
from resolver.core.newcomers import Newcomers
from resolver.core.rate_limit import Rate
from tests.resolver.core.conftest import NEEDS_NATIVE
from tests.resolver.core.world import CONFIG, Reply, World, bogus, image_of, index_with, records

pytestmark = NEEDS_NATIVE

HOSTS = ("127.0.0.1", "127.0.0.2", "10.1.2.3", "fd00::1", "fd00:0:0:ff::2", "::1", "198.51.100.7", "::ffff:10.1.2.3")
HTTPS_BELOW = "_8443._https.blk.example"
NAMES = (
    *(f"n{number}.example" for number in range(8)),
    *("www.blk.example", "ex.blk.example", "exact.example", "all.example", "new.example", "t.example", HTTPS_BELOW),
    *("localhost", "1.0.0.10.in-addr.arpa", ".", f"{'x' * 63}.{'y' * 63}.{'z' * 63}.{'w' * 53}.example"),
)
TYPES = ("A", "AAAA", "HTTPS", "MX", "DS", "ANY", "SOA")
FLAGS = ("RD", "RD AD", "RD CD", "", "RD AA TC")
SOA = "ns example. 40 SOA ns.example. mail.example. 1 2 3 4 40"
WEATHER: dict[str, Callable[[str], Reply]] = {
    "address": lambda name: records(f"an {name} 300 A 192.0.2.9", "ad"),
    "minute": lambda name: records(f"an {name} 60 A 192.0.2.8", f"an {name} 20 A 192.0.2.9"),
    "seconds": lambda name: records(f"an {name} 3 A 192.0.2.9"),
    "nothing to keep": lambda name: records(f"an {name} 0 A 192.0.2.9"),
    "no such name": lambda _: records("nxdomain", SOA),
    "no data": lambda _: records(SOA),
    "alias": lambda name: records(f"an {name} 60 CNAME cdn.example.", "an cdn.example. 90 A 192.0.2.9"),
    "listed alias": lambda name: records(f"an {name} 60 CNAME www.blk.example.", "an www.blk.example. 9 A 192.0.2.9"),
    "new alias": lambda name: records(f"an {name} 60 CNAME new.example.", "an new.example. 9 A 192.0.2.9"),
    "mail": lambda name: records(f"an {name} 300 MX 1 www.blk.example.", "ar www.blk.example. 300 A 192.0.2.9"),
    "long": lambda name: records(*(f"an {name} 300 TXT {'x' * 200}{number}" for number in range(5))),
    "failure": lambda _: records("servfail"),
    "bogus": lambda _: bogus(6),
    "silence": lambda _: lambda _: None,
}  # fmt: skip
DEMO, TWO = CONFIG.lists[0], ListPolicy("two", bytes([192, 0, 2, 2]), ede=16)
SOME_LISTED: dict[str, Any] = {"exempt": ["ex.blk.example"], "all_types": ["all.example"], "test": ["t.example"]}
LISTS = (
    index_with(image_of(["blk.example"], ["exact.example"], fresh=["new.example"], **SOME_LISTED)),
    index_with(image_of(["n1.example"], fresh=["new.example", "n0.example"]), image_of(["n2.example"], list_id="two")),
    index_with(
        image_of(exempt=["n3.example"]), image_of(fresh=["n0.example", "n3.example", "blk.example"], list_id="two")
    ),
    index_with(image_of(["blk.example", "n4.example"], days=1)),
    Index.empty(),
)
BASE = evolve(CONFIG, lists=(DEMO, TWO), nsid="ns1", allow=(*CONFIG.allow, ip_network("10.0.0.0/8")))
SMALL = evolve(BASE, cache_bytes=16_000)
LIMITED = RateRule(Rate(2, 7), exempt=(ip_network("127.0.0.1/32"),))
VIEWS = (
    ViewConfig((ip_network("127.0.0.2/32"),), frozenset(), (TWO,)),
    ViewConfig((ip_network("fd00::/56"),), frozenset(), (evolve(DEMO, notice_v4=bytes(4)), TWO)),
    ViewConfig((), frozenset({"192.0.2.9:53"}), ()),
)
CONFIGS = (
    BASE,
    SMALL,
    evolve(SMALL, views=VIEWS, limits=Limits(hosts_max=3)),
    evolve(BASE, rate_limit=LIMITED, limits=Limits(rate_step=3, hosts_max=3, prefixes_max=3), views=VIEWS),
    evolve(BASE, relay=True, rate_limit=LIMITED),
    evolve(BASE, cache_enabled=False),
    evolve(BASE, prefetch=False, stale=0, answer_mode="dns-only", min_ttl=10),
    evolve(BASE, max_ttl=30, limits=Limits(prefetch_uses=1)),
)
SECRETS = (b"0123456789abcdef", bytes(16))
SERVER = bytes(range(16))
OPTIONS: tuple[tuple[dns.edns.Option, ...], ...] = (
    (),
    (dns.edns.CookieOption(b"8 bytes.", b""),),
    (dns.edns.CookieOption(b"8 bytes.", SERVER),),
    (dns.edns.GenericOption(10, b"short"),),
    (dns.edns.GenericOption(12, bytes(20)),),
    (dns.edns.NSIDOption(b""), dns.edns.CookieOption(b"8 bytes.", b"")),
)
Change = Callable[[bytearray], object]
CHANGES: tuple[Change, ...] = (
    lambda wire: wire.extend(b"\0"),
    lambda wire: wire.pop(),
    lambda wire: wire.__setitem__(2, wire[2] | 0x80),
    lambda wire: wire.__setitem__(2, wire[2] | 0x10),
    lambda wire: wire.__setitem__(5, 2),
    lambda wire: wire.__setitem__(7, 1),
    lambda wire: wire.__setitem__(11, 2),
    lambda wire: wire.__setitem__(12, 0xC0),
    lambda wire: wire.__setitem__(12, 64),
    lambda wire: wire.__setitem__(len(wire) - 1, 1),
    lambda wire: wire.__delitem__(slice(11, None)),
)


class Pair:
    """A pure world and one with C, and one weather over both."""

    def __init__(self, config: CoreConfig) -> None:
        self.weather: dict[str, str] = {}
        self.generation = 1
        self.hits = 0
        self.peers = 0
        self.marks: list[memoryview] = []
        self.worlds = [World(self.upstream, config, LISTS[0], module=module) for module in (None, native.MODULE)]
        assert [world.forwarder.hit_path.kind for world in self.worlds] == ["pure", "native"]

    def upstream(self, query: dns.message.Message) -> dns.message.Message | bytes | None:
        name = query.question[0].name.to_text()
        return WEATHER[self.weather.get(name.lower(), "address")](name)(query)

    def enforce(self, index: Index, *, watched: bool) -> None:
        self.generation += 1
        counts, self.marks = index.fresh_counts, []
        for world in self.worlds:
            if watched:
                memory = memoryview(bytearray(Newcomers.size(counts, 2)))
                self.marks.append(memory)
                world.forwarder.set_index(index, self.generation, Newcomers(memory, counts).marker(1))
            else:
                world.forwarder.set_index(index, self.generation)

    def stop_watching(self) -> None:
        """An answer that was watched is a key in C until Python has looked at it once more, which is done here."""
        for world in self.worlds:
            world.forwarder.stop_marking()
            for key, entry in world.forwarder._resolution.cache._shelf.things.items():
                if isinstance(entry, Entry) and entry.fresh is not None:
                    world.forwarder.hit_path.put(key, entry)

    def send(self, packet: bytes, host: str, transport: int, place: str, *, pumps: bool = True) -> bytes | None:
        """One packet to both; what was said at once or now."""
        self.peers += 1
        address, before = packed_address(host), [bytes(each) for each in self.marks]
        at_once: list[bytes | None] = []
        for world in self.worlds:
            forwarder, door = world.forwarder, world.door(transport, place)
            hit = forwarder.hit_path.answer(packet, address, door, world.now)
            at_once.append(hit)
            answer = forwarder.receive_missed(packet, address, door, self.peers, world.now) if hit is None else hit
            if answer:
                world.late.setdefault(self.peers, []).append(answer)
        if pumps:
            self.pump()
        pure, ours = at_once
        self.hits += bool(ours)
        if pure is not None and self.is_for_c(packet, pure) and before == [bytes(each) for each in self.marks]:
            assert ours is not None
        return next(iter(self.worlds[1].late.get(self.peers, [])), None)

    def is_for_c(self, packet: bytes, answer: bytes) -> bool:
        """Whether C has to know what the pure twin knows: not what has to be cut, nor service names."""
        return not answer[2] & 2 and packet[13:14] != b"_"

    def pump(self) -> None:
        for world in self.worlds:
            world.pump()

    def pass_time(self, seconds: float) -> None:
        for world in self.worlds:
            world.pass_time(seconds)

    def compare(self) -> None:
        pure, ours = self.worlds
        assert pure.late == ours.late
        assert [query.data for query in pure.sent] == [query.data for query in ours.sent]
        assert pure.closed == ours.closed
        assert pure.counters.cells.tobytes() == ours.counters.cells.tobytes()
        assert len({bytes(memory) for memory in self.marks}) < 2
        assert pure.forwarder.next_deadline() == ours.forwarder.next_deadline()
        assert shelf(pure) == shelf(ours)
        assert len(ours.forwarder.hit_path) <= len(shelf(ours))  # type: ignore[arg-type]
        for world in self.worlds:
            for each in (world.late, world.sent, world.closed):
                each.clear()


def shelf(world: World) -> list[tuple[bytes, int, bool, int]]:
    """What is kept but verdicts, in order, with what it is judged by."""
    kept = world.forwarder._resolution.cache._shelf
    for key, entry in kept.things.items():
        world.forwarder.hit_path.count_uses(key, entry)
    order = (*kept._small, *kept._main)
    return [(key, kept.things[key].uses, kept.things[key].in_main, kept.things[key].cost) for key in order]


def packet_of(name: str, rtype: str, flags: str, edns: tuple[bool, int] | None, options: int) -> bytes:
    """A query; EDNS with DO and a size, or none."""
    query = dns.message.make_query(name, rtype, id=4711)
    query.flags = dns.flags.from_text(flags)
    if edns is not None:
        query.use_edns(0, dns.flags.DO if edns[0] else 0, edns[1], options=list(OPTIONS[options]))
    return query.to_wire()


EDNS = (None, (False, 1232), (True, 1232), (False, 512), (True, 4096), (False, 0))
LIKELY = st.builds(
    packet_of,
    st.sampled_from(["n0.example", "N1.example", "n1.example", "www.blk.example", "new.example"]),
    st.sampled_from(["A", "A", "AAAA"]),
    st.just("RD"),
    st.sampled_from(EDNS[:3]),
    st.sampled_from([0, 0, 0, 1]),
)
UNLIKELY = st.builds(
    packet_of,
    st.sampled_from(NAMES),
    st.sampled_from(TYPES),
    st.sampled_from(FLAGS),
    st.sampled_from(EDNS),
    st.integers(0, len(OPTIONS) - 1),
)
PACKETS = LIKELY | LIKELY | UNLIKELY
PLACES = st.sampled_from(["127.0.0.1:53", "127.0.0.1:53", "192.0.2.9:53"])
TRANSPORTS = st.sampled_from([0, 0, 0, 1, 2, 3])
SENDERS = st.sampled_from(HOSTS[:2]) | st.sampled_from(HOSTS)


KINDS = st.sampled_from(["address", "new alias"]) | st.sampled_from(sorted(WEATHER))
SECONDS = st.sampled_from([0.125, 0.5, 1, 1.875, 3]) | st.sampled_from([9.5, 19, 30, 38, 61, 275, 300, 700, 90_000])
Event = str | float | tuple[Index, bool]
EVENTS: st.SearchStrategy[Event] = KINDS | SECONDS | SECONDS | st.tuples(st.sampled_from(LISTS), st.booleans())


class Twins(RuleBasedStateMachine):
    """Everything that can happen to a core, twice."""

    @initialize(config=st.integers(0, len(CONFIGS) - 1), secrets=st.booleans())
    def begin(self, config: int, secrets: bool) -> None:
        self.pair = Pair(CONFIGS[config])
        self.pair.enforce(LISTS[0], watched=True)
        if secrets:
            self.renew(1)

    @rule(packet=PACKETS, host=SENDERS, transport=TRANSPORTS, place=PLACES, times=st.integers(1, 4))
    def ask(self, packet: bytes, host: str, transport: int, place: str, times: int) -> None:
        for _ in range(times):
            self.pair.send(packet, host, transport, place)

    @rule(packets=st.lists(PACKETS, min_size=1, max_size=4), host=st.sampled_from(HOSTS[:4]))
    def ask_together(self, packets: list[bytes], host: str) -> None:
        for packet in (*packets, *packets):
            self.pair.send(packet, host, 0, "127.0.0.1:53", pumps=False)
        self.pair.pump()

    @rule(packet=LIKELY, host=SENDERS, weather=KINDS, events=st.lists(EVENTS, min_size=1, max_size=4))
    def ask_again_and_again(self, packet: bytes, host: str, weather: str, events: list[Event]) -> None:
        """One question before and after what may change its answer."""
        name = dns.message.from_wire(packet).question[0].name.to_text().lower()
        self.pair.weather[name] = weather
        for event in events:
            self.ask(packet, host, 0, "127.0.0.1:53", 2)
            if isinstance(event, str):
                self.pair.weather[name] = event
            elif isinstance(event, tuple):
                self.pair.enforce(event[0], watched=event[1])
            else:
                self.pair.pass_time(event)
        self.ask(packet, host, 0, "127.0.0.1:53", 2)

    @rule(packet=PACKETS, change=st.sampled_from(CHANGES), host=st.sampled_from(HOSTS[:2]), transport=TRANSPORTS)
    def ask_what_is_broken(self, packet: bytes, change: Change, host: str, transport: int) -> None:
        wire = bytearray(packet)
        change(wire)
        self.pair.send(bytes(wire), host, transport, "127.0.0.1:53")

    @rule(first=st.integers(0, 100))
    def ask_for_many(self, first: int) -> None:
        for number in range(first, first + 12):
            self.pair.send(packet_of(f"m{number}.example", "A", "RD", None, 0), HOSTS[0], 0, "127.0.0.1:53")

    @rule(packet=PACKETS, host=SENDERS, times=st.integers(5, 25))
    def flood(self, packet: bytes, host: str, times: int) -> None:
        for _ in range(times):
            self.pair.send(packet, host, 0, "127.0.0.1:53", pumps=False)
        self.pair.pump()

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.pair.pass_time(seconds)

    @rule(name=st.sampled_from(NAMES), weather=st.sampled_from(sorted(WEATHER)))
    def change_the_weather(self, name: str, weather: str) -> None:
        self.pair.weather[name.rstrip(".") + "."] = weather

    @rule(weather=st.sampled_from(["address", "seconds", "failure", "silence", "listed alias"]))
    def change_all_weather(self, weather: str) -> None:
        self.pair.weather = {name.rstrip(".") + ".": weather for name in NAMES}

    @rule(index=st.sampled_from(LISTS), watched=st.booleans())
    def enforce(self, index: Index, watched: bool) -> None:
        self.pair.enforce(index, watched=watched)

    @rule()
    def stop_watching(self) -> None:
        self.pair.stop_watching()

    @rule(count=st.integers(0, 2))
    def renew(self, count: int) -> None:
        for world in self.pair.worlds:
            world.forwarder.use_cookie_secrets(SECRETS[:count])

    @invariant()
    def nobody_can_tell_them_apart(self) -> None:
        if hasattr(self, "pair"):
            self.pair.compare()


@pytest.mark.timeout(600)
def test_nobody_can_tell_the_twins_apart() -> None:
    """Bytes, counters, marks, what upstreams are asked, deadlines, what is kept and why: the same at every step."""
    run_state_machine_as_test(Twins, settings=settings(max_examples=40, stateful_step_count=50, deadline=None))


# --- what C must answer by itself -------------------------------------------------------------------------


def native_world(config: CoreConfig = BASE, weather: str = "address") -> World:
    """One that has met its client, and keeps n0.example."""
    world = World(lambda query: WEATHER[weather](query.question[0].name.to_text())(query), config, LISTS[0])
    world.forwarder.use_cookie_secrets(SECRETS[:1])
    for edns in (False, True):
        for do in (False, True) if edns else (False,):
            world.ask("n0.example", edns=edns, do=do)
    return world


@pytest.fixture(scope="module")
def busy() -> World:
    """One for many questions."""
    return native_world()


def hit(world: World, packet: bytes, transport: int = 0) -> bytes | None:
    return world.forwarder.hit_path.answer(packet, packed_address(HOSTS[0]), world.door(transport), world.now)


@pytest.mark.parametrize("transport", range(4))
@pytest.mark.parametrize("options", [0, 1, 2])
@pytest.mark.parametrize("edns", [None, (False, 1232), (True, 4096)])
@pytest.mark.parametrize(
    ("name", "rtype"),
    [("N0.example", "A"), ("www.BLK.example", "A"), ("all.example", "MX"), ("t.example", "AAAA"), ("new.example", "A")],
)
def test_kept_and_listed_questions_never_come_to_python(
    busy: World, name: str, rtype: str, edns: tuple[bool, int] | None, options: int, transport: int
) -> None:
    """Listed ones from the first time on; with EDNS, DO and cookies, by every way in."""
    packet = packet_of(name, rtype, "RD", edns, options)
    answer = hit(busy, packet, transport)
    assert answer is not None
    assert answer == busy.forwarder.receive_missed(packet, packed_address(HOSTS[0]), busy.door(transport), 0, busy.now)


def test_a_new_list_costs_an_answer_that_it_cannot_change_nothing() -> None:
    """It is stamped where it stands; what a list could change otherwise is decided in Python, once."""
    for weather, stands in (("address", True), ("alias", False), ("mail", False), ("failure", False)):
        world = native_world(weather=weather)
        packet = packet_of("n0.example", "A", "RD", None, 0)
        assert hit(world, packet) is not None
        world.forwarder.set_index(LISTS[3], 2)
        assert (hit(world, packet) is not None) is stands
        world.raw(packet)
        assert hit(world, packet) is not None or weather == "failure"
        world.forwarder.set_index(LISTS[1], 3)
        assert hit(world, packet) is not None, "n0.example is listed"


def test_near_its_end_an_answer_is_looked_at_each_second() -> None:
    """Whether to ask early is Python's to say; all others of that second are answered without it."""
    world = native_world(evolve(BASE, limits=Limits(prefetch_uses=9)))
    packet = packet_of("n0.example", "A", "RD", None, 0)
    world.pass_time(265)
    missed = []
    for _ in range(4 * 30):
        missed.append(hit(world, packet) is None)
        world.raw(packet)
        world.pass_time(0.25)
    assert not any(missed[: 4 * 5])
    assert missed[4 * 5 :] == [True, False, False, False] * 25


def test_with_a_cookie_it_is_asked_early_when_it_would_be_without() -> None:
    """The pure twin answers cookies in its slow path and C by itself: both look once a second whether to ask early."""
    pair = Pair(BASE)
    pair.enforce(LISTS[0], watched=False)
    for world in pair.worlds:
        world.forwarder.use_cookie_secrets(SECRETS[:1])
    packet = packet_of("n0.example", "A", "RD", (True, 1232), 1)
    for seconds in (0, 280, 0, 0, 1, 0):
        pair.pass_time(seconds)
        pair.send(packet, HOSTS[0], 0, "127.0.0.1:53")
        pair.compare()


def test_a_flood_ends_in_c() -> None:
    """Every other query is sent to TCP, the others are dropped, and nobody in Python hears of it."""
    world = native_world(evolve(BASE, rate_limit=RateRule(Rate(1, 5)), limits=Limits(rate_step=1)))
    packet = packet_of("n0.example", "A", "RD", None, 0)
    answers = [hit(world, packet) for _ in range(12)]
    assert None not in answers
    said = [answer[2] & 2 if answer else None for answer in answers[-8:] if answer is not None]
    assert said in ([2, None] * 4, [None, 2] * 4)
    assert hit(world, packet_of("n0.example", "A", "RD", (False, 1232), 2)) is None, "a cookie may prove the address"


def test_who_is_forgotten_is_let_go_in_c() -> None:
    """By its address and with its record: nothing of a client outlives the table in Python."""
    world = native_world()
    packet, clients = packet_of("n0.example", "A", "RD", None, 0), world.door().clients
    record = next(iter(clients.values())).record  # type: ignore[attr-defined]
    holders = sys.getrefcount(record)
    assert hit(world, packet) is not None
    world.pass_time(2 * BASE.limits.forget_seconds)
    assert not clients and hit(world, packet) is None
    assert sys.getrefcount(record) == holders - 2, "the table in C and the client in Python"


def test_what_c_cannot_look_into_is_refused() -> None:
    """An index of pure tables, and a mark that does not say where it marks."""
    world = native_world()
    with pytest.raises(TypeError, match="pure tables"):
        world.forwarder.set_index(
            Index(compile_index([image_of(["blk.example"])], clock_offset=0.0), PureTokenTable), 2
        )
    with pytest.raises(TypeError, match="where it marks"):
        world.forwarder.set_index(LISTS[0], 2, lambda _: None)


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from([0.0, 1.0, 100.0])), max_size=60))
@settings(max_examples=20)
def test_c_holds_nothing_that_is_not_kept(steps: list[tuple[int, float]]) -> None:
    """Under pressure, with time: what left the shelf is gone from C too."""
    world = native_world(evolve(SMALL, cache_bytes=9_000), "seconds")
    kept = world.forwarder._resolution.cache._shelf.things
    for number, seconds in steps:
        world.raw(packet_of(f"m{number}.example", "A", "RD", None, 0))
        world.pass_time(seconds)
        assert len(world.forwarder.hit_path) == len(kept)  # type: ignore[arg-type]


def test_an_old_answer_too_large_for_c_is_known_there_as_kept() -> None:
    """Else nothing would seem to be kept of its question, which would fly while an old answer stands in for it."""
    replies = [records(*(f"an big.example. 5 TXT {'x' * 250}{number}" for number in range(20))), records("servfail")]
    world = World(lambda query: replies[0](query), BASE, LISTS[0])
    kept = world.forwarder._resolution.cache._shelf.things
    packet = packet_of("big.example", "TXT", "RD", None, 0)
    for seconds in (0, 6, 0.125):
        world.pass_time(seconds)
        assert world.raw(packet, transport=1)
        assert len(kept) == len(world.forwarder.hit_path) == 1  # type: ignore[arg-type]
        del replies[:-1]
    assert next(iter(kept.values())).failing is not None
