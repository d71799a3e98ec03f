"""What the cache says it takes is what it takes, whichever twin the hit path is."""

from __future__ import annotations

import gc
import tracemalloc

import dns.message
import pytest
from attrs import evolve

from tests.resolver.core.world import CONFIG, Reply, World, question, records

pytestmark = pytest.mark.usefixtures("twin")

NAMES = 100
IMAGE_BYTES = 160
"""`struct answer` (native/core/answers.h), its slot in a table that is never more than half full, malloc's own."""
SOA = "ns example. 900 SOA ns.example. mail.example. 1 2 3 4 900"
SHAPES = {
    "one address": ("an {} 300 A 192.0.2.77",),
    "four addresses": tuple(f"an {{}} 300 A 192.0.2.{n}" for n in range(4)),
    "an alias": ("an {} 300 CNAME w.cdn.example.", *(f"an w.cdn.example. 60 A 192.0.2.{n}" for n in range(4))),
    "no such name": ("nxdomain", SOA),
    "text": tuple(f"an {{}} 300 TXT {'x' * 200}{n}" for n in range(4)),
    "many addresses": tuple(f"an {{}} 300 A 192.0.2.{n}" for n in range(60)),
}


def upstream(lines: tuple[str, ...]) -> Reply:
    """Answers each name with these records of its own: made once, then under the next name of the same length."""
    made: list[bytes] = []

    def reply(query: dns.message.Message) -> bytes:
        wire = query.to_wire()
        end = wire.index(0, 12) + 5
        if not made:
            response = records(*(line.format(query.question[0].name) for line in lines))(query)
            assert isinstance(response, dns.message.Message)
            made.append(response.to_wire())
        return wire[:2] + made[0][2:12] + wire[12:end] + made[0][end:]

    return reply


def outside_python(world: World) -> int:
    """What the images of the hit path in C take, which no tool of Python sees."""
    if world.module is None:
        return 0
    kept = world.forwarder._resolution.cache._shelf.things
    bodies = [(key, entry.body) for key, entry in kept.items() if entry.body is not None]
    assert len(bodies) == len(world.forwarder.hit_path) == NAMES + 1  # type: ignore[arg-type]
    return sum(IMAGE_BYTES + 8 * len(body.ttls) + len(key + body.sections + body.options) for key, body in bodies)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_account_is_within_a_quarter_of_what_is_allocated(shape: str) -> None:
    """For answers that were kept, served and aged once; what is in flight is not counted."""
    world = World(upstream(SHAPES[shape]), config=evolve(CONFIG, cache_bytes=1 << 30))
    world.ask("hxxx.site.example")
    queries = [question(f"h{number:03}.site.example") for number in range(NAMES)]
    gc.collect()
    tracemalloc.start()
    before, account_before = tracemalloc.get_traced_memory()[0], world.forwarder._resolution.cache.used
    for _ in range(2):
        for query in queries:
            assert world.raw(query)
        world.pass_time(5)
    world.sent.clear()
    world.closed.clear()
    world.late.clear()
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    taken += outside_python(world)
    account = world.forwarder._resolution.cache.used - account_before
    assert 0.8 < taken / account < 1.25
