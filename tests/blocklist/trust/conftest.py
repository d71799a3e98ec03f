"""A subscriber, a list body in memory, and clocks that stand still."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from attrs import define, evolve, field

from blocklist import keyring
from blocklist.trust.limits import FetchLimits
from blocklist.trust.outcome import Keys, ListSource
from blocklist.trust.subscription import Subscription
from blocklist.trust.transfer.transport import Transport
from tests.blocklist.trust.list_body import LIST_ID, PURPOSE, ListBody, MemoryTransport, SetClock

MIRROR = "https://one.invalid/"
KEYS = Keys(os.urandom(32), keyring.generate_private())
PATIENT = FetchLimits(connect_seconds=30, grace_seconds=30)  # a busy machine is no fault
HASTY = FetchLimits(connect_seconds=30, grace_seconds=0.3, total_seconds=1.5)  # for mirrors that never come to an end


@define
class Isp:
    """One ISP's folder, clocks and way to the list body; `subscribe` is a start of its updater."""

    folder: Path
    body: ListBody
    clock: SetClock = field(factory=SetClock)
    urls: tuple[str, ...] = (MIRROR,)
    never: tuple[str, ...] = ()
    root: bytes = b""
    criteria_set: str = ""
    transport: MemoryTransport | None = None

    def __attrs_post_init__(self) -> None:
        self.transport = MemoryTransport({MIRROR: self.body.files})

    def subscribe(
        self, keys: Keys = KEYS, urls: tuple[str, ...] | None = None, limits: FetchLimits = PATIENT
    ) -> Subscription:
        source = ListSource(LIST_ID, PURPOSE, self.root or self.body.pinned, urls or self.urls, self.never)
        source = evolve(source, criteria_set=self.criteria_set)
        transport: Transport | None = None if urls else self.transport
        subscription = Subscription(source, self.folder / "list", keys, self.clock, limits, transport=transport)
        subscription.load()
        return subscription


@pytest.fixture
def body() -> ListBody:
    return ListBody((keyring.public_bytes(KEYS.subscriber_private),))


@pytest.fixture
def isp(tmp_path: Path, body: ListBody) -> Isp:
    return Isp(tmp_path, body)
