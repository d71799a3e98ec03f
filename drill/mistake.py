"""The large mistake: 8,000 entries, announced and added an hour ago, are all wrong and come off at once.

It needs hours to pass, so the clocks are the drill's own: the body's verbs and two subscribers are told the time. Keys,
signatures, files and the Web servers are real.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from attrs import define

from blocklist import keyring
from blocklist.entries import Entry
from blocklist.manifest import Bulk
from blocklist.publish.publication.nginx import Origin, Site, Tls, caching_front, published_folder
from blocklist.publish.quick import QuickBody, make_body
from blocklist.trust.outcome import Keys, Kind, ListSource
from blocklist.trust.subscription import Subscription
from blocklist.trust.transfer.tls import TlsFiles
from drill.stage import DrillFault, seconds_until
from tests.support.listbody import entry
from tests.support.nginx import HOST, Authority, Nginx
from tests.support.ports import free_port

WAIT = timedelta(seconds=3_700)  # a little more than an announcement must be held
ADDED_AGO = timedelta(hours=1)
SHOWN_SECONDS = 30.0  # a new timestamp passes the cache within 5 s


@define
class DrillClock:
    """A wall clock that the drill sets, and a monotonic one that follows it."""

    at: datetime

    def now(self) -> float:
        """See blocklist.trust.clock.Clock."""
        return self.at.timestamp()

    def monotonic(self) -> float:
        """See blocklist.trust.clock.Clock."""
        return self.at.timestamp()


@define
class Web:
    """A mirror and a cache in front of it, which is what the subscribers ask."""

    origin: Nginx
    front: Nginx
    ca: Path

    @classmethod
    def start(cls, folder: Path, out: Path) -> Web:
        """Serve `out`."""
        authority = Authority(folder / "authority")
        server = authority.issue("server")
        origin, front = (Nginx(folder / name, free_port()) for name in ("origin", "front"))
        tls = Tls(server.certificate, server.key)
        origin.start(published_folder(Site("localhost", (f"{HOST}:{origin.port}",), tls), out))
        behind = Origin(origin.url, folder / "cache", authority.ca, name="localhost")
        front.start(caching_front(Site("localhost", (f"{HOST}:{front.port}",), tls), behind))
        return cls(origin, front, authority.ca)

    def stop(self) -> None:
        """End both."""
        self.front.stop()
        self.origin.stop()


@define
class Mistake:
    """A body of its own with two subscribers behind a cache."""

    body: QuickBody
    clock: DrillClock
    web: Web
    subscribers: tuple[Subscription, ...]
    base: list[Entry]

    @classmethod
    def prepare(cls, folder: Path, entries: int) -> Mistake:
        """Make the body and its first version; nothing is fetched yet."""
        clock = DrillClock(datetime.now(UTC).replace(microsecond=0))
        privates = [keyring.generate_private() for _ in range(2)]
        base = [entry(f"b{number}.base.example") for number in range(entries)]
        body = make_body(
            folder / "desk",
            list_id="drill",
            entries=base,
            subscriber_public_keys=[keyring.public_bytes(private) for private in privates],
            now=clock.at,
            out=folder / "out",
        )
        web = Web.start(folder, folder / "out")
        source = ListSource("drill", "csam", body.root, (web.front.url,), tls=TlsFiles(web.ca))
        subscribers = tuple(
            Subscription(source, folder / f"subscriber-{number}", Keys(os.urandom(32), private), clock)
            for number, private in enumerate(privates)
        )
        return cls(body, clock, web, subscribers, base)

    def run(self, wrong: int) -> dict[str, object]:
        """Announce, wait, add `wrong` entries, wait an hour, withdraw them all; return what the subscribers enforce."""
        self._everywhere(len(self.base))
        self.body.publish(self.base, self.clock.at, Bulk(self.body.version + 2, wrong, 0))
        self._everywhere(len(self.base))
        self.clock.at += WAIT
        mistaken = [entry(f"w{number}.wrong.example") for number in range(wrong)]
        self.body.publish([*self.base, *mistaken], self.clock.at)
        self._everywhere(len(self.base) + wrong)
        self.clock.at += ADDED_AGO
        self.body.withdraw([each.id for each in mistaken], self.clock.at)
        self._everywhere(len(self.base))
        statuses = [subscriber.status() for subscriber in self.subscribers]
        if any((status.withdrawn, status.withdrawals_refused) != (wrong, 0) for status in statuses):
            raise DrillFault("not all of the withdrawal counts")
        return {"withdrawn_at_once": wrong}

    def stop(self) -> None:
        """End the servers and close the desk."""
        self.web.stop()
        self.body.close()

    def _everywhere(self, entries: int) -> None:
        """Refresh until all subscribers hold the body's version and enforce so many entries."""
        for subscriber in self.subscribers:
            seconds_until(lambda each=subscriber: self._took(each, entries), SHOWN_SECONDS, f"{entries} entries", 1.0)  # type: ignore[misc]
            subscriber.mark_good(subscriber.status().version)

    def _took(self, subscriber: Subscription, entries: int) -> bool:
        outcome, status = subscriber.refresh(), subscriber.status()
        if outcome.kind in (Kind.HELD, Kind.FAILED):
            raise DrillFault(f"{outcome.kind.value}: {outcome.text}")
        return (status.version, status.entries) == (self.body.version, entries)
