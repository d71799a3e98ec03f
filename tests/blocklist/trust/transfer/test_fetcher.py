"""TUF's fetcher seam over our transport."""

from __future__ import annotations

import pytest
from tuf.api.exceptions import DownloadHTTPError

from blocklist.errors import TransferFault
from blocklist.trust.limits import SizeLimits
from blocklist.trust.transfer.fetcher import MetadataFetcher
from tests.blocklist.trust.list_body import MemoryTransport

BASE = "https://one.invalid/"


@pytest.fixture
def fetcher() -> MetadataFetcher:
    transport = MemoryTransport({BASE: {"/1.snapshot.json": b"snapshot"}, "https://down.invalid/": {}})
    transport.down.add("https://down.invalid/")
    return MetadataFetcher(transport, SizeLimits(), b"stamp")


def test_timestamp_comes_from_memory(fetcher: MetadataFetcher) -> None:
    """The timestamp that was fetched conditionally is not fetched again."""
    assert fetcher.download_bytes(BASE + "timestamp.json", 10) == b"stamp"


def test_other_files_come_from_the_mirror(fetcher: MetadataFetcher) -> None:
    """Metadata arrives as bytes, by either door of the seam."""
    assert fetcher.download_bytes(BASE + "1.snapshot.json", 10) == b"snapshot"
    assert b"".join(fetcher.fetch(BASE + "1.snapshot.json")) == b"snapshot"


def test_status_reaches_tuf_as_its_own_error(fetcher: MetadataFetcher) -> None:
    """TUF ends the chain of roots at a 404, so it must see one; other faults pass through it untouched."""
    with pytest.raises(DownloadHTTPError) as caught:
        fetcher.download_bytes(BASE + "2.root.json", 10)
    assert caught.value.status_code == 404
    with pytest.raises(TransferFault):
        fetcher.download_bytes("https://down.invalid/2.root.json", 10)
