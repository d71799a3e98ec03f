"""When lists are asked for."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from resolver.edge.updating.polling import Polling


class World:
    """Lists that are being asked until the test says they are done."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.asked: list[str] = []
        self.waiting: list[Deferred[Any]] = []
        self.polling = Polling(self.clock, self.refresh, lambda: 15.0)  # type: ignore[arg-type]

    def refresh(self, list_id: str) -> Deferred[Any]:
        self.asked.append(list_id)
        self.waiting.append(Deferred())
        return self.waiting[-1]

    def done(self) -> None:
        self.waiting.pop(0).callback("outcome")


@pytest.fixture
def world() -> World:
    return World()


def test_the_pause_begins_when_an_answer_came(world: World) -> None:
    """A slow list body is not asked a second time meanwhile; the outcome is handed on."""
    got: list[Any] = []
    world.polling.now("demo").addCallback(got.append)
    world.clock.advance(100)
    world.done()
    world.clock.advance(14.9)
    assert (world.asked, got) == (["demo"], ["outcome"])
    world.clock.advance(0.1)
    assert world.asked == ["demo", "demo"]


def test_a_hint_asks_at_once_and_begins_the_pause_anew(world: World) -> None:
    """All lists that rest; the poll that was due is the hint's."""
    for list_id in ("demo", "two"):
        world.polling.now(list_id)
        world.done()
    world.clock.advance(10)
    world.polling.hint(["demo", "two"])
    assert world.asked == ["demo", "two"] * 2
    world.done()
    world.done()
    world.clock.advance(10)
    assert len(world.asked) == 4


def test_a_hint_while_being_asked_asks_once_more(world: World) -> None:
    """The answer under way may have been made before the news; ten hints cause one more, not ten."""
    world.polling.now("demo")
    for _ in range(10):
        world.polling.hint(["demo"])
    assert world.asked == ["demo"]
    world.done()
    world.clock.advance(0)
    assert world.asked == ["demo", "demo"]
    world.done()
    world.clock.advance(14)
    assert len(world.asked) == 2


def test_a_command_beside_a_poll_leaves_one_clockwork(world: World) -> None:
    """An operator's refresh and the poll under way end in one timer."""
    world.polling.now("demo")
    world.polling.now("demo")
    world.done()
    world.done()
    assert len(world.clock.getDelayedCalls()) == 1
