"""The loop between core, sockets and timer."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field
from twisted.internet.task import Clock

from resolver.core.door import Door
from resolver.core.trouble import Trouble
from resolver.core.upstream_query import UpstreamQuery
from resolver.edge.limits import PumpLimits
from resolver.edge.serving.pump import Pump
from tests.resolver.edge.fake_core import FakeCore, asking, make_pump


@define
class Opened:
    closed: bool = False

    def close(self) -> None:
        self.closed = True


@define
class FakeDial:
    """Opens nothing; keeps what was asked for, and refuses the first `refuse` queries."""

    refuse: int = 0
    opened: dict[int, Opened] = field(factory=dict)

    def __call__(self, query: UpstreamQuery, pump: Pump) -> Opened:
        if self.refuse:
            self.refuse -= 1
            raise OSError
        self.opened[query.attempt] = Opened()
        return self.opened[query.attempt]


@define
class FakeSink:
    delivered: list[tuple[bytes, object]] = field(factory=list)

    def deliver(self, data: bytes, address: object) -> None:
        self.delivered.append((data, address))


def test_a_flush_carries_out_everything_the_core_asks_for() -> None:
    """Queries go to the dial of their transport, answers to their sinks, closes to their sockets."""
    core, clock, udp, tcp, sink = FakeCore(), Clock(), FakeDial(), FakeDial(), FakeSink()
    pump, _ = make_pump(core, clock, udp, tcp)
    core.queries = [asking(1), asking(2, transport=1)]
    core.answers = [((sink, "there"), b"answer")]
    pump.flush()
    assert list(udp.opened) == [1] and list(tcp.opened) == [2]
    assert sink.delivered == [(b"answer", "there")]
    assert not pump.idle
    core.closes = [1, 2, 99]
    pump.flush()
    assert udp.opened[1].closed and tcp.opened[2].closed
    assert pump.idle


def test_a_final_response_closes_its_socket() -> None:
    """The socket of an answered attempt is closed; one that got a forged response stays open."""
    core, dial = FakeCore(queries=[asking(1)]), FakeDial()
    pump, _ = make_pump(core, Clock(), dial)
    pump.flush()
    core.response_is_final = False
    assert not pump.response(1, b"forged")
    assert not dial.opened[1].closed
    core.response_is_final = True
    assert pump.response(1, b"answer")
    assert dial.opened[1].closed


def test_a_query_that_cannot_be_sent_has_failed_and_its_successor_is_sent() -> None:
    """The failover of the core takes place within one flush."""
    core, dial = FakeCore(queries=[asking(1)], retry=asking(2)), FakeDial(refuse=1)
    pump, _ = make_pump(core, Clock(), dial)
    pump.flush()
    assert core.failed == [1]
    assert list(dial.opened) == [2]


def test_sockets_are_bounded() -> None:
    """One query more than the limit counts as failed."""
    core, dial = FakeCore(queries=[asking(1), asking(2), asking(3)]), FakeDial()
    pump, _ = make_pump(core, Clock(), dial, limits=PumpLimits(sockets=2))
    pump.flush()
    assert list(dial.opened) == [1, 2]
    assert core.failed == [3]


def test_a_failed_attempt_is_closed_and_told_to_the_core() -> None:
    """A refused attempt leaves no socket behind."""
    core, dial = FakeCore(queries=[asking(1)]), FakeDial()
    pump, _ = make_pump(core, Clock(), dial)
    pump.flush()
    pump.attempts_failed([1])
    assert dial.opened[1].closed
    assert core.failed == [1]


def test_one_timer_waits_for_the_nearest_deadline() -> None:
    """A nearer deadline moves the timer; a later one leaves it, and it is set again when it has fired."""
    core, clock = FakeCore(deadline=5.0), Clock()
    pump, _ = make_pump(core, clock)
    pump.flush()
    core.deadline = 2.0
    pump.flush()
    core.deadline = 9.0
    pump.flush()
    assert len(clock.getDelayedCalls()) == 1
    clock.advance(2.0)
    assert core.deadlines == [2.0]
    assert not clock.getDelayedCalls()


def test_a_deadline_in_the_past_does_not_spin() -> None:
    """The timer always leaves the reactor a moment, and a longer one after a fault."""
    core, clock = FakeCore(deadline=-1.0, bug=True), Clock()
    pump, reports = make_pump(core, clock)
    pump.flush()
    clock.advance(0.001)
    assert core.deadlines == [0.001]
    clock.advance(0.05)
    assert len(core.deadlines) == 1
    clock.advance(0.06)
    assert len(core.deadlines) == 2
    assert [report["kind"] for report in reports] == ["ValueError"]


def test_faults_of_the_core_are_counted_and_dropped() -> None:
    """An exception in the core costs the query at hand and nothing else."""
    core, dial, sink = FakeCore(queries=[asking(1)]), FakeDial(), FakeSink()
    pump, reports = make_pump(core, Clock(), dial)
    pump.flush()
    assert pump.query(b"bug:", bytes([192, 0, 2, 1]), Door(0), (sink, None)) is None
    assert pump.response(1, b"bug:")
    assert core.failed == [1]
    assert dial.opened[1].closed
    assert pump.query(b"echo:x", bytes([192, 0, 2, 1]), Door(0), (sink, None)) == b"answer:x"
    assert len(reports) == 2
    assert "bug:" not in str(reports)


def test_a_fault_while_carrying_out_is_tried_again_later() -> None:
    """What the core could not hand out now, it hands out at the next event or after a pause."""
    core, clock, dial = FakeCore(queries=[asking(1)], flush_bug=True), Clock(), FakeDial()
    pump, reports = make_pump(core, clock, dial)
    pump.flush()
    assert len(reports) == 1
    core.flush_bug = False
    clock.advance(0.1)
    assert list(dial.opened) == [1]


def test_a_fault_of_a_failed_attempt_is_counted() -> None:
    """The failure itself can hit a bug."""

    class Broken(FakeCore):
        def attempts_failed(self, attempts: Iterable[int], now: float, trouble: Trouble = Trouble.UNREACHABLE) -> None:
            raise KeyError(attempts)

    core, dial = Broken(queries=[asking(1)]), FakeDial()
    pump, reports = make_pump(core, Clock(), dial)
    pump.flush()
    pump.attempts_failed([1])
    assert pump.idle
    assert [report["kind"] for report in reports] == ["KeyError"]


def test_a_flush_within_a_flush_is_taken_up_by_it() -> None:
    """A sink that asks the next question while it gets an answer is served without recursion."""
    core = FakeCore()
    pump, _ = make_pump(core, Clock())

    class Asking(FakeSink):
        def deliver(self, data: bytes, address: object) -> None:
            super().deliver(data, address)
            if len(self.delivered) < 1000:
                core.answers.append(((self, None), b"next"))
                pump.flush()

    sink = Asking()
    core.answers = [((sink, None), b"first")]
    pump.flush()
    assert len(sink.delivered) == 1000


def test_what_came_is_read_before_anybody_is_found_silent() -> None:
    """After a standstill timers are due first; an answer that lies there by then still counts."""
    core, dial, clock = FakeCore(queries=[asking(1)], deadline=2.0), FakeDial(), Clock()
    pump, _ = make_pump(core, clock, dial)
    pump.flush()
    seen: list[list[float]] = []
    pump.also_read(lambda: seen.append(list(core.deadlines)))
    clock.advance(3.0)
    assert core.deadlines == [3.0]
    assert seen[0] == []


def test_stop_closes_everything() -> None:
    """After stop no socket is open and no timer runs."""
    core, clock, dial = FakeCore(queries=[asking(1)], deadline=3.0), Clock(), FakeDial()
    pump, _ = make_pump(core, clock, dial)
    pump.flush()
    pump.stop()
    assert dial.opened[1].closed
    assert not clock.getDelayedCalls()
