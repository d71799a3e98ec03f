"""A subscriber's TUF client that reads a published folder as a Web server would serve it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig


class FolderFetcher(FetcherInterface):
    """Gets URLs of the form `x/<path>` from a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = self._folder / url.partition("/")[2]
        if not path.is_file():
            raise DownloadHTTPError("not there", 404)
        yield path.read_bytes()


class Client(Updater):
    """Remembers in `memory`, so that it notices going back; `root` is the root.json it pinned at its first visit."""

    def __init__(self, out: Path, memory: Path, root: bytes, now: datetime) -> None:
        memory.mkdir(exist_ok=True)
        fetcher = FolderFetcher(out)
        super().__init__(
            str(memory), "x/metadata/", str(memory), "x/targets/", fetcher, UpdaterConfig(), bootstrap=root
        )
        self._trusted_set.reference_time = now

    def versions(self) -> dict[str, int]:
        """Refresh and return the versions of root, targets and of what targets delegates to."""
        self.refresh()
        trusted = self._trusted_set
        found = {"root": trusted.root.version, "targets": trusted.targets.version}
        for path, role in (("keys/current", "keyring"), ("withdraw/current", "withdraw")):
            if f"{role}.json" in trusted.snapshot.meta and self.get_targetinfo(path) is not None:
                found[role] = trusted[role].version
        return found

    def read(self, path: str) -> bytes:
        """A target's bytes, verified."""
        info = self.get_targetinfo(path)
        assert info is not None
        return Path(self.download_target(info)).read_bytes()
