"""An ISP in the list body's tests: a real Subscription that reads the published folder."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from attrs import define, field

from blocklist.index import Index
from blocklist.keyring import generate_private, public_bytes
from blocklist.names import to_wire
from blocklist.trust.compile import compile_enforced
from blocklist.trust.limits import FetchLimits
from blocklist.trust.local.exemptions import Exemptions
from blocklist.trust.outcome import Keys, ListSource, Outcome
from blocklist.trust.subscription import Subscription
from tests.blocklist.publish.support import NOW
from tests.blocklist.trust.list_body import MemoryTransport, SetClock

URL = "http://127.0.0.1:1/"


@define
class Isp:
    """Keys, clock and folder of one ISP."""

    folder: Path
    keys: Keys = field(factory=lambda: Keys(os.urandom(32), generate_private()))
    clock: SetClock = field(factory=lambda: SetClock(NOW.timestamp()))
    _subscription: Subscription | None = None
    _transport: MemoryTransport = field(factory=lambda: MemoryTransport({URL: {}}))

    @property
    def public(self) -> bytes:
        return public_bytes(self.keys.subscriber_private)

    @property
    def list(self) -> Subscription:
        assert self._subscription is not None
        return self._subscription

    def subscribe(self, root: bytes, list_id: str = "demo") -> None:
        """Start its updater."""
        source = ListSource(list_id, "csam", root, (URL,), ())
        self._subscription = Subscription(
            source, self.folder / "list", self.keys, self.clock, FetchLimits(), transport=self._transport
        )
        self._subscription.load()

    def visit(self, out: Path, now: datetime) -> Outcome:
        """Refresh from the published folder at this time."""
        self.clock.pass_seconds(now.timestamp() - self.clock.now())
        paths = (path for path in out.rglob("*") if path.is_file())
        self._transport.sites[URL] = {f"/{path.relative_to(out)}": path.read_bytes() for path in paths}
        outcome = self.list.refresh()
        if self.list.status().enforcing:
            self.list.mark_good(self.list.status().version)
        return outcome

    def asked(self, out: Path, now: datetime) -> list[str]:
        """Refresh, and return the paths that were fetched."""
        self._transport.asked.clear()
        self.visit(out, now)
        return list(self._transport.asked)

    def blocks(self, name: str) -> bool:
        """What its workers would decide about a name."""
        exemptions = Exemptions(self.folder / "exemptions.sealed", self.keys.host_key, self.clock)
        index = Index(compile_enforced([self.list], exemptions, self.clock))
        return index.match(to_wire(name), self.clock.monotonic()) is not None
