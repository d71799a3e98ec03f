"""A real daemon on all four transports, with a list, before a quick upstream: to compare listed names with others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from blocklist.entries import Entry
from tests.support.daemon import Daemon, listing
from tests.support.listbody import ListBody
from tests.support.quick_upstream import QuickUpstream


@contextmanager
def listed_daemon(folder: Path, entries: list[Entry], **settings: Any) -> Iterator[tuple[Daemon, QuickUpstream]]:
    """Start it; at the end it must stop well."""
    with QuickUpstream() as upstream:
        daemon = Daemon(folder / "isp", upstream.address, [], **settings).encrypt()
        body = ListBody(folder, daemon.public_key(), entries)
        daemon.settings["lists"] = [listing(body.root, body.url)]
        try:
            daemon.start()
            yield daemon, upstream
            assert daemon.stop() == 0, daemon.text()
        finally:
            daemon.stop()
            body.stop()
