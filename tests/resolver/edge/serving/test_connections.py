"""Who makes room, and that nobody is locked out."""

from __future__ import annotations

from collections import Counter

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.testing import MemoryReactorClock

from resolver.edge.limits import ConnectionLimits
from resolver.edge.serving.connections import Connections, Prefixes

LIMITS = ConnectionLimits(most=8, per_prefix=3, unproven_share=0.5)


@define(eq=False)
class Fake:
    """A connection that only remembers."""

    register: Connections
    prefix: bytes
    in_flight: int = 0
    is_open: bool = True
    drained: bool = False
    looked_at: list[float] = field(factory=list)

    def abort(self) -> None:
        self.is_open = False
        self.register.closed(self)

    close = abort

    def drain(self) -> None:
        self.drained = True

    def check_clocks(self, now: float) -> None:
        self.looked_at.append(now)


class House:
    """A register with fakes in it."""

    def __init__(self, limits: ConnectionLimits = LIMITS) -> None:
        self.clock = MemoryReactorClock()
        self.register = Connections(self.clock, limits, lambda count: bytes(count))

    def let_in(self, prefix: bytes, *, asks: bool = False) -> Fake:
        made = Fake(self.register, prefix)
        made.is_open = self.register.opened(made)
        if asks and made.is_open:
            self.register.used(made)
        return made


@pytest.fixture
def house() -> House:
    return House()


def test_a_prefix_makes_room_among_its_own(house: House) -> None:
    """One client that opens connections without end ends only its own."""
    other = house.let_in(b"other", asks=True)
    own = [house.let_in(b"own", asks=True) for _ in range(5)]
    assert [each.is_open for each in own] == [False, False, True, True, True]
    assert other.is_open


def test_what_has_asked_nothing_goes_before_what_was_quiet_longest(house: House) -> None:
    """A dribbling client is worth less than a quiet one."""
    quiet, silent = house.let_in(b"own", asks=True), house.let_in(b"own")
    house.let_in(b"own", asks=True)
    house.let_in(b"own", asks=True)
    assert quiet.is_open
    assert not silent.is_open
    house.let_in(b"own", asks=True)
    assert not quiet.is_open


def test_connections_that_ask_nothing_have_a_share_of_the_house(house: House) -> None:
    """A flood of handshakes from everywhere leaves those who ask alone."""
    asking = [house.let_in(b"%d" % number, asks=True) for number in range(4)]
    silent = [house.let_in(b"s%d" % number) for number in range(20)]
    assert all(each.is_open for each in asking)
    assert [each.is_open for each in silent] == [False] * 16 + [True] * 4


def test_a_full_house_of_clients_that_ask_lets_the_newcomer_in(house: House) -> None:
    """The one that was quiet longest makes room."""
    asking = [house.let_in(b"%d" % number, asks=True) for number in range(8)]
    house.register.used(asking[0])
    newcomer = house.let_in(b"new")
    assert newcomer.is_open
    assert [each.is_open for each in asking] == [True, False, *[True] * 6]


def test_nobody_who_waits_for_an_answer_makes_room(house: House) -> None:
    """When all of them wait the newcomer is refused."""
    for number in range(8):
        house.let_in(b"%d" % number, asks=True).in_flight = 1
    assert not house.let_in(b"new").is_open
    assert len(house.register) == 8


def test_a_prefix_whose_connections_all_wait_gets_no_more(house: House) -> None:
    """Others still do."""
    for _ in range(3):
        house.let_in(b"own", asks=True).in_flight = 1
    assert not house.let_in(b"own").is_open
    assert house.let_in(b"other").is_open


def test_the_register_holds_what_is_open_and_nothing_else(house: House) -> None:
    """Also after a connection that was counted out is used or closed again."""
    made = house.let_in(b"own")
    made.abort()
    house.register.used(made)
    house.register.closed(made)
    assert len(house.register) == 0
    assert not house.register._of_prefix


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["open", "ask", "wait", "answer", "close"]))))
def test_no_limit_is_ever_passed(events: list[tuple[int, str]]) -> None:
    """Whatever comes in which order; and a refusal only while somebody waits."""
    house, made = House(), list[Fake]()
    for prefix, event in events:
        if event == "open":
            newcomer = house.let_in(b"%d" % prefix)
            assert newcomer.is_open or any(each.in_flight for each in made)
            made = [each for each in (*made, newcomer) if each.is_open]
        elif made:
            chosen = made[prefix % len(made)]
            if event == "close":
                chosen.abort()
            else:
                house.register.used(chosen)
                chosen.in_flight = int(event == "wait")
            made = [each for each in made if each.is_open]
        assert len(house.register) == len(made) <= LIMITS.most
        assert all(count <= LIMITS.per_prefix for count in Counter(each.prefix for each in made).values())


def test_clocks_are_looked_at_while_there_are_connections(house: House) -> None:
    """An idle worker sleeps."""
    made = house.let_in(b"own")
    house.clock.advance(1)
    assert made.looked_at == [1.0]
    made.abort()
    house.clock.advance(1)
    assert not house.clock.getDelayedCalls()


def test_drain_and_close_reach_all(house: House) -> None:
    """Whether they have asked or not."""
    made = [house.let_in(b"1"), house.let_in(b"2", asks=True)]
    house.register.drain()
    assert all(each.drained for each in made)
    house.register.close()
    assert not any(each.is_open for each in made)


def test_a_prefix_is_as_long_as_the_limits_say() -> None:
    """An IPv4 address stands for itself, an IPv6 home is one client; the two kinds never meet."""
    of = Prefixes(ConnectionLimits(), lambda count: b"k" * count).of
    assert of("192.0.2.1") != of("192.0.2.2")
    assert of("2001:db8:0:12::1") == of("2001:db8:0:13:ffff::2")
    assert of("2001:db8:0:12::1") != of("2001:db8:0:112::1")
    assert of("0.0.0.1") != of("::1")
    assert of("fe80::1%1") == of("fe80::2")
    wide = Prefixes(ConnectionLimits(ipv4_prefix=24), lambda count: b"k" * count).of
    assert wide("192.0.2.1") == wide("192.0.2.2")


def test_a_prefix_means_nothing_in_another_process() -> None:
    """The key of the hash is drawn at its start."""
    one, other = (Prefixes(ConnectionLimits(), lambda count, key=key: key * count).of for key in (b"a", b"b"))
    assert one("192.0.2.1") != other("192.0.2.1")
