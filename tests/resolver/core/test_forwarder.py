"""The forwarder as a whole: joining, shedding, sizes, booking, strangers' bytes."""

from __future__ import annotations

from collections.abc import Callable

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from blocklist.compiling import compile_index
from blocklist.index import Index, Match
from blocklist.names import to_wire
from resolver.core.config import CoreConfig, RateRule, UpstreamConfig
from resolver.core.limits import Limits
from resolver.core.newcomers import Newcomers
from resolver.core.rate_limit import Rate
from tests.resolver.core.world import CLIENT, CONFIG, N4, World, ede, index_of, parsed, question, records, text

pytestmark = pytest.mark.usefixtures("twin")

REAL = "an ok.example. 60 A 192.0.2.77"
NO_CACHE = evolve(CONFIG, cache_enabled=False)


def waiting(world: World, *wires: bytes, transport: int = 0) -> list[object]:
    """Send queries that cannot be answered at once; their peers."""
    peers = [object() for _ in wires]
    for peer, wire in zip(peers, wires, strict=True):
        assert world.forwarder.receive_query(wire, CLIENT, world.door(transport), peer, world.now) is None
    return peers


def test_identical_questions_in_flight_are_asked_once() -> None:
    """Each client gets its own id and case back from the one upstream query."""
    world = World(records(REAL))
    wires = [question(name) for name in ("ok.example", "OK.example", "ok.EXAMPLE")]
    peers = waiting(world, *wires)
    assert world.numbers.pending == 1
    world.pump()
    assert len(world.sent) == 1
    for peer, wire in zip(peers, wires, strict=True):
        (data,) = world.late[peer]
        assert data[:2] == wire[:2]
        assert data[12:28] == wire[12:28]
    assert world.numbers.pending == 0
    assert (world.numbers.cache_misses, world.numbers.answers["NOERROR"]) == (3, 3)


@pytest.mark.parametrize(("flags", "do"), [("RD CD", False), ("RD", True), ("RD CD", True)])
def test_do_and_cd_are_asked_apart_and_passed_on(flags: str, do: bool) -> None:
    """Another DO or CD is another question; RD=1 always; no client option goes upstream."""
    world = World(records(REAL))
    world.ask("ok.example")
    world.ask("ok.example", flags=flags, do=do)
    first, second = (dns.message.from_wire(query.data) for query in world.sent)
    assert dns.flags.to_text(first.flags) == "RD AD"
    assert bool(second.flags & dns.flags.CD) is ("CD" in flags)
    assert bool(second.ednsflags & dns.flags.DO) is do
    assert second.payload == 1232
    assert not second.options


def test_opt_is_made_anew_on_each_side() -> None:
    """A client cookie stops here, the upstream's options but EDE too; ours says 1232."""

    def with_options(query: dns.message.Message) -> dns.message.Message:
        response = records(REAL)(query)
        assert isinstance(response, dns.message.Message)
        response.use_edns(
            0,
            options=[
                dns.edns.NSIDOption(b"secret"),
                dns.edns.EDEOption(9, "x"),
                dns.edns.CookieOption(b"12345678", b""),
            ],
        )
        return response

    world = World(with_options)
    query = dns.message.make_query("ok.example", "A", use_edns=0, options=[dns.edns.CookieOption(b"abcdefgh", b"")])
    for _ in range(2):
        wire = world.raw(query.to_wire())
        assert wire is not None
        answer = dns.message.from_wire(wire)
        assert [option.to_text() for option in answer.options] == ["EDE 9 (DNSKEY Missing): x"]
        assert answer.payload == 1232
    assert b"abcdefgh" not in world.sent[0].data


@pytest.mark.parametrize(("payload", "cut"), [(None, True), (512, True), (900, True), (1232, False), (4096, False)])
def test_an_answer_larger_than_the_client_takes_is_truncated(payload: int | None, cut: bool) -> None:
    """TC, no records; over TCP the whole; on a miss and on a hit."""
    world = World(records(*(f"an ok.example. 60 TXT {'x' * 100}{number}" for number in range(9))))
    query = dns.message.make_query("ok.example", "TXT", use_edns=0 if payload else False, payload=payload or 0)
    for _ in range(2):
        wire = world.raw(query.to_wire())
        assert wire is not None
        answer = dns.message.from_wire(wire)
        assert bool(answer.flags & dns.flags.TC) is cut
        assert bool(answer.answer) is not cut
        assert (answer.edns == 0) is (payload is not None)
    whole = world.raw(query.to_wire(), transport=1)
    assert whole is not None
    assert len(dns.message.from_wire(whole).answer[0]) == 9


def test_ttls_count_down_and_the_entry_ends() -> None:
    """60, 59, … then a new question; with less than a second passed the TTL stands."""
    world = World(
        records("an ok.example. 60 A 192.0.2.77", "ns example. 90 NS ns.example.", "ar ns.example. 70 A 192.0.2.5")
    )
    assert [line.split()[2] for line in text(world.ask("ok.example"))] == ["60", "90", "70"]
    world.pass_time(0.5)
    assert [line.split()[2] for line in text(world.ask("ok.example"))] == ["60", "90", "70"]
    world.pass_time(40)
    assert [line.split()[2] for line in text(world.ask("ok.example"))] == ["20", "50", "30"]
    assert len(world.sent) == 1
    world.pass_time(20)
    assert [line.split()[2] for line in text(world.ask("ok.example"))] == ["60", "90", "70"]
    assert len(world.sent) == 2


def test_with_the_cache_off_every_question_is_asked() -> None:
    """Cache off, and relay mode: one upstream query each, failures too."""
    for config in (NO_CACHE, evolve(CONFIG, relay=True)):
        world = World(records(REAL), config=config)
        for _ in range(3):
            assert text(world.ask("ok.example")) == ["an ok.example. 60 IN A 192.0.2.77"]
            assert text(world.ask("blk.example")) == [f"an blk.example. 30 IN A {N4}"]
        assert len(world.sent) == 3


def test_a_full_table_sheds_the_oldest_question() -> None:
    """The oldest is answered SERVFAIL, its attempt closed; nothing of it is kept as a failure."""
    config = evolve(CONFIG, limits=Limits(pending_max=2))
    world = World(lambda _: None, config=config)
    first, *others = waiting(world, question("a.example"), question("b.example"), question("c.example"))
    world.pump()
    assert dns.message.from_wire(world.late[first][0]).rcode() == dns.rcode.SERVFAIL
    assert not any(peer in world.late for peer in others)
    assert world.closed == [world.sent[0].attempt]
    assert world.numbers.pending == 2


def test_a_crowded_question_sheds_its_oldest_client() -> None:
    """At most so many clients wait for one answer."""
    world = World(lambda _: None, config=evolve(CONFIG, limits=Limits(waiters_max=2)))
    first, *_ = waiting(world, *[question("a.example")] * 3)
    world.pump()
    assert list(world.late) == [first]


def test_strangers_are_refused() -> None:
    """Outside the allowed prefixes: REFUSED, listed or not; IPv4-mapped and scoped addresses are read.

    Over UDP, where the address may be forged, the answer is no larger than the query; over TCP it brings EDE 18.
    """
    world = World(records(REAL))
    for name in ("ok.example", "blk.example"):
        answer = world.ask(name, host="198.51.100.7", transport=1)
        assert answer.rcode() == dns.rcode.REFUSED
        assert ede(answer) == [18]
        refused = world.raw(question(name), "198.51.100.7")
        assert refused is not None
        assert dns.message.from_wire(refused).rcode() == dns.rcode.REFUSED
        assert len(refused) == len(question(name))
    for host in ("::ffff:127.0.0.1", "fe80::1%eth0", "::1"):
        assert world.ask("ok.example", host=host).rcode() == dns.rcode.NOERROR


def test_a_blocked_query_is_booked_exactly_as_a_cached_one() -> None:
    """Swapping cached names for listed ones, or for freshly listed ones, leaves every operational number the same."""
    books = []
    index = index_of(["blk.example"], fresh=["new.example"])
    for name in ("ok.example", "blk.example", "_x.blk.example", "new.example"):
        world = World(records(REAL), index=index)
        memory = memoryview(bytearray(Newcomers.size(index.fresh_counts, 1)))
        world.forwarder.set_index(index, 2, Newcomers(memory, index.fresh_counts).marker(0))
        world.ask("ok.example")
        for step in range(5):
            world.ask(name if name != "_x.blk.example" else f"n{step}.blk.example")
            world.ask(name, transport=1)
            world.pass_time(0.1)
        books.append(evolve(world.numbers, blocks=()))
        assert any(memory) is (name == "new.example")
    assert books[0] == books[1] == books[2] == books[3]
    assert books[0].latency_sum_us == 10 * 10


@pytest.mark.parametrize("config", [NO_CACHE, evolve(CONFIG, relay=True)])
def test_without_a_cache_no_operational_number_knows_of_blocked_queries(config: CoreConfig) -> None:
    """Every hit would be one: they are left out everywhere but in the block events."""
    world = World(records(REAL), config=config)
    world.ask("ok.example")
    before = world.numbers
    for flags in ("RD", ""):
        world.ask("blk.example", flags=flags)
        world.ask("blk.example", flags=flags, transport=1)
    assert world.numbers.blocks == (4,)
    assert evolve(world.numbers, blocks=(0,)) == before


def test_only_a_queries_of_real_entries_are_block_events() -> None:
    """A, hit or miss, direct or by alias, for its list; not AAAA, not HTTPS, not self-test names, not exempt ones."""
    world = World(
        records(REAL, "an al.example. 60 CNAME blk.example."), index=index_of(["blk.example"], test=["t.example"])
    )
    for rtype in ("A", "AAAA", "HTTPS", "MX"):
        world.ask("blk.example", rtype)
        world.ask("t.example", rtype)
    assert world.numbers.blocks == (1,)
    for _ in range(3):
        world.ask("al.example")
    world.ask("blk.example")
    world.ask("blk.example", flags="")
    assert world.numbers.blocks == (6,)


def test_joined_clients_of_a_blocked_alias_are_one_event_each() -> None:
    """Two clients, one upstream query, two events; both booked as the misses they were."""
    world = World(records("an al.example. 60 CNAME blk.example."))
    waiting(world, question("al.example"), question("al.example"))
    world.pump()
    assert (world.numbers.blocks, world.numbers.cache_misses) == ((2,), 2)


def test_an_unconfigured_list_blocks_without_a_counter() -> None:
    """A list in the index that the configuration does not know is enforced as NODATA."""
    world = World(index=index_of(["blk.example"], list_id="other"))
    answer = world.ask("blk.example")
    assert not answer.answer
    assert ede(answer) == [15]
    assert world.numbers.blocks == (0,)


def test_a_refused_upstream_is_no_end() -> None:
    """REFUSED from one, an answer from the other; both refuse: SERVFAIL + EDE 23, kept for a while."""
    config = evolve(CONFIG, upstreams=(UpstreamConfig("one"), UpstreamConfig("two")))
    world = World(config=config)
    world.upstream = lambda query: records("refused" if len(world.sent) % 2 else REAL)(query)
    assert world.ask("ok.example").rcode() == dns.rcode.NOERROR
    world.upstream = records("refused")
    answer = world.ask("b.example")
    assert answer.rcode() == dns.rcode.SERVFAIL
    assert ede(answer) == [23]
    sent = len(world.sent)
    assert world.ask("b.example").rcode() == dns.rcode.SERVFAIL
    assert len(world.sent) == sent
    world.pass_time(6)
    world.ask("b.example")
    assert len(world.sent) > sent


def test_a_failure_does_not_outlive_the_list_it_was_asked_under() -> None:
    """Listed while no upstream answered: the next query gets the policy answer, not the kept failure."""
    world = World(lambda _: None, index=index_of(["other.example"]))
    waiting(world, question("late.example"))
    world.pass_time(1)
    world.forwarder.set_index(index_of(["late.example"]), 2)
    world.pass_time(2)
    assert text(world.ask("late.example")) == [f"an late.example. 30 IN A {N4}"]


class BrokenIndex(Index):
    """Fails on one name."""

    def match(self, wire: bytes, now: float) -> Match | None:
        if wire == to_wire("bug.example"):
            raise ZeroDivisionError
        return super().match(wire, now)


def test_a_fault_in_deciding_an_answer_frees_the_question() -> None:
    """Whatever goes wrong with one answer, the next client's query is asked again and does not wait for nobody."""
    world = World(records("an ok.example. 60 CNAME bug.example."), index=BrokenIndex(compile_index([], clock_offset=0)))
    with pytest.raises(ZeroDivisionError):
        world.ask("ok.example")
    assert world.numbers.pending == 0
    world.upstream = records(REAL)
    assert world.ask("ok.example").answer


@given(st.binary(max_size=120))
def test_any_bytes_are_answered_parseably_or_not_at_all(data: bytes) -> None:
    """Random bytes: never an exception, never an unparseable answer, never longer than a small error."""
    check_answer(World(records(REAL)), data)


@st.composite
def damaged_queries(draw: st.DrawFn) -> bytes:
    """A good query with some bytes changed, cut or added."""
    name = draw(st.sampled_from(["ok.example", "blk.example", "localhost", "a.b.c.d.e.onion", "."]))
    flags = draw(st.sampled_from(["RD", "", "RD CD"]))
    data = bytearray(question(name, draw(st.sampled_from(["A", "ANY", "HTTPS", "OPT"])), flags, do=draw(st.booleans())))
    for _ in range(draw(st.integers(0, 4))):
        data[draw(st.integers(2, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(
        data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data + draw(st.binary(max_size=12))
    )


@given(st.lists(damaged_queries(), max_size=6))
def test_damaged_queries_are_answered_parseably_or_not_at_all(datas: list[bytes]) -> None:
    """The same for nearly good ones, in a row against one forwarder, so that remembered forms are met."""
    world = World(records(REAL))
    for data in datas:
        check_answer(world, data)


def check_answer(world: World, data: bytes) -> None:
    answer = world.raw(data)
    if answer is not None:
        assert answer[:2] == data[:2]
        assert answer[2] & 0x80
        parsed(answer)


@given(st.binary(max_size=80), st.integers(0, 60))
def test_hostile_upstream_bytes_never_raise(noise: bytes, cut: int) -> None:
    """An answer cut somewhere and continued with noise is an answer or a failure, and always parseable."""

    def hostile(query: dns.message.Message) -> bytes:
        good = records(REAL, "ns example. 90 NS ns.example.")(query)
        assert isinstance(good, dns.message.Message)
        wire = good.to_wire()
        return wire[: max(12, len(wire) - cut)] + noise

    world = World(hostile)
    peer = object()
    wire = question("ok.example", edns=True)
    assert world.forwarder.receive_query(wire, CLIENT, world.door(), peer, world.now) is None
    world.pump()
    world.pass_time(3)
    dns.message.from_wire(world.late[peer][0])


def test_a_deadline_is_known_only_while_something_waits() -> None:
    """Nothing in flight and all upstreams up: only the client is to be forgotten, and then there is no deadline."""
    world = World(records(REAL))
    assert world.forwarder.next_deadline() is None
    world.ask("ok.example")
    world.pass_time(5)
    assert world.forwarder.next_deadline() == 1000.0 + CONFIG.limits.forget_seconds
    world.pass_time(2 * CONFIG.limits.forget_seconds)
    assert world.forwarder.next_deadline() is None


def test_every_answer_because_of_a_fresh_entry_is_marked() -> None:
    """First decisions and cached verdicts, of QNAME and of an alias, for all waiters; other answers never."""
    world = World(records("an www.shop.example. 60 CNAME cdn.new.example.", "an cdn.new.example. 60 A 192.0.2.9"))
    index = index_of(["blk.example"], fresh=["new.example", "next.example"], test=["selftest.example"])
    seen = watched(world, index, 2)
    for name, rtype in (("blk.example", "A"), ("selftest.example", "A"), ("new.example", "TXT")):
        world.ask(name, rtype)
    assert seen() == (0, 0)
    world.ask("www.new.example")
    world.ask("www.new.example", "AAAA")
    world.ask("www.new.example", flags="")
    world.ask("www.new.example")
    assert seen() == (1, 4)
    world.ask("www.shop.example")
    world.ask("www.shop.example")
    world.ask("next.example")
    assert seen() == (2, 7)
    world.forwarder.stop_marking()
    world.ask("next.example")
    world.ask("www.shop.example")
    assert seen() == (2, 7)


def test_an_entry_that_is_no_longer_fresh_is_no_longer_marked() -> None:
    """Another index decides anew, cached verdicts too."""
    world = World()
    seen = watched(world, index_of(fresh=["new.example"]), 2)
    world.ask("new.example")
    later = watched(world, index_of(["new.example"]), 3)
    world.ask("new.example")
    assert (seen(), later()) == ((1, 1), (0, 0))


def watched(world: World, index: Index, generation: int) -> Callable[[], tuple[int, int]]:
    """Put an index in force and watch its fresh entries: returns how many different ones were met, and how often."""
    counts = index.fresh_counts
    newcomers = Newcomers(memoryview(bytearray(Newcomers.size(counts, 1))), counts)
    world.forwarder.set_index(index, generation, newcomers.marker(0))

    def seen() -> tuple[int, int]:
        (one,) = newcomers.seen()
        return one.different, one.hits

    return seen


def test_over_the_limit_listed_names_are_booked_as_others() -> None:
    """Whatever the limit does with a query, no number tells whether its name is listed (secrecy.md 6)."""
    books = []
    for name in ("ok.example", "blk.example"):
        rule = RateRule(Rate(1, 5))
        world = World(records(REAL), config=evolve(CONFIG, rate_limit=rule, limits=Limits(rate_step=1)))
        world.ask("ok.example")
        for transport in (0, 1):
            for _ in range(40):
                world.raw(question(name), transport=transport)
        books.append(evolve(world.numbers, blocks=()))
    assert books[0] == books[1]
    assert books[0].rate_limited > 0
