"""The bound of one transfer."""

from __future__ import annotations

import pytest

from blocklist.errors import TransferFault
from blocklist.trust.limits import FetchLimits
from blocklist.trust.transfer.watch import Watch
from tests.blocklist.trust.list_body import SetClock

LIMITS = FetchLimits(grace_seconds=10, minimum_rate=100, total_seconds=60, header_bytes=50)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def watch(clock: SetClock) -> Watch:
    return Watch("mirror.invalid", LIMITS, 10_000, clock.monotonic, clock.monotonic())


def test_silence_lasts_as_long_as_the_grace(watch: Watch, clock: SetClock) -> None:
    """Without a byte the transfer is due after the grace, and says that nothing came."""
    assert watch.seconds_left() == 10
    clock.steady += 10
    with pytest.raises(TransferFault) as caught:
        watch.seconds_left()
    assert caught.value.code == "timeout"


def test_each_byte_buys_its_time(watch: Watch, clock: SetClock) -> None:
    """1,000 bytes at 100 bytes a second put the due time off by ten seconds, and no further."""
    watch.count(1000)
    clock.steady += 15
    assert watch.seconds_left() == 5
    clock.steady += 5
    with pytest.raises(TransferFault) as caught:
        watch.seconds_left()
    assert caught.value.code == "slow"


def test_total_is_the_end_however_fast(watch: Watch) -> None:
    """Bytes buy time up to the total only."""
    watch.count(10_000)
    assert watch.seconds_left() == 60


def test_too_many_bytes_are_refused(watch: Watch) -> None:
    """Body and headers have one allowance below HTTP, so endless headers end as well."""
    watch.count(10_050)
    with pytest.raises(TransferFault) as caught:
        watch.count(1)
    assert caught.value.code == "too_long"
