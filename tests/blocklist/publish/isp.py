"""An ISP's real subscription to a published folder: the folder stands for the Web server, clocks stand still."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from attrs import define

from blocklist.trust.outcome import Keys, ListSource
from blocklist.trust.subscription import Subscription
from blocklist.trust.transport import HttpStatusFault, Reply
from tests.blocklist.trust.list_body import SetClock

URL = "https://list.invalid/"


@define
class FolderTransport:
    """Serves `out` under `URL`, with ETags and ranges."""

    out: Path

    def get(
        self, url: str, max_bytes: int, *, etag: str | None = None, fresh: bool = False, start: int | None = None
    ) -> Reply:
        """See Transport."""
        path = self.out / url.removeprefix(URL)
        if not path.is_file():
            raise HttpStatusFault("list.invalid", 404)
        data = path.read_bytes()
        tag = sha256(data).hexdigest()
        if tag == etag:
            return Reply(304, b"", tag)
        first = start or 0
        return Reply(200, data[first : first + max_bytes], tag)

    def close(self) -> None:
        """See Transport."""


def subscribe(folder: Path, out: Path, root: bytes, private: bytes, clock: SetClock) -> Subscription:
    """A subscription that pinned `root`, as its updater starts it."""
    source = ListSource("demo", "csam", root, (URL,))
    keys = Keys(bytes(32), private)
    subscription = Subscription(source, folder / "list", keys, clock, transport=FolderTransport(out))
    subscription.load()
    return subscription
