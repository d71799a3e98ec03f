"""A list body's published list of any size: real keys and signatures over the tokens of real (made-up) names."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from random import Random
from threading import Thread

from bench.questions import listed_name
from blocklist.matchfile import RECORD_BYTES
from blocklist.tokens import TOKEN_BYTES
from tests.blocklist.trust.list_body import ListBody
from tests.support.listbody import QuietHandler, now

DAYS = 60  # for which entries stand


class Site:
    """Publishes versions into `folder` and serves them at `url`. `filler` are entries that nobody knows a name for."""

    def __init__(self, folder: Path, subscribers: tuple[bytes, ...], listed: int, filler: int = 0) -> None:
        folder.mkdir()
        self._folder, self.listed = folder, 0
        self._body = ListBody(subscribers, born=now(), base_date=now().date(), with_deltas=True, with_log=True)
        self.root = folder / "root.json"
        self.root.write_bytes(self._body.pinned)
        self._records = self._made_up(filler)
        self.publish(listed)
        handler = partial(QuietHandler, directory=str(folder / "out"))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def publish(self, more: int) -> None:
        """Publish the next version, with so many more names."""
        names = [listed_name(number) for number in range(self.listed, self.listed + more)]
        self.listed += more
        self._records = sorted(self._records + self._packed(names))
        self._body.publish((), now(), records=b"".join(self._records))
        for url, data in self._body.files.items():
            path = self._folder / "out" / url.removeprefix("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def _packed(self, names: list[str]) -> list[bytes]:
        packed = self._body.records(names, not_after=now().date() + timedelta(days=DAYS))
        return [packed[at : at + RECORD_BYTES] for at in range(0, len(packed), RECORD_BYTES)]

    def _made_up(self, count: int) -> list[bytes]:
        (model,), random = self._packed([listed_name(0)]), Random(3)
        return [random.randbytes(TOKEN_BYTES) + model[TOKEN_BYTES:] for _ in range(count)]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
