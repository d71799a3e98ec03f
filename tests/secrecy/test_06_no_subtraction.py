"""Statement 6: no series tells a blocked query from a cached one, so nothing can be found by subtraction.

Said exactly: take any traffic with blocked queries in it, and put in the place of each the question for a name that is
kept, popular already and far from its end. All operational series are the same for ever, byte by byte; the whole of
/metrics is, until the bucket closes. What leads to a listed name by an alias is booked as the miss or hit it was.
(A question with RD=0 has no twin: for a kept name it is refused. It is booked as the same question with RD=1.)
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from ipaddress import ip_network
from math import isnan
from pathlib import Path
from random import Random
from typing import Any

import dns.edns
import dns.message
import pytest
from attrs import evolve, frozen
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock

from resolver.core.config import ListPolicy, ViewConfig
from resolver.edge.supervision import status
from resolver.edge.supervision.metrics import Exposition
from resolver.edge.supervision.release_clock import ReleaseClock
from resolver.edge.supervision.tally import Labels, Tally
from tests.resolver.core.world import CONFIG, World, image_of, index_with
from tests.resolver.edge.settings_for_edge import settings as settings_for_edge
from tests.resolver.edge.snapshots import snapshot
from tests.support.daemon import Daemon
from tests.support.listbody import entry
from tests.support.listed_daemon import listed_daemon
from tests.support.transports import EVERY, Clients

DAY = 86_400
RELEASED = "mamori_block_events_released_total"

# --- the core, with a virtual clock -----------------------------------------------------------------------

VIEW_HOST = "10.1.2.3"
HOSTS = ("127.0.0.1", VIEW_HOST)
TYPES = ("A", "AAAA", "HTTPS")
CACHED, CROWD = 3, 150
DEMO = CONFIG.lists[0]
OTHER_NOTICE = evolve(DEMO, notice_v4=bytes([192, 0, 2, 9]), notice_v6=None)
SECOND = ListPolicy("second", bytes([192, 0, 2, 2]))
CORE = evolve(
    CONFIG,
    lists=(DEMO, SECOND),
    views=(ViewConfig((ip_network("10.0.0.0/8"),), frozenset(), (OTHER_NOTICE, SECOND)),),
    cache_bytes=330_000,  # the crowd does not fit
)
INDEX = index_with(
    image_of(["blk.example"], ["target-blk.example"]), image_of(["blk.example", "second.example"], list_id="second")
)
LISTED_LATER = index_with(image_of(["blk.example", "later.example"], ["target-blk.example"]))
COOKIE = dns.edns.GenericOption(dns.edns.OptionType.COOKIE, bytes(range(8)))
PADDING = dns.edns.GenericOption(dns.edns.OptionType.PADDING, bytes(8))


@frozen
class Swapped:
    """A question whose name is a kept one in one replay and a listed one in the other."""

    name: int
    rdtype: str
    host: str
    do: bool
    transport: int
    option: int  # 0: none, 1: cookie, 2: padding
    listed_by: str


@frozen
class Step:
    """`what` of: swap, new (a name nobody asked for), old (one of the crowd again), alias, wait (seconds)."""

    what: str
    number: int = 0
    swapped: Swapped | None = None


SWAPS = st.builds(
    Swapped,
    st.integers(0, CACHED - 1),
    st.sampled_from(TYPES),
    st.sampled_from(HOSTS),
    st.booleans(),
    st.integers(0, 3),
    st.integers(0, 2),
    st.sampled_from(["blk.example", "second.example"]),
)
STEPS = st.one_of(
    st.builds(Step, st.just("swap"), st.just(0), SWAPS),
    st.builds(Step, st.sampled_from(["new", "old", "alias"]), st.integers(0, CROWD - 1)),
    st.builds(Step, st.just("wait"), st.integers(0, 2500)),
)


class Replay:
    """One life of a worker with its supervisor's counters; `listed` says which names the swaps ask for."""

    def __init__(self, folder: Path, *, listed: bool, first: str | None = None) -> None:
        self.listed = listed
        self.asked = 0
        self.world = World(self._upstream, config=CORE, index=INDEX)
        self.world.forwarder.use_cookie_secrets([bytes(16)])
        labels = Labels(("one",), ("demo", "second"))
        self.tally = Tally(labels)
        self.region = self.tally.region()
        self.clock = Clock()
        self.clock.advance(100 * DAY)
        self.release = self._release(folder)
        self.exposition = Exposition(self._snapshot)
        self._make_popular()
        if first is not None:  # the next to leave, after the popular ones had their second round
            self.ask(first, "A")
        for number in range(CROWD):
            self.ask(f"crowd{number}.example", "A")

    def _release(self, folder: Path) -> ReleaseClock:
        reactor: Any = self.clock
        made = ReleaseClock(reactor, folder, self.tally, self.clock.seconds, print, Random(5).getrandbits)
        on = settings_for_edge(folder, release={"enabled": True, "bucket": "24h", "lines_served": 10**6})
        first = on.raw["lists"][0]
        made.configure(
            settings_for_edge(folder, release=on.raw["release"], lists=[first, first | {"id": "second"}]), promised=True
        )
        return made

    def _upstream(self, query: dns.message.Message) -> dns.message.Message:
        question = query.question[0]
        name, rdtype = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
        rdata = {"A": "198.51.100.7", "AAAA": "2001:db8:7::1", "HTTPS": "1 . alpn=h2"}[rdtype]
        response = dns.message.make_response(query, recursion_available=True)
        if name.lower().startswith("alias"):  # as an upstream sees it, in any letter case
            target = "target-blk.example." if self.listed else "target-not.example."
            response.answer.append(dns.rrset.from_text(name, DAY, "IN", "CNAME", target))
            name = target
        response.answer.append(dns.rrset.from_text(name, DAY, "IN", rdtype, rdata))
        return response

    def _make_popular(self) -> None:
        forms = [(f"kept{n}.example", rdtype, host) for n in range(CACHED) for rdtype in TYPES for host in HOSTS]
        for form in forms * 4:
            self.ask(*form)
            self.ask(*form, do=True)

    def ask(
        self, name: str, rdtype: str, host: str = HOSTS[0], *, do: bool = False, transport: int = 0, option: int = 0
    ) -> None:
        options = ([], [COOKIE], [PADDING])[option]
        query = dns.message.make_query(name, rdtype, use_edns=0, want_dnssec=do, payload=1232, options=options)
        assert self.world.raw(query.to_wire(), host, transport) is not None

    def do(self, step: Step) -> None:
        if step.swapped is not None:
            self._swap(step.swapped)
        elif step.what == "wait":
            self.world.pass_time(step.number)
            self.clock.advance(step.number)
        elif step.what == "popular":
            self._make_popular()
        elif step.what == "new":
            self.asked += 1
            self.ask(f"new{self.asked}.example", "A")
        else:
            self.ask({"old": "crowd", "alias": "alias"}[step.what] + f"{step.number}.example", "A")

    def _swap(self, swapped: Swapped) -> None:
        self.asked += 1
        name = f"n{self.asked}.{swapped.listed_by}" if self.listed else f"kept{swapped.name}.example"
        self.ask(
            *(name, swapped.rdtype, swapped.host),
            do=swapped.do,
            transport=swapped.transport,
            option=swapped.option,
        )

    def _snapshot(self) -> Any:
        self.region.cells[:] = self.world.counters.cells
        return evolve(snapshot(), totals=self.tally.totals(), release=self.release.view())

    def told(self) -> bytes:
        """All that is shown: /metrics, and what `mamori status` and support bundles are made of."""
        shown = status.document(self._snapshot())
        released = json.dumps(shown.pop("release"))
        return b"\n".join([self.exposition.render(), json.dumps(shown).encode(), f"{RELEASED} {released}".encode()])


def replays(folder: Path, steps: list[Step]) -> Iterator[tuple[Replay, Replay]]:
    """Both lives side by side, after their beginning and after each step."""
    cached, blocked = Replay(folder, listed=False), Replay(folder, listed=True)
    yield cached, blocked
    for step in steps:
        cached.do(step)
        blocked.do(step)
        yield cached, blocked


def counted(replay: Replay) -> bytes:
    """All numbers but the blocks, as they stand in memory."""
    return replay.world.counters.cells[: replay.world.counters.layout.blocks].tobytes()


def operational(text: bytes) -> list[bytes]:
    return [line for line in text.splitlines() if not line.startswith(RELEASED.encode())]


@settings(max_examples=8, phases=[Phase.generate])
@given(st.lists(STEPS, max_size=25))
def test_swapped_queries_leave_the_same_series_for_ever(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step]
) -> None:
    """Any traffic, a full cache: all that is told is identical until the bucket closes, operational series for ever."""
    folder = tmp_path_factory.mktemp("replay")
    again = [Step("old", number) for number in range(CROWD)]  # what one more entry had displaced would be a miss now
    closing = [*[Step("wait", 3600)] * 24, Step("popular")]
    every = [*steps, *again, *closing, *steps]
    for number, (cached, blocked) in enumerate(replays(folder, every)):
        assert counted(cached) == counted(blocked)
        if number <= len(steps) + 1:
            assert cached.told() == blocked.told()
        elif number > len(every) - len(steps):
            assert operational(cached.told()) == operational(blocked.told())


@pytest.mark.parametrize("k", [1, 8, 60])
def test_k_blocked_queries_show_when_the_bucket_closes_and_only_there(tmp_path: Path, k: int) -> None:
    """The lists' own count is exact: first list first, A only; nothing else of /metrics knows it."""
    swap = Swapped(0, "A", HOSTS[0], False, 0, 0, "blk.example")
    others = [evolve(swap, rdtype="AAAA"), evolve(swap, listed_by="second.example"), evolve(swap, host=VIEW_HOST)]
    steps = [Step("swap", 0, each) for each in [swap] * k + others] + [Step("old", n) for n in range(CROWD)]
    for cached, blocked in replays(tmp_path, steps):
        assert counted(cached) == counted(blocked)
    assert cached.told() == blocked.told()
    assert blocked.world.numbers.blocks == (k + 1, 1)
    assert cached.world.numbers.blocks == (0, 0)
    assert cached.world.numbers.cache_misses > CROWD  # the cache was full, and what it lost was asked again


LATE = [*[Step("new")] * 40, *(Step("old", number) for number in reversed(range(CROWD)))]
"""Fills a full cache further, and then finds which of the crowd had to leave."""


def test_what_was_kept_before_it_was_listed_leaves_no_trace(tmp_path: Path) -> None:
    """A name that is kept and then listed: no use of it is noted, or it would stay longer and others would be missed.

    Who asked for it himself before it was listed could otherwise find one question for it, by filling the cache.
    """
    cached, blocked = (Replay(tmp_path, listed=each, first="later.example") for each in (False, True))
    for replay in (cached, blocked):
        replay.world.forwarder.set_index(LISTED_LATER, 2)
        replay.do(Step("popular"))  # decided by the new list, in both lives
        replay.ask("later.example" if replay.listed else "kept0.example", "A")
        for step in LATE:
            replay.do(step)
    assert counted(cached) == counted(blocked)
    assert cached.told() == blocked.told()
    assert blocked.world.numbers.blocks == (1, 0)


def test_an_alias_that_is_blocked_stays_as_long_as_one_that_is_not(tmp_path: Path) -> None:
    """The miss or the hit that it was, also for what leaves a full cache later."""
    cached, blocked = (Replay(tmp_path, listed=each, first="alias0.example") for each in (False, True))
    for replay in (cached, blocked):
        for step in [Step("alias"), *LATE]:
            replay.do(step)
    assert counted(cached) == counted(blocked)
    assert blocked.world.numbers.blocks == (2, 0)


def test_a_difference_is_seen(tmp_path: Path) -> None:
    """The comparison can fail: one name more that is new to the cache, and the series part."""
    swap = Step("swap", 0, Swapped(0, "A", HOSTS[0], False, 0, 0, "blk.example"))
    cached, blocked = list(replays(tmp_path, [swap]))[-1]
    cached.do(swap)
    blocked.do(Step("new"))
    assert cached.told() != blocked.told()


# --- the real daemon, scraped every second ----------------------------------------------------------------

TIMED = (
    "mamori_uptime_seconds",
    "mamori_list_age_seconds",
    "mamori_worker_cpu_seconds_total",
    "mamori_worker_memory_bytes",
    "mamori_worker_open_fds",
)
ROUNDS, PER_ROUND = 3, 40
STEPS_OF_USE = {"mamori_worker_cpu_seconds_total": 1, "mamori_worker_memory_bytes": 2**20, "mamori_worker_open_fds": 16}


def series(daemon: Daemon) -> dict[str, float]:
    lines = (line.rsplit(" ", 1) for line in daemon.metrics().splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in lines}


def replay(daemon: Daemon, clients: Clients, number: int, *, listed: bool) -> list[dict[str, float]]:
    """What each series gained, second by second: 40 queries and a scrape, eight for names never asked before."""
    kept = [f"long{number}-{name}.example" for name in range(5)]
    for name in kept * 4:
        ask(clients, name, "A", "udp")
    before, gains = series(daemon), []
    for part in range(ROUNDS):
        began = time.monotonic()
        for place in range(PER_ROUND):
            name, transport = kept[part], EVERY[place % 4]
            if listed and place % 5 == part:
                name = f"n{place}-{part}.blk.example"
            ask(clients, name, ("A", "AAAA", "HTTPS")[place % 3] if "blk" in name else "A", transport)
        time.sleep(max(0.0, 1.0 - (time.monotonic() - began)))
        now = series(daemon)
        gains.append({name: round(now[name] - before.get(name, 0.0), 9) for name in now if not name.startswith(TIMED)})
    return gains


def parted(one: list[dict[str, float]], other: list[dict[str, float]]) -> list[tuple[str, float, float]]:
    """The series that are not alike at some second."""
    pairs = [(name, a[name], b[name]) for a, b in zip(one, other, strict=True) for name in a | b]
    return [pair for pair in pairs if not (pair[1] == pair[2] or (isnan(pair[1]) and isnan(pair[2])))]


def ask(clients: Clients, name: str, rdtype: str, transport: str) -> None:
    assert clients.exchange(dns.message.make_query(name, rdtype, use_edns=0).to_wire(), transport) is not None


@pytest.mark.daemon
def test_the_real_daemon_scraped_every_second_shows_no_difference(tmp_path: Path) -> None:
    """Two replays of hits, and one with a fifth blocked, each by another name: every counter equal each second."""
    with listed_daemon(tmp_path, [entry("blk.example", "domain")]) as (daemon, upstream), Clients(daemon) as clients:
        for transport in EVERY:  # connections are there before the first replay
            ask(clients, "long-first.example", "A", transport)
        first, second = (replay(daemon, clients, number, listed=False) for number in (1, 2))
        asked = len(upstream.queries)
        blocked = replay(daemon, clients, 3, listed=True)
        assert parted(first, second) == parted(first, blocked) == []
        assert not any("blk" in name for name in upstream.names())
        assert len(upstream.queries) - asked == 5
        assert blocked[-1]["mamori_cache_hits_total"] == ROUNDS * PER_ROUND
        for name, value in series(daemon).items():
            step = STEPS_OF_USE.get(name.partition("{")[0])
            assert step is None or value % step == 0
