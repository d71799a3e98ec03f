"""Popular answers are asked for again before they end."""

from __future__ import annotations

import dns.message
import pytest
from attrs import evolve

from resolver.core.config import CoreConfig
from resolver.core.limits import Limits
from tests.resolver.core.world import CLIENT, CONFIG, N4, World, ede, index_of, question, records, text

pytestmark = pytest.mark.usefixtures("twin")

REAL = "an ok.example. 100 A 192.0.2.77"


def popular(config: CoreConfig = CONFIG) -> World:
    """A world in which ok.example was used often and is about to end."""
    world = World(records(REAL), config=config)
    for _ in range(4):
        world.ask("ok.example")
    world.pass_time(95)
    return world


def test_a_popular_answer_is_renewed_and_nobody_waits() -> None:
    """The client gets what is kept, at once; one query goes upstream; the next client gets the new answer."""
    world = popular()
    before = world.numbers
    answer = world.forwarder.receive_query(question("ok.example"), CLIENT, world.door(), object(), world.now)
    assert answer is not None
    world.pump()
    assert len(world.sent) == 2
    assert text(world.ask("ok.example")) == ["an ok.example. 100 IN A 192.0.2.77"]
    assert world.numbers.cache_misses == before.cache_misses
    assert world.numbers.cache_hits == before.cache_hits + 2
    assert len(world.late) == 0


@pytest.mark.parametrize("config", [evolve(CONFIG, prefetch=False), evolve(CONFIG, limits=Limits(prefetch_uses=9))])
def test_switched_off_or_unpopular_nothing_is_asked_early(config: CoreConfig) -> None:
    """The setting holds, and so does the number of uses."""
    world = popular(config)
    world.ask("ok.example")
    world.pump()
    assert len(world.sent) == 1


def test_before_the_last_tenth_nothing_is_asked() -> None:
    """Nor is what lives for a few seconds only."""
    world = World(records(REAL))
    for _ in range(9):
        world.ask("ok.example")
        world.pass_time(9.9)
    assert len(world.sent) == 1
    world = World(records("an ok.example. 9 A 192.0.2.77"))
    for _ in range(9):
        world.ask("ok.example")
        world.pass_time(0.95)
    assert len(world.sent) == 1


def test_who_misses_meanwhile_joins() -> None:
    """It ends while the early query is on its way: no second one."""
    world = popular()
    world.pass_time(4.5)
    assert world.forwarder.receive_query(question("ok.example"), CLIENT, world.door(), object(), world.now)
    early = world.forwarder.queries_to_send()[0]
    world.now += 1
    peer = object()
    assert world.forwarder.receive_query(question("ok.example"), CLIENT, world.door(), peer, world.now) is None
    assert world.forwarder.queries_to_send() == []
    reply = records(REAL)(dns.message.from_wire(early.data))
    assert isinstance(reply, dns.message.Message)
    world.forwarder.receive_response(reply.to_wire(), early.attempt, world.now)
    world.pump()
    assert len(world.late[peer]) == 1


def test_an_early_query_that_fails_costs_nothing() -> None:
    """The answer is served to its end, asking is not repeated every second, and then the old answer stands in."""
    world = popular()
    world.upstream = records("servfail")
    for _ in range(4):
        assert ede(world.ask("ok.example")) == []
        world.pump()
        world.pass_time(1.1)
    assert len(world.sent) == 2
    world.pass_time(1)
    assert ede(world.ask("ok.example")) == [3]


def test_questions_nobody_waits_for_leave_room() -> None:
    """With half of the table in use, nothing is asked early."""
    world = popular(evolve(CONFIG, limits=Limits(pending_max=2)))
    world.upstream = lambda _: None
    world.forwarder.receive_query(question("x.example"), CLIENT, world.door(), object(), world.now)
    world.pump()
    sent = len(world.sent)
    world.ask("ok.example")
    world.pump()
    assert len(world.sent) == sent


def test_a_blocked_query_is_booked_like_a_hit_that_asks_nothing() -> None:
    """Swapping hits on answers far from their end for blocked queries changes no number (secrecy.md 6)."""
    books = []
    for name in ("ok.example", "blk.example"):
        world = World(records(REAL), index=index_of(["blk.example"]))
        world.ask("ok.example")
        for _ in range(50):
            world.ask(name)
            world.pass_time(1.5)
        books.append(evolve(world.numbers, blocks=()))
    assert books[0] == books[1]


@pytest.mark.parametrize("reply", [REAL, "servfail"])
def test_a_list_that_comes_while_asking_early_is_in_force_at_once(reply: str) -> None:
    """Whatever the early query brings, the next client meets the new list."""
    world = popular()
    assert world.forwarder.receive_query(question("ok.example"), CLIENT, world.door(), object(), world.now)
    world.forwarder.set_index(index_of(["ok.example"]), 2)
    world.upstream = records(reply)
    world.pump()
    assert text(world.ask("ok.example")) == [f"an ok.example. 30 IN A {N4}"]


def test_an_early_question_takes_no_clients_place_at_a_busy_upstream() -> None:
    """Half of what an upstream may hold is for those who wait."""
    limits = evolve(CONFIG.limits, upstream_in_flight_max=4)
    world = World(records("an ok.example. 60 A 192.0.2.77"), evolve(CONFIG, limits=limits))
    for _ in range(3):
        world.ask("ok.example")
    world.pass_time(57)
    world.upstream = lambda query: None
    for number in range(4):
        asked = question(f"n{number}.example")
        assert world.forwarder.receive_query(asked, CLIENT, world.door(), number, world.now) is None
        world.pump()
    assert text(world.ask("ok.example")) == ["an ok.example. 3 IN A 192.0.2.77"]
    world.pump()
    assert not world.late
    assert len(world.sent) == 1 + 4
