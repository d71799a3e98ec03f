"""One resolver host on a clock of the test: the real tally, list board, latencies, movements, release and ledger.

What is simulated is what comes in (traffic, lists) and what happens to it (restarts, upgrades, kills, a clock that
jumps); the children are left out.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.internet.task import Clock

from blocklist.attributes import Attributes
from blocklist.compiling import ListImage
from blocklist.trust.reasons import REASONS
from blocklist.trust.rules.departures import LeftOut
from resolver.core.counters import RCODES, Counters
from resolver.edge.supervision.latency import Latencies
from resolver.edge.supervision.ledger import Ledger, LedgerLimits
from resolver.edge.supervision.list_board import ListBoard
from resolver.edge.supervision.release_clock import ReleaseClock
from resolver.edge.supervision.snapshot import Snapshot
from resolver.edge.supervision.tally import Labels, Tally
from resolver.edge.updating.movements import Movements
from resolver.settings import Settings
from tests.resolver.edge.snapshots import SNAPSHOT

STEP = 7_200  # seconds between two looks of the simulation, and of its ledgers
LIMITS = LedgerLimits(look_seconds=STEP, keep_seconds=STEP)
BASE = date(2026, 12, 1)
LAST_DAY = 500


class ListBody:
    """A list as it is published: entries by number, and those that a withdrawal or a guard takes out here."""

    def __init__(self, list_id: str, entries: int) -> None:
        self.list_id, self.version, self.next = list_id, 1, entries
        self.entries: dict[int, int] = dict.fromkeys(range(entries), LAST_DAY)  # last day, counted from BASE
        self.withdrawn: set[int] = set()
        self.held: set[int] = set()
        self.withdrawals = 0
        self.published_at = self.withdrawn_at = 0.0

    def add(self, count: int, last_day: int = LAST_DAY) -> None:
        self.entries |= dict.fromkeys(range(self.next, self.next + count), last_day)
        self.next += count

    def image(self) -> ListImage:
        out = self.out
        enforced = sorted((token(number), days) for number, days in self.entries.items() if number not in out)
        records = b"".join(each + attributes(days) for each, days in enforced)
        return ListImage(self.list_id, bytes(32), BASE, records, frozenset())

    @property
    def out(self) -> set[int]:
        return (self.withdrawn | self.held) & self.entries.keys()

    def left_out(self) -> LeftOut:
        return LeftOut(packed(self.withdrawn), packed(self.held))


@cache
def token(number: int) -> bytes:
    return random.Random(number).randbytes(16)


@cache
def attributes(last_day: int) -> bytes:
    return Attributes(last_day, 0).pack().to_bytes(2, "big")


def packed(numbers: set[int]) -> bytes:
    return b"".join(sorted(map(token, numbers)))


class Host:
    """One machine over the year; `restart`, `upgrade` and `kill` are what operators and accidents do to it."""

    def __init__(self, clock: Clock, folder: Path, settings: Settings, bodies: Sequence[ListBody], seed: int) -> None:
        self.clock, self.folder, self.settings, self.bodies = clock, folder, settings, bodies
        self.shift = 0.0  # of its wall clock against the true time
        self.bits = random.Random(seed)
        self.said: list[str] = []
        self.answering = self.running = True
        self.failures: dict[str, dict[str, int]] = {}
        self.guards: dict[str, list[str]] = {}
        self._process()
        self.release.configure(settings, promised=True)
        self.ledger.start()

    def wall(self) -> float:
        return self.clock.seconds() + self.shift

    def _process(self) -> None:
        """A fresh process: nothing is counted, the lists come from the disk."""
        self.tally = Tally(Labels(("upstream:53",), tuple(body.list_id for body in self.bodies)))
        self.region = self.tally.region()
        self.movements = Movements()
        self.movements.begin(body.image() for body in self.bodies)
        self.failures = {body.list_id: dict.fromkeys(REASONS, 0) for body in self.bodies}
        self.board, self.latencies = ListBoard(self.clock.seconds), Latencies(self.wall)
        self._image()
        for part in (self.board, self.latencies):
            part.configure([body.list_id for body in self.bodies])
        self.tell()
        self.in_force()

    def _image(self) -> None:
        """What a program's image has besides: the parts with files."""
        reactor: Any = self.clock
        self.ledger = Ledger(reactor, self.folder, self.wall, self.snapshot, self.said.append, LIMITS)
        self.latencies.on_sample = self.ledger.sampled
        self.release = ReleaseClock(
            *(reactor, self.folder, self.tally, self.wall, self.said.append, self.bits.getrandbits),
            on_release=self.ledger.released,
        )

    # --- what happens to it -----------------------------------------------------------------------------

    def stop(self) -> None:
        self.ledger.stop()
        self.release.stop()
        self.running = False

    def kill(self) -> None:
        for part in (self.ledger, self.release):
            part._cancel()
        self.running = False

    def begin(self) -> None:
        self.running = True
        self._process()
        self.release.configure(self.settings, promised=True)
        self.ledger.start()

    def upgrade(self) -> None:
        """Other code in the same process: counters go on, what was said before is handed over as JSON."""
        parts = {"ledger": self.ledger, "board": self.board, "latencies": self.latencies, "release": self.release}
        handed: dict[str, Any] = json.loads(json.dumps({name: part.hand_over() for name, part in parts.items()}))
        self.kill()
        self.running = True
        list_ids = [body.list_id for body in self.bodies]
        self.board, self.latencies = ListBoard(self.clock.seconds), Latencies(self.wall)
        self._image()
        self.board.configure(list_ids)
        self.board.take_over(handed["board"])
        self.latencies.configure(list_ids)
        self.latencies.take_over(handed["latencies"])
        self.ledger.take_over(handed["ledger"])
        self.release.configure(self.settings, promised=True)
        self.release.take_over(handed["release"])
        self.ledger.start(upgraded=True)

    # --- what comes in ----------------------------------------------------------------------------------

    def serve(self, queries: int, hits: Mapping[str, int]) -> None:
        """Count as workers do: a blocked query is booked as a cached answer, and as an event of its list."""
        counters = Counters(self.region.labels.layout, self.region.cells)
        counters.cells[RCODES.index("NOERROR")] += queries
        for number, body in enumerate(self.bodies):
            counters.cells[counters.layout.blocks + number] += hits[body.list_id]

    def tell(self) -> None:
        """The updater's status message."""
        self.board.hear({"clock_suspect": False, "audit_failing": False, "lists": list(map(self._words, self.bodies))})

    def _words(self, body: ListBody) -> dict[str, Any]:
        guards = self.guards.get(body.list_id, [])
        return {
            "list_id": body.list_id,
            "version": body.version,
            "age_seconds": 5.0,
            "held_entries": len(body.held),
            "held_by": guards,
            "last_outcome": "updated",
            "last_reason": "",
            "failures": self.failures[body.list_id],
            "epoch": 1,
            "withdrawn": len(body.withdrawn & body.entries.keys()),
            "withdrawals_refused": 0,
            "log_size": body.version,
            **self.movements.words(body.list_id),
        }

    def in_force(self) -> None:
        """Every worker confirmed what the list bodies have now."""
        images = [body.image() for body in self.bodies]
        left_out = {body.list_id: body.left_out() for body in self.bodies}
        self.movements.in_force(images, left_out, self.wall())
        told = [
            {
                "list_id": body.list_id,
                "version": body.version,
                "entries": len(image.records) // 18,
                "withdrawn": body.withdrawals,
                "published_at": body.published_at or None,
                "withdrawn_at": body.withdrawn_at or None,
            }
            for body, image in zip(self.bodies, images, strict=True)
        ]
        self.board.activate(told)
        self.latencies.activated(told)
        self.tell()

    def snapshot(self) -> Snapshot:
        return evolve(
            SNAPSHOT,
            ready=self.answering,
            answering=self.answering,
            totals=self.tally.totals(),
            lists=self.board.views(),
            latencies=self.latencies.view(),
            deaths={},
            faults={},
            release=self.release.view(),
        )
