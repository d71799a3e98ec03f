"""The adapter of questions that fly, without sockets: what it refuses, what it says; `test_flown.py` has the rest."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from resolver.core.config import ForwardSet, UpstreamConfig
from resolver.core.native_hit_path import NativeHitPath
from resolver.edge.limits import UpstreamLimits
from resolver.edge.serving.flown import _ports, sockaddr
from tests.resolver.core.conftest import NEEDS_NATIVE
from tests.resolver.core.world import CONFIG, World

pytestmark = NEEDS_NATIVE

SERVERS = [sockaddr(("127.0.0.1", 53))]
TWO = evolve(
    CONFIG, upstreams=(*CONFIG.upstreams, UpstreamConfig("two")), forward=(ForwardSet(("zone.example",), (1,)),)
)


def let_fly(world: World, servers: list[bytes], **more: Any) -> Any:
    path = world.forwarder.hit_path
    assert isinstance(path, NativeHitPath)
    return path.let_fly(world.config, servers, _ports(UpstreamLimits()) | more)


def test_nothing_flies_at_first_and_what_is_not_there_is_not_handed_over() -> None:
    """An epoll, and nothing in flight, due or to be recalled."""
    flights = let_fly(World(config=TWO), [*SERVERS, b""])
    assert flights.descriptor >= 0
    assert (flights.count(), flights.departed(), flights.next_due(), flights.due(1e9)) == (0, 0, None, [])
    assert flights.recall(b"\1n\0\0\1\0\1\0") is None
    assert flights.recall_oldest() is None
    assert flights.receive(1.0) == ([], [], [])
    flights.end(2**40)
    flights.land()
    flights.land()
    with pytest.raises(RuntimeError):
        flights.count()


def test_a_question_that_python_has_is_not_handed_over() -> None:
    """It is held until it is let go, and neither flies."""
    flights = let_fly(World(), SERVERS)
    flights.hold(b"\1n\0\0\1\0\1\0")
    flights.hold(b"\1n\0\0\1\0\1\0")
    assert flights.recall(b"\1n\0\0\1\0\1\0") is None
    flights.let_go(b"\1n\0\0\1\0\1\0")
    flights.let_go(b"\1n\0\0\1\0\1\0")
    flights.hold(b"")
    flights.let_go(bytes(400))
    assert flights.count() == 0


@pytest.mark.parametrize(
    ("servers", "more"),
    [
        ([b"short"], {}),
        ([bytes(16)], {}),
        (SERVERS, {"ports": 0}),
        (SERVERS, {"port_queries": 65}),
        (SERVERS, {"reads": 65}),
        (SERVERS, {"first_port": 65536}),
        (SERVERS * 200, {}),
        (SERVERS * 300, {}),
    ],
)
def test_what_cannot_be_is_refused(servers: list[bytes], more: dict[str, Any]) -> None:
    """Addresses, limits and counters outside their ranges; the path goes on without."""
    world = World()
    with pytest.raises(ValueError):
        let_fly(world, servers, **more)
    assert let_fly(world, SERVERS).count() == 0


def test_they_begin_to_fly_once() -> None:
    """A second time is an error, and the first goes on."""
    world = World()
    flights = let_fly(world, SERVERS)
    with pytest.raises(ValueError):
        let_fly(world, SERVERS)
    assert flights.count() == 0


class Fresh:
    """A sequence that keeps none of its items."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, number: int) -> int:
        return 1000 + number


@pytest.mark.parametrize("weights", [Fresh(), [4, 150, 100], (4, 150), 4])
def test_weights_are_a_tuple(weights: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What keeps its items: C only borrows them."""
    monkeypatch.setattr("resolver.core.native_flights.WEIGHTS", weights)
    with pytest.raises(TypeError):
        let_fly(World(), SERVERS)


def test_no_other_object_is_taken_for_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stands in the module under its name."""
    for other in (int, 1):
        monkeypatch.setattr("native._native.Landed", other)
        with pytest.raises(TypeError):
            let_fly(World(), SERVERS)


@pytest.mark.parametrize("now", [float("nan"), float("inf"), "1"])
def test_a_moment_is_a_finite_number(now: Any) -> None:
    """Of no other can C say how long ago something was."""
    flights = let_fly(World(), SERVERS)
    for tell in (flights.receive, flights.due):
        with pytest.raises((ValueError, TypeError)):
            tell(now)


def test_a_route_names_an_upstream_there_is() -> None:
    """By its number; nobody is always right."""
    flights = let_fly(World(), SERVERS)
    flights.route(0, 10, trust_ad=True)
    flights.route(None, 0, trust_ad=False)
    with pytest.raises(ValueError):
        flights.route(1, 10, trust_ad=False)
