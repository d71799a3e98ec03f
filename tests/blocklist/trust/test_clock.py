"""Which time is believed."""

from __future__ import annotations

import pytest

from blocklist.trust.clock import BUILD_TIME, SystemClock, TimeKeeper, TimeMarks
from tests.blocklist.trust.list_body import SetClock

HOUR = 3600.0
KEYS = ("key-1",)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def keeper(clock: SetClock) -> TimeKeeper:
    """A keeper that has just accepted a timestamp signed now."""
    keeper = TimeKeeper(clock)
    keeper.accept_timestamp(clock.now() + 6 * HOUR, KEYS)
    return keeper


def test_build_date_is_the_first_floor(clock: SetClock) -> None:
    """Before anything was verified, a clock older than this release is too far back."""
    keeper = TimeKeeper(clock)
    clock.wall = BUILD_TIME - HOUR
    assert not keeper.below_floor()
    clock.wall -= 1
    assert keeper.below_floor()
    assert keeper.suspect()


def test_floor_is_the_highest_proven_time(keeper: TimeKeeper, clock: SetClock) -> None:
    """A signed index or an accepted timestamp proves a time that has passed; older ones change nothing."""
    keeper.accept_index(clock.now() + 600)
    keeper.accept_index(clock.now() - 600)
    assert keeper.floor == clock.now() + 600
    keeper.accept_timestamp(clock.now() + 5 * HOUR, KEYS)
    assert keeper.floor == clock.now() + 600


def test_new_timestamp_key_drops_what_the_old_one_said(keeper: TimeKeeper, clock: SetClock) -> None:
    """A stolen key could push the floor and trusted time ahead by hours; replacing it takes both back."""
    keeper.accept_timestamp(clock.now() + 24 * HOUR, KEYS)
    assert keeper.floor == clock.now() + 18 * HOUR
    assert keeper.below_floor()
    keeper.accept_timestamp(clock.now() + 6 * HOUR, ("key-2",))
    assert keeper.floor == clock.now()
    assert keeper.trusted() == clock.now()


def test_replaced_key_is_disowned_without_a_timestamp_of_the_new_one(keeper: TimeKeeper, clock: SetClock) -> None:
    """Below a floor that a stolen key lifted no timestamp is taken; the new root alone brings floor and time down."""
    keeper.accept_index(clock.now() - 600)
    keeper.accept_timestamp(clock.now() + 24 * HOUR, KEYS)
    assert not keeper.disown(KEYS)
    assert keeper.below_floor()
    assert keeper.disown(("key-2",))
    assert (keeper.floor, keeper.trusted(), keeper.age()) == (clock.now() - 600, clock.now(), None)
    assert not keeper.disown(("key-2",))


def test_trusted_time_goes_on_with_the_monotonic_clock(keeper: TimeKeeper, clock: SetClock) -> None:
    """Setting the wall clock does not move trusted time; time passing does."""
    start = keeper.trusted()
    clock.pass_seconds(100)
    clock.wall += 10**6
    assert keeper.trusted() == start + 100


def test_trusted_time_never_goes_back(keeper: TimeKeeper, clock: SetClock) -> None:
    """A newer timestamp that was signed a little while ago does not set trusted time back."""
    clock.pass_seconds(600)
    keeper.accept_timestamp(clock.now() - 300 + 6 * HOUR, KEYS)
    assert keeper.trusted() == clock.now()


@pytest.mark.parametrize("step", [-1.1 * HOUR, 1.1 * HOUR, 400 * 24 * HOUR, -400 * 24 * HOUR])
def test_step_of_the_wall_clock_is_suspect(keeper: TimeKeeper, clock: SetClock, step: float) -> None:
    """A jump of more than an hour: entries end by trusted time until the clock proves right again."""
    assert not keeper.suspect()
    clock.wall += step
    assert keeper.suspect()
    assert keeper.expiry_time() == clock.now() - step
    clock.wall -= step
    assert not keeper.suspect()


def test_step_is_forgiven_by_a_fresh_timestamp(keeper: TimeKeeper, clock: SetClock) -> None:
    """A clock that was corrected agrees with the next timestamp, and is believed again."""
    clock.wall += 2 * HOUR
    assert keeper.suspect()
    keeper.accept_timestamp(clock.now() - 60 + 6 * HOUR, KEYS)
    assert not keeper.suspect()


def test_step_is_not_forgiven_by_a_timestamp_of_another_time(keeper: TimeKeeper, clock: SetClock) -> None:
    """A clock two hours ahead still accepts timestamps; it stays suspect."""
    clock.pass_seconds(60)
    clock.wall += 2 * HOUR
    keeper.accept_timestamp(clock.now() - 2 * HOUR + 6 * HOUR, KEYS)
    assert keeper.suspect()


def test_clock_two_days_ahead_of_all_proof_is_suspect(keeper: TimeKeeper, clock: SetClock) -> None:
    """48 h after the newest verified timestamp either the body is dead or the clock is wrong."""
    clock.pass_seconds(48 * HOUR)
    assert not keeper.suspect()
    clock.pass_seconds(1)
    assert keeper.suspect()
    assert keeper.expiry_time() == clock.now()  # the body is dead: trusted time went on


@pytest.mark.parametrize(("ended", "suspect"), [(2, False), (3, True)])
def test_mass_expiry_is_suspect(keeper: TimeKeeper, clock: SetClock, ended: int, suspect: bool) -> None:
    """More than a fifth of the entries ending within the last hour is taken for a clock that is ahead."""
    expiries = {clock.now() - 60: ended, clock.now() + 10**6: 10 - ended}
    assert keeper.suspect(expiries) is suspect
    clock.pass_seconds(HOUR)
    assert not keeper.suspect(expiries)


def test_restart_takes_trusted_time_up(keeper: TimeKeeper, clock: SetClock) -> None:
    """What was saved is trusted time at the restart, and the floors hold; the monotonic clock may start anew."""
    clock.pass_seconds(100)
    saved = keeper.to_save()
    again = TimeKeeper(clock)
    clock.steady = 5.0
    again.restore(saved)
    assert again.trusted() == saved.trusted
    assert again.floor == keeper.floor
    clock.pass_seconds(7)
    assert again.trusted() == (saved.trusted or 0) + 7


def test_age_counts_from_the_signature(keeper: TimeKeeper, clock: SetClock) -> None:
    """The age is that of the newest verified timestamp, so a frozen mirror ages; nothing verified has no age."""
    clock.pass_seconds(90)
    keeper.accept_timestamp(clock.now() - 90 + 6 * HOUR, KEYS)
    assert keeper.age() == 90
    assert TimeKeeper(clock).age() is None


def test_a_timestamp_three_signatures_old_may_be_a_frozen_mirrors(keeper: TimeKeeper, clock: SetClock) -> None:
    """Bodies sign every five minutes; nothing verified is not frozen."""
    keeper.accept_timestamp(clock.now() + 6 * HOUR, KEYS)
    clock.pass_seconds(900)
    assert not keeper.frozen()
    clock.pass_seconds(1)
    assert keeper.frozen()
    assert not TimeKeeper(clock).frozen()


def test_nothing_verified_leaves_the_wall_clock(clock: SetClock) -> None:
    """Without proof there is no better time than the wall clock, and none is saved."""
    keeper = TimeKeeper(clock)
    assert (keeper.trusted(), keeper.to_save()) == (clock.now(), TimeMarks())


def test_system_clock_is_this_machines() -> None:
    """The real clocks run."""
    clock = SystemClock()
    assert clock.now() > BUILD_TIME
    assert clock.monotonic() <= clock.monotonic()
