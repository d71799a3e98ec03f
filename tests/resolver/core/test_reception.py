"""What is said at the door, and what is remembered there."""

from __future__ import annotations

from attrs import evolve

from resolver.core import codes
from resolver.core.counters import Counters, Layout
from resolver.core.limits import Limits
from resolver.core.query import Query
from resolver.core.reception import Reception
from tests.resolver.core.world import CLIENT, CONFIG, question


def reception(limits: Limits | None = None) -> Reception:
    config = evolve(CONFIG, limits=limits or Limits())
    return Reception(config, Counters.in_memory(Layout(1, 1)))


def test_a_sound_query_is_handed_on_and_its_form_remembered() -> None:
    """The next query of this form, from this client, by any door, needs no reading."""
    desk = reception()
    udp, tcp = desk.door(codes.UDP, "127.0.0.1:53"), desk.door(codes.TCP, "127.0.0.1:53")
    data = question("Ok.example")
    query = desk.receive(data, CLIENT, udp)
    assert isinstance(query, Query)
    for door in (udp, tcp):
        assert door.clients[hash(CLIENT)].forms[data[2:12] + data[24:]] is query.form


def test_strangers_and_any_are_answered_at_the_door() -> None:
    """Neither reaches the cache, and nothing of a stranger is remembered."""
    desk = reception()
    door = desk.door(codes.UDP, "127.0.0.1:53")
    refused = desk.receive(question("ok.example"), "192.0.2.99", door)
    assert isinstance(refused, bytes)
    assert refused[3] & codes.RCODE == codes.REFUSED
    assert not door.clients
    assert isinstance(desk.receive(question("ok.example", "ANY"), CLIENT, door), bytes)
    assert not door.clients[hash(CLIENT)].forms


def test_both_memories_are_bounded() -> None:
    """They start anew when they are full."""
    desk = reception(Limits(hosts_max=2, forms_max=2))
    door = desk.door(codes.UDP, "127.0.0.1:53")
    for number in range(1, 6):
        for rtype in ("A", "AAAA", "TXT"):
            desk.receive(question("ok.example", rtype), f"127.0.0.{number}", door)
            assert len(door.clients) <= 2
            assert all(len(client.forms) <= 2 for client in door.clients.values())
