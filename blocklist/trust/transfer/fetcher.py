"""What python-tuf downloads metadata with: our transport instead of its own fetcher, and files kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import define
from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface

from blocklist.trust.limits import SizeLimits
from blocklist.trust.transfer.transport import HttpStatusFault, Transport

_TIMESTAMP: Final = "/timestamp.json"


@define(eq=False)
class MetadataFetcher(FetcherInterface):
    """TUF's fetcher seam over a Transport, for one refresh from one mirror.

    A `timestamp` that was already fetched, conditionally, is handed out from memory. Root files are asked for past
    every cache: a remembered 404 would hide the next root, and with it a key that was replaced.
    """

    transport: Transport
    sizes: SizeLimits
    timestamp: bytes | None = None

    def download_bytes(self, url: str, max_length: int) -> bytes:
        """Fetch one metadata file. Raises DownloadHTTPError for a status, as TUF wants, else TransferFault."""
        if self.timestamp is not None and url.endswith(_TIMESTAMP):
            return self.timestamp
        try:
            return self.transport.get(url, max_length, fresh=url.endswith(".root.json")).body
        except HttpStatusFault as fault:
            raise DownloadHTTPError(str(fault), fault.status) from None

    def _fetch(self, url: str) -> Iterator[bytes]:
        """Fetch a file of unknown length, as the base class demands."""
        return iter((self.download_bytes(url, self.sizes.metadata_bytes),))
