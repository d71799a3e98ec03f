"""Old answers while nobody has newer ones (answers.md row 22, RFC 8767)."""

from __future__ import annotations

import dns.message
import dns.rcode
import pytest
from attrs import evolve

from resolver.core.config import UpstreamConfig
from resolver.core.limits import Limits
from tests.resolver.core.world import CLIENT, CONFIG, N4, World, bogus, ede, index_of, question, records, text

pytestmark = pytest.mark.usefixtures("twin")

REAL = "an ok.example. 60 A 192.0.2.77"
SOA = "ns example. 300 SOA ns.example. mail.example. 1 2 3 4 200"
TWO = evolve(CONFIG, upstreams=(UpstreamConfig("one"), UpstreamConfig("two")))


def silent(_: dns.message.Message) -> None:
    """An upstream that is not there."""


def late(world: World, name: str = "ok.example", rtype: str = "A", seconds: float = 3.0) -> dns.message.Message | None:
    """Ask and let time pass; the answer that came by then."""
    peer = object()
    answer = world.forwarder.receive_query(question(name, rtype), CLIENT, world.door(), peer, world.now)
    if answer is None:
        world.pump()
        world.pass_time(seconds)
        answer = next(iter(world.late.get(peer, [])), None)
    return None if answer is None else dns.message.from_wire(answer)


def outage(world: World, *names: str, seconds: float = 61) -> None:
    """Ask for names, let them end, and switch the upstream off."""
    for name in names:
        world.ask(name)
    world.pass_time(seconds)
    world.upstream = silent


def test_an_old_answer_comes_after_the_client_has_waited() -> None:
    """Not before 1.8 s; TTL 30, EDE 3; afterwards at once while it goes on failing."""
    world = World(records(REAL))
    outage(world, "ok.example")
    assert late(world, seconds=1.7) is None
    world = World(records(REAL))
    outage(world, "ok.example")
    answer = late(world, seconds=1.9)
    assert answer is not None
    assert (text(answer), ede(answer)) == (["an ok.example. 30 IN A 192.0.2.77"], [3])
    assert text(world.ask("ok.example")) == ["an ok.example. 30 IN A 192.0.2.77"]


@pytest.mark.parametrize("error", ["servfail", "refused"])
def test_an_error_leads_to_the_old_answer_at_once(error: str) -> None:
    """RFC 8767 section 4: what cannot be refreshed is served as it was; the name is asked again when it is time."""
    world = World(records(REAL))
    world.ask("ok.example")
    world.pass_time(61)
    world.upstream = records(error)
    for _ in range(3):
        assert ede(world.ask("ok.example")) == [3]
    assert len(world.sent) == 2
    world.pass_time(CONFIG.limits.failure_ttl + 0.1)
    assert ede(world.ask("ok.example")) == [3]
    world.pump()
    assert len(world.sent) == 3
    world.upstream = records(REAL)
    world.pass_time(2 * CONFIG.limits.failure_ttl + 0.1)
    world.ask("ok.example")
    world.pump()
    assert ede(world.ask("ok.example")) == []


@pytest.mark.parametrize("codes", [(6,), (7,), (9, 6), (25,)])
def test_a_verdict_of_dnssec_is_never_hidden_by_an_old_answer(codes: tuple[int, ...]) -> None:
    """SERVFAIL with the upstream's reason, at once and in an outage that follows; a new answer ends it."""
    world = World(records(REAL))
    world.ask("ok.example")
    world.pass_time(61)
    world.upstream = bogus(*codes)
    for _ in range(2):
        answer = world.ask("ok.example")
        assert (answer.rcode(), ede(answer)) == (dns.rcode.SERVFAIL, list(codes))
    assert len(world.sent) == 2
    world.upstream = silent
    world.pass_time(CONFIG.limits.failure_ttl + 0.1)
    failed = late(world)
    assert failed is not None
    assert failed.rcode() == dns.rcode.SERVFAIL
    world.upstream = records(REAL)
    world.pass_time(2 * CONFIG.limits.failure_ttl + 0.1)
    assert text(world.ask("ok.example")) == ["an ok.example. 60 IN A 192.0.2.77"]


def test_a_verdict_on_an_early_question_counts_once_the_answer_has_ended() -> None:
    """What was validated is good to its end and not beyond."""
    world = World(records(REAL))
    for _ in range(3):
        world.ask("ok.example")
    world.pass_time(57)
    world.upstream = bogus(6)
    assert text(world.ask("ok.example")) == ["an ok.example. 3 IN A 192.0.2.77"]
    world.pump()
    assert len(world.sent) == 2
    assert world.ask("ok.example").rcode() == dns.rcode.NOERROR
    world.upstream = silent
    world.pass_time(4)
    failed = late(world)
    assert failed is not None
    assert failed.rcode() == dns.rcode.SERVFAIL


def test_an_upstream_that_could_not_reach_the_keys_gave_no_verdict() -> None:
    """DNSKEY missing (9) because no server was reachable (22): an outage."""
    world = World(records(REAL))
    world.ask("ok.example")
    world.pass_time(61)
    world.upstream = bogus(9, 22)
    assert ede(world.ask("ok.example")) == [3]


def test_no_such_name_is_said_with_a_code_of_its_own() -> None:
    """EDE 19, SOA with a small TTL; a TTL that was smaller stays."""
    world = World(records("nxdomain", SOA))
    outage(world, "no.example", seconds=201)
    answer = late(world, "no.example")
    assert answer is not None
    assert (answer.rcode(), ede(answer)) == (dns.rcode.NXDOMAIN, [19])
    assert text(answer)[0].startswith("ns example. 30 ")
    world = World(records("an ok.example. 7 A 192.0.2.77"))
    outage(world, "ok.example", seconds=8)
    answer = late(world)
    assert answer is not None
    assert text(answer) == ["an ok.example. 7 IN A 192.0.2.77"]


def test_an_upstream_known_to_be_down_is_not_waited_for() -> None:
    """At once, with no query of its own; when it is back, the next client gets the new answer within two seconds."""
    world = World(records(REAL, "an b.example. 60 A 192.0.2.78"))
    outage(world, "ok.example", "b.example")
    for name in ("x.example", "y.example"):
        late(world, name)
    assert world.numbers.upstream_up == (0,)
    sent = len([query for query in world.sent if b"\2ok" in query.data.lower()])
    assert ede(world.ask("ok.example")) == [3]
    assert len([query for query in world.sent if b"\2ok" in query.data.lower()]) == sent
    world.upstream = records("an ok.example. 60 A 192.0.2.99")
    world.pass_time(1.6)
    assert text(world.ask("ok.example")) == ["an ok.example. 60 IN A 192.0.2.99"]


def test_a_kept_failure_ends_when_an_upstream_comes_back() -> None:
    """A name that failed often is asked at once when help is back (recovery below two seconds)."""
    world = World(silent)
    for _ in range(4):
        answer = late(world, "new.example")
        assert answer is not None
        assert answer.rcode() == dns.rcode.SERVFAIL
        world.pass_time(20)
    world.upstream = records("an new.example. 60 A 192.0.2.99")
    world.pass_time(1.9)
    assert text(world.ask("new.example")) == ["an new.example. 60 IN A 192.0.2.99"]


def test_an_old_answer_has_an_end() -> None:
    """One day by default; then it is SERVFAIL like for any other name. 0 switches it off."""
    for config, seconds in ((CONFIG, 60 + 86_400), (evolve(CONFIG, stale=0), 61), (evolve(CONFIG, stale=100), 161)):
        world = World(records(REAL), config=config)
        outage(world, "ok.example", seconds=seconds)
        answer = late(world)
        assert answer is not None
        assert answer.rcode() == dns.rcode.SERVFAIL


def test_the_list_in_force_decides_an_old_answer() -> None:
    """Listed since, by its name or by an alias in it: blocked, and booked; withdrawn again: the old answer."""
    lines = ("an al.example. 60 CNAME target.example.", "an target.example. 60 A 192.0.2.77")
    for listed in ("al.example", "target.example"):
        world = World(records(*lines))
        outage(world, "al.example")
        assert ede(late(world, "al.example") or world.ask("al.example")) == [3]
        world.forwarder.set_index(index_of([listed]), 2)
        answer = world.ask("al.example")
        assert (text(answer), ede(answer)) == ([f"an al.example. 30 IN A {N4}"], [4])
        assert world.numbers.blocks == (1,)
        world.forwarder.set_index(index_of(), 3)
        assert ede(world.ask("al.example")) == [3]


def test_a_new_answer_that_may_not_be_kept_is_the_end_of_the_old_one() -> None:
    """TTL 0 now: what it was before must not come back."""
    world = World(records(REAL))
    world.ask("ok.example")
    world.pass_time(61)
    world.upstream = records("an ok.example. 0 A 192.0.2.78")
    world.ask("ok.example")
    world.upstream = silent
    answer = late(world)
    assert answer is not None
    assert answer.rcode() == dns.rcode.SERVFAIL


def test_who_is_shed_gets_the_old_answer() -> None:
    """A full table of questions: the oldest makes room, with an old answer where there is one."""
    world = World(records(REAL), config=evolve(CONFIG, limits=Limits(pending_max=1)))
    outage(world, "ok.example")
    peer = object()
    assert world.forwarder.receive_query(question("ok.example"), CLIENT, world.door(), peer, world.now) is None
    assert world.forwarder.receive_query(question("x.example"), CLIENT, world.door(), object(), world.now) is None
    world.pump()
    assert ede(dns.message.from_wire(world.late[peer][0])) == [3]


def test_blocked_queries_and_old_answers_are_booked_alike() -> None:
    """No series tells them apart in an outage: both are hits of the lowest class (secrecy.md 6)."""
    books = []
    for name in ("ok.example", "blk.example"):
        world = World(records(REAL))
        outage(world, "ok.example")
        for other in ("x.example", "y.example"):
            late(world, other)
        for _ in range(5):
            world.ask(name)
            world.pass_time(0.3)
        books.append(evolve(world.numbers, blocks=()))
    assert books[0] == books[1]


def test_two_views_of_one_question_each_get_theirs() -> None:
    """One upstream is silent, the other too: every client is answered once, and only once."""
    world = World(records(REAL), config=TWO)
    outage(world, "ok.example")
    peers = [object() for _ in range(3)]
    for peer in peers:
        assert world.forwarder.receive_query(question("ok.example"), CLIENT, world.door(), peer, world.now) is None
    world.pump()
    world.pass_time(10)
    assert [len(world.late[peer]) for peer in peers] == [1, 1, 1]
    assert world.numbers.pending == 0


def test_only_questions_with_an_old_answer_have_a_clock_for_it() -> None:
    """A flood of names that nobody asked for before leaves nothing behind but what is in flight."""
    world = World(records("an x.example. 0 A 192.0.2.77"))
    for number in range(50):
        world.ask(f"n{number}.example")
    assert len(world.forwarder._resolution._impatient) == 0


def test_an_early_question_that_outlives_the_answer_lets_nobody_wait_long() -> None:
    """Asked early before the end, joined after it: the old answer comes 1.8 s after the asking began."""
    world = World(records("an ok.example. 100 A 192.0.2.77"))
    for _ in range(4):
        world.ask("ok.example")
    world.pass_time(99.5)
    world.upstream = silent
    world.ask("ok.example")
    world.pass_time(0.6)
    answer = late(world, seconds=1.3)
    assert answer is not None
    assert ede(answer) == [3]
