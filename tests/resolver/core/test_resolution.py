"""Where an answer comes from, in which order."""

from __future__ import annotations

from tests.resolver.core.world import World, index_of, records, text

REAL = "an ok.example. 60 A 192.0.2.77"


def test_the_cache_comes_before_the_list_and_the_list_before_special_use() -> None:
    """One upstream query for two questions; a listed special-use name is blocked, the same one unlisted is local."""
    world = World(records(REAL))
    world.ask("ok.example")
    world.ask("ok.example")
    assert len(world.sent) == 1
    assert text(world.ask("localhost"))[0].endswith("127.0.0.1")
    world.forwarder.set_index(index_of(["localhost"]), 2)
    assert text(world.ask("localhost"))[0].endswith("192.0.2.1")
    assert len(world.sent) == 1


def test_a_kept_answer_is_decided_again_under_a_new_list() -> None:
    """What was open is blocked by the next list without a purge, and open again by the one after."""
    world = World(records(REAL))
    assert text(world.ask("ok.example"))[0].endswith("192.0.2.77")
    world.forwarder.set_index(index_of(["ok.example"]), 2)
    assert text(world.ask("ok.example"))[0].endswith("192.0.2.1")
    world.forwarder.set_index(index_of(["other.example"]), 3)
    assert text(world.ask("ok.example"))[0].endswith("192.0.2.77")
    assert len(world.sent) == 1
