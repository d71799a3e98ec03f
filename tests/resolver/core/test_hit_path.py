"""What the hit path answers by itself, and what it says it missed."""

from __future__ import annotations

import dns.message
import pytest
from attrs import evolve

from resolver.core.access import packed_address
from tests.resolver.core.world import CLIENT, CONFIG, World, question, records, text

pytestmark = pytest.mark.usefixtures("twin")

ADDRESS = packed_address(CLIENT)
REAL = "an ok.example. 300 A 192.0.2.77"


def test_a_miss_leaves_the_clients_budget_alone() -> None:
    """Whoever takes it up counts it, once."""
    world = World(records(REAL))
    world.ask("ok.example")
    client = world.door().clients[hash(ADDRESS)]
    left = client.left
    assert world.forwarder.hit_path.answer(question("new.example"), ADDRESS, world.door(), world.now) is None
    assert client.left == left
    world.ask("new.example")
    assert client.left == left - 1


def test_an_answer_that_is_kept_is_a_hit() -> None:
    """From the second query on, in this second; by name and form, from an address that was met."""
    world = World(records(REAL))
    world.ask("ok.example")
    path, door, now = world.forwarder.hit_path, world.door(), world.now
    assert path.answer(question("OK.example"), ADDRESS, door, now) is not None
    assert path.answer(question("ok.example", "AAAA"), ADDRESS, door, now) is None
    assert path.answer(question("ok.example"), packed_address("127.0.0.2"), door, now) is None


def test_whoever_takes_up_a_miss_answers_it() -> None:
    """At once, where an answer needs nobody else."""
    world = World(records(REAL))
    world.ask("ok.example")
    asked = question("OK.example")
    answered = world.forwarder.receive_missed(asked, ADDRESS, world.door(), None, world.now)
    assert answered is not None
    assert answered == world.forwarder.hit_path.answer(asked, ADDRESS, world.door(), world.now)


def test_ttls_tick_on_the_hit_path() -> None:
    """Second by second, until the entry comes near its end: then somebody looks whether to ask early."""
    world = World(records(REAL))
    world.ask("ok.example")
    path, door, start, query = world.forwarder.hit_path, world.door(), world.now, question("ok.example")
    for seconds in (0, 1, 100, 269):
        answer = path.answer(query, ADDRESS, door, start + seconds)
        assert answer is not None
        assert text(dns.message.from_wire(answer)) == [f"an ok.example. {300 - seconds} IN A 192.0.2.77"]
    assert path.answer(query, ADDRESS, door, start + 270) is None


def test_what_ended_is_a_miss() -> None:
    """Where nobody asks early an entry is served until its end, and not a moment longer."""
    world = World(records(REAL), config=evolve(CONFIG, prefetch=False))
    world.ask("ok.example")
    path, door, start, query = world.forwarder.hit_path, world.door(), world.now, question("ok.example")
    assert path.answer(query, ADDRESS, door, start + 299.9) is not None
    assert path.answer(query, ADDRESS, door, start + 300) is None
