"""A list body's published list of any size: real keys and signatures over the tokens of real (made-up) names."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from bench.questions import listed_name
from tests.blocklist.trust.list_body import ListBody
from tests.support.listbody import QuietHandler, now

DAYS = 60  # for which entries stand


class Site:
    """Publishes versions into `folder` and serves them at `url`."""

    def __init__(self, folder: Path, subscribers: tuple[bytes, ...], listed: int) -> None:
        folder.mkdir()
        self._folder, self.listed = folder, listed
        self._body = ListBody(subscribers, born=now(), base_date=now().date(), with_deltas=True, with_log=True)
        self.root = folder / "root.json"
        self.root.write_bytes(self._body.pinned)
        self.publish()
        handler = partial(QuietHandler, directory=str(folder / "out"))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def publish(self, more: int = 0) -> None:
        """Publish the next version, with so many more names."""
        self.listed += more
        names = (listed_name(number) for number in range(self.listed))
        self._body.publish((), now(), records=self._body.records(names, not_after=now().date() + timedelta(days=DAYS)))
        for url, data in self._body.files.items():
            path = self._folder / "out" / url.removeprefix("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
