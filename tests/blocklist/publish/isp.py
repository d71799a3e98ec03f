"""An ISP's real subscription to a published folder: the folder stands for the Web server, clocks stand still."""

from __future__ import annotations

from pathlib import Path

from blocklist.publish.drills.rehearsal import URL, FolderTransport
from blocklist.trust.outcome import Keys, ListSource
from blocklist.trust.subscription import Subscription
from tests.blocklist.trust.list_body import SetClock


def subscribe(folder: Path, out: Path, root: bytes, private: bytes, clock: SetClock) -> Subscription:
    """A subscription that pinned `root`, as its updater starts it."""
    source = ListSource("demo", "csam", root, (URL,))
    keys = Keys(bytes(32), private)
    subscription = Subscription(source, folder / "list", keys, clock, transport=FolderTransport(out))
    subscription.load()
    return subscription
