"""Questions that C asks by itself, on loopback sockets and without a reactor's loop, beside a worker that asks them all
in Python: nobody can tell the two apart but by their ports."""

from __future__ import annotations

import errno
import gc
import os
import re
import select
import socket
from collections.abc import Callable, Iterator, Sequence
from random import Random
from types import ModuleType
from typing import Any

import dns.edns
import dns.message
import dns.rcode
import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from twisted.internet.testing import MemoryReactorClock

import native
from resolver.core.cache import Entry, cost
from resolver.core.config import CoreConfig, ForwardSet, UpstreamConfig
from resolver.core.counters import Counters, Layout
from resolver.core.forwarder import Forwarder
from resolver.core.limits import Limits as CoreLimits
from resolver.edge.faults import Faults
from resolver.edge.limits import Limits
from resolver.edge.serving.entrances import TlsDoors
from resolver.edge.serving.flown import sockaddr
from resolver.edge.serving.upstream_dials import UpstreamServer
from resolver.edge.serving.worker import Service
from tests.resolver.core.conftest import NEEDS_NATIVE
from tests.resolver.core.test_ruling import Response
from tests.resolver.core.world import CONFIG, TABLE, UNIX_TIME, Reply, index_of, question, records
from tests.support.memory import found_in_process

pytestmark = NEEDS_NATIVE

START = 1000.0
OTHER = index_of(["site.example"], exempt=["w.blk.example"])
SOA = "ns example. 40 SOA ns.example. mail.example. 1 2 3 4 30"
Weather = Callable[[dns.message.Message, bytes], list[bytes]]
"""What comes for a query: its message, and its bytes."""


def said(*lines: str) -> Weather:
    """An answer with these records; `{}` is the name in lower case."""

    def weather(query: dns.message.Message, data: bytes) -> list[bytes]:
        name = query.question[0].name.to_text().lower()
        reply: Reply = records(*(line.format(name) for line in lines))
        response = reply(query)
        assert isinstance(response, dns.message.Message)
        return [response.to_wire()]

    return weather


def changed(change: Callable[[bytes], list[bytes]]) -> Weather:
    """A good answer, changed."""
    good = said("an {} 300 A 192.0.2.9")
    return lambda query, data: change(good(query, data)[0])


WEATHER: dict[str, Weather] = {
    "address": said("an {} 300 A 192.0.2.9", "ad"),
    "seconds": said("an {} 3 A 192.0.2.9"),
    "long life": said("an {} 900000 A 192.0.2.9", "ns {} 20 NS ns.example."),
    "nothing to keep": said("an {} 0 A 192.0.2.9"),
    "no such name": said("nxdomain", SOA),
    "no data": said(SOA),
    "denied without a reason": said("nxdomain"),
    "alias": said("an {} 60 CNAME cdn.site.example.", "an cdn.site.example. 90 A 192.0.2.9"),
    "large": said(*(f"an {{}} 300 TXT {'x' * 200}{number}" for number in range(4))),
    "failure": said("servfail"),
    "silence": lambda query, data: [],
    "twice": changed(lambda wire: [wire, wire]),
    "cut": changed(lambda wire: [wire[:2] + bytes([wire[2] | 2]) + wire[3:]]),
    "another question": changed(lambda wire: [wire[:13] + b"zz" + wire[15:]]),
    "rubbish": changed(lambda wire: [wire[:20]]),
    "a listed friend": said("an {} 300 A 192.0.2.9", "ar w.blk.example. 300 A 192.0.2.7"),
    "a listed host of mail": said("an {} 300 MX 5 w.blk.example."),
    "a TTL of the top bit": changed(lambda wire: [wire.replace(b"\0\0\1\x2c", b"\x80\0\1\x2c")]),
    "explained": changed(lambda wire: [wire[:-2] + b"\0\6\0\x0f\0\2\0\7"]),
    "with an option": changed(lambda wire: [wire[:-2] + b"\0\4\0\3\0\0"]),
}  # fmt: skip
"""What upstreams do."""
ALIKE = tuple(WEATHER)
WEATHER |= {
    "lost case": changed(lambda wire: [wire[:12] + wire[12:].lower()]),
    "a guess": changed(lambda wire: [bytes([wire[0] ^ 1]) + wire[1:], wire]),
    "guesses": changed(lambda wire: [bytes([wire[0] ^ number]) + wire[1:] for number in range(1, 12)]),
    "one byte": changed(lambda wire: [b"x", wire]),
}
"""Datagrams that fit no query count against all of a port, and workers differ in their ports; responses in another case
count while none in the right one comes between, and they differ in the order of responses of one moment."""


OPEN: list[Stage] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Every stage of a test, however it ended."""
    yield
    while OPEN:
        OPEN.pop().close()


class Stage:
    """One worker: clients, its sockets, a clock, and two upstreams in this very thread."""

    def __init__(self, module: ModuleType | None, config: CoreConfig, weather: dict[bytes, str]) -> None:
        self.weather = weather
        self.reactor = MemoryReactorClock()
        self.reactor.advance(START)
        self.upstreams = [_bound() for _ in config.upstreams]
        self.counters = Counters.in_memory(Layout(len(config.upstreams), len(config.lists)))
        seconds = self.reactor.seconds
        self.core = Forwarder(config, self.counters, Random(1).randbytes, lambda: UNIX_TIME + seconds(), module)
        self.core.set_index(TABLE, 1)
        self.reports: list[Any] = []
        faults = Faults(self.reports.append, seconds, Limits().pump)
        servers = [UpstreamServer(each.getsockname()) for each in self.upstreams]
        self.service = Service(self.core, self.reactor, servers, faults, Limits(), 0, TlsDoors(), "/dns-query")
        self.listening = _bound()
        self.address = self.listening.getsockname()
        self.service.listen("udp", self.listening, "127.0.0.1:53")
        self.client = _bound()
        self.asked: list[tuple[int, bytes, bytes]] = []
        self.answers: list[bytes] = []
        OPEN.append(self)

    def send(self, *packets: bytes) -> None:
        for packet in packets:
            self.client.sendto(packet, self.address)

    def over_a_stream(self, packet: bytes) -> None:
        """A query that came in another way."""
        answer = self.core.receive_query(packet, "127.0.0.1", self.stream, (self, None), self.reactor.seconds())
        if answer is not None:
            self.answers.append(answer)
        self.service._pump.flush()

    @property
    def stream(self) -> Any:
        self._stream = getattr(self, "_stream", None) or self.core.door(1, "127.0.0.1:53")
        return self._stream

    def deliver(self, data: bytes, address: object) -> None:
        self.answers.append(data)

    def settle(self) -> None:
        """Turn until nothing moves."""
        while self.turn() | self.reply() | self.take_answers():
            pass

    def turn(self) -> bool:
        """What the reactor does once."""
        readers = [each for each in self.reactor.getReaders() if each.fileno() >= 0]
        ready = select.select(readers, [], [], 0)[0]
        for each in readers:
            if each in ready and each.fileno() >= 0:
                each.doRead()
        return bool(ready)

    def reply(self) -> bool:
        """What upstreams do with all that came to them."""
        came = False
        for number, upstream in enumerate(self.upstreams):
            while (datagram := _received(upstream)) is not None:
                came = True
                data, port = datagram
                query = dns.message.from_wire(data)
                name = query.question[0].name.to_text().lower().encode()
                self.asked.append((number, data[2:12] + data[12:].lower(), b""))
                for response in WEATHER[self.weather.get(name, "address")](query, data):
                    upstream.sendto(response, port)
        return came

    def take_answers(self) -> bool:
        came = False
        while (datagram := _received(self.client)) is not None:
            came = True
            self.answers.append(datagram[0])
        return came

    def pass_time(self, seconds: float) -> None:
        """In steps that no two deadlines of a question share."""
        end = self.reactor.seconds() + seconds
        while (calls := self.reactor.getDelayedCalls()) and (due := min(call.getTime() for call in calls)) <= end:
            self.reactor.advance(max(0.0, due - self.reactor.seconds()))
            self.settle()
        self.reactor.advance(max(0.0, end - self.reactor.seconds()))
        self.settle()

    def close(self) -> None:
        if self.client.fileno() < 0:
            return
        self.service.stop(lambda: None)
        self.reactor.pump([0.1] * 40)
        for each in (self.client, *self.upstreams):
            each.close()


def _bound() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.setblocking(False)
    return sock


def _received(sock: socket.socket) -> tuple[bytes, Any] | None:
    try:
        return sock.recvfrom(4096)
    except OSError as error:
        assert error.errno in (errno.EAGAIN, errno.ECONNREFUSED)
        return None


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage(native.MODULE, CONFIG, {})
    yield made
    assert made.reports == []


def test_a_plain_question_is_asked_answered_and_kept_in_c(stage: Stage) -> None:
    """The core hears of it when all is done: no attempt of its own, an entry on its shelf; the next one is a hit."""
    handed: list[object] = []
    stage.core._resolution.asking.start = lambda *_: handed.append(1)  # type: ignore[method-assign]
    stage.send(question("n.site.example"))
    stage.settle()  # the first of an unknown client is Python's
    assert handed == [1]
    stage.send(question("m.site.example"), question("m.site.example"))
    stage.settle()
    assert handed == [1]
    assert len(stage.asked) == 1
    assert len(stage.answers) == 2
    cache, key = stage.core._resolution.cache, b"\1m\4site\7example\0\0\1\0\1\0"
    landed = cache.entries()[-1]
    assert not isinstance(landed, Entry)
    assert not gc.is_tracked(landed)
    kept = cache.find(key)
    assert kept is not None
    assert cache.entries()[-1] is cache.find(key) is kept
    assert (landed.key, kept.cost) == (key, cost(key, kept))
    assert kept.answer.counts == (1, 0, 0)
    before = stage.counters.read().cache_hits
    stage.send(question("M.site.example"))
    stage.settle()
    assert stage.counters.read().cache_hits == before + 1


def test_no_question_flies_where_each_must_be_looked_at() -> None:
    """Views, and answers that nobody keeps."""
    from resolver.core.config import ViewConfig

    for config in (evolve(CONFIG, relay=True), evolve(CONFIG, views=(ViewConfig((), frozenset({"x"}), ()),))):
        made = Stage(native.MODULE, config, {})
        assert made.service._flown is None


def test_the_last_answers_leave_while_a_worker_stops() -> None:
    """What flies is waited for like any other question."""
    made = Stage(native.MODULE, CONFIG, {})
    made.send(question("first.site.example"))
    made.settle()
    made.answers.clear()
    made.send(question("last.site.example"))
    made.turn()
    stopped: list[bool] = []
    made.service.stop(lambda: stopped.append(True))
    assert not stopped
    made.settle()
    made.reactor.advance(0.05)
    made.reactor.advance(0.05)
    assert len(made.answers) == 1
    assert stopped
    for each in (made.client, *made.upstreams):
        each.close()


@pytest.mark.parametrize("server", [("127.0.0.1", 53), ("::1", 5353)])
def test_a_server_is_told_as_the_kernel_takes_it(server: tuple[str, int]) -> None:
    """The bytes are those of the C library's own structures."""
    packed = sockaddr(server)
    family = int.from_bytes(packed[:2], "little")
    assert len(packed) == (16 if family == socket.AF_INET else 28)
    assert int.from_bytes(packed[2:4]) == server[1]
    assert socket.inet_pton(family, server[0].partition("%")[0]) in packed


# --- beside a worker that asks all in Python ------------------------------------------------------------------

TWO = evolve(CONFIG, upstreams=(UpstreamConfig("one", trust_ad=True), UpstreamConfig("two")))
CONFIGS = (  # who asks early first depends on which forms of query the pure hit path has met
    evolve(CONFIG, prefetch=False),
    evolve(TWO, recursors=1, forward=(ForwardSet(("zone.site.example",), (1,)),), min_ttl=10, prefetch=False),
    evolve(CONFIG, prefetch=False, limits=CoreLimits(waiters_max=2)),
    evolve(CONFIG, prefetch=False, max_ttl=30, stale=0),
)
NAMES = (
    *(f"n{number}.site.example" for number in range(8)),
    *("www.blk.example", "w.blk.example", "a.zone.site.example", "localhost", "1.0.0.10.in-addr.arpa", "."),
    f"{'x' * 63}.{'y' * 63}.{'z' * 63}.{'w' * 48}.example",
)
COOKIE = [dns.edns.CookieOption(b"8 bytes.", b"")]


def packet(name: str, rtype: str, edns: int, ident: int) -> bytes:
    """0: no EDNS, 1: EDNS, 2: with DO, 3: with a cookie, 4: little room."""
    query = dns.message.make_query(name, rtype, id=ident)
    if edns:
        query.use_edns(0, 0x8000 if edns == 2 else 0, 512 if edns == 4 else 1232, options=COOKIE if edns == 3 else [])
    return query.to_wire()


ASKED = st.tuples(
    st.sampled_from(NAMES[:5]) | st.sampled_from(NAMES), st.sampled_from(["A", "A", "AAAA", "DS"]), st.integers(0, 4)
)


def kept(stage: Stage) -> dict[bytes, tuple[object, ...]]:
    """What is on the shelf, but for the ids that were drawn."""
    cache = stage.core._resolution.cache
    entries = {key: cache.entry_of(each) for key, each in cache._shelf.things.items()}
    return {key: (each.kept[2:], each.stored, each.until, each.cost, each.in_main) for key, each in entries.items()}


def told(stage: Stage) -> list[bytes]:
    """Its answers, but for when their cookies were made: of a question handed over, at that moment."""
    return sorted(re.sub(rb"(?s)(8 bytes\.\x01\0\0\0).{12}", rb"\1", answer) for answer in stage.answers)


class Beside(RuleBasedStateMachine):
    """The same to two workers, one of which flies."""

    @initialize(config=st.sampled_from(CONFIGS), cookies=st.booleans())
    def begin(self, config: CoreConfig, cookies: bool) -> None:
        self.weather: dict[bytes, str] = {}
        self.generation, self.ident = 1, 0
        self.stages = [Stage(module, config, self.weather) for module in (None, native.MODULE)]
        for stage in self.stages:
            stage.core.use_cookie_secrets([bytes(16)] if cookies else [])
        self.ask([("known.site.example", "A", 1)])

    @rule(questions=st.lists(ASKED, min_size=1, max_size=6))
    def ask(self, questions: list[tuple[str, str, int]]) -> None:
        self.send(questions)
        for stage in self.stages:
            stage.settle()

    @rule(questions=st.lists(ASKED, min_size=1, max_size=6))
    def ask_and_leave_upstreams_waiting(self, questions: list[tuple[str, str, int]]) -> None:
        self.send(questions)
        for stage in self.stages:
            stage.turn()

    @rule(asked=ASKED)
    def ask_over_a_stream(self, asked: tuple[str, str, int]) -> None:
        self.ident += 1
        for stage in self.stages:
            stage.over_a_stream(packet(*asked, self.ident))

    @rule(seconds=st.sampled_from([0.0625, 0.25, 0.5, 1, 3, 40, 280]))
    def wait(self, seconds: float) -> None:
        for stage in self.stages:
            stage.pass_time(seconds)

    @rule(name=st.sampled_from(NAMES), weather=st.sampled_from(ALIKE))
    def change_the_weather(self, name: str, weather: str) -> None:
        self.weather[name.rstrip(".").encode() + b"."] = weather

    @rule(weather=st.sampled_from(ALIKE))
    def change_all_weather(self, weather: str) -> None:
        self.weather.update({name.rstrip(".").encode() + b".": weather for name in NAMES})

    @rule(index=st.sampled_from([TABLE, OTHER]))
    def enforce(self, index: Any) -> None:
        self.generation += 1
        for stage in self.stages:
            stage.core.set_index(index, self.generation)

    def send(self, questions: list[tuple[str, str, int]]) -> None:
        packets = []
        for asked in questions:
            self.ident = (self.ident + 1) % 65536
            packets.append(packet(*asked, self.ident))
        for stage in self.stages:
            stage.send(*packets)

    @invariant()
    def nobody_can_tell_them_apart(self) -> None:
        if not hasattr(self, "stages"):
            return
        pure, ours = self.stages
        assert told(pure) == told(ours)
        assert sorted(pure.asked) == sorted(ours.asked)
        assert pure.counters.cells.tolist() == ours.counters.cells.tolist()
        assert pure.core.next_deadline() == ours.core.next_deadline()
        assert kept(pure) == kept(ours)
        assert pure.reports == ours.reports == []
        for stage in self.stages:
            stage.answers.clear()
            stage.asked.clear()

    def teardown(self) -> None:
        for stage in getattr(self, "stages", ()):
            stage.close()


@pytest.mark.timeout(600)
def test_nobody_can_tell_the_workers_apart() -> None:
    """Answers, counters, what upstreams are asked, deadlines and what is kept: the same at every step."""
    run_state_machine_as_test(Beside, settings=settings(max_examples=25, stateful_step_count=20, deadline=None))


# --- what is special, and what becomes of it --------------------------------------------------------------------


def known(config: CoreConfig = CONFIG, weather: str = "address") -> Stage:
    """A stage whose client is known, where the next question flies."""
    made = Stage(native.MODULE, config, {})
    made.send(question("known.site.example"))
    made.settle()
    made.answers.clear()
    made.asked.clear()
    made.weather.update({f"n{number}.site.example.".encode(): weather for number in range(9)})
    return made


def flying(stage: Stage) -> int:
    return stage.core._resolution.in_flight._flights.count()


def ask(stage: Stage, *names: str) -> None:
    stage.send(*(question(f"{name}.site.example") for name in names))
    stage.turn()


def test_a_guess_hands_over_all_that_is_in_flight_on_its_port() -> None:
    """Each counts it, and the true answer is still taken."""
    stage = known(weather="a guess")
    ask(stage, "n1", "n2")
    assert flying(stage) == 2
    stage.settle()
    assert flying(stage) == 0
    assert sorted(answer[3] & 15 for answer in stage.answers) == [0, 0]


def test_many_guesses_send_a_question_to_tcp() -> None:
    """After `strange_max` nobody waits on that port any more (RFC 5452)."""
    stage = known(weather="guesses")
    ask(stage, "n1")
    stage.settle()
    assert stage.answers == []
    assert stage.reactor.tcpClients


def test_a_response_in_another_case_is_asked_for_again_over_tcp() -> None:
    """As the core does with its own."""
    stage = known(weather="lost case")
    ask(stage, "n1")
    stage.settle()
    assert flying(stage) == 0
    assert stage.answers == []
    assert stage.reactor.tcpClients


def test_an_error_of_the_network_is_one_of_each_query_on_the_port() -> None:
    """A port that nobody listens on: the failure is counted and the question goes on in Python, to its end."""
    stage = known()
    port = stage.upstreams[0].getsockname()
    stage.upstreams[0].close()
    ask(stage, "n1", "n2")
    for _ in range(3):
        stage.turn()
    assert flying(stage) == 0
    assert stage.counters.read().upstream_failures[0] >= 2
    stage.upstreams[0] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stage.upstreams[0].setblocking(False)
    stage.upstreams[0].bind(port)
    stage.pass_time(3)
    assert [answer[3] & 15 for answer in stage.answers] == [0, 0]


def test_what_is_not_answered_is_asked_again_by_the_schedule() -> None:
    """At the second offset the core has it, with who waits; the first query's answer would still be taken."""
    stage = known(weather="silence")
    ask(stage, "n1", "n1")
    assert flying(stage) == 1
    stage.pass_time(0.36)
    assert flying(stage) == 0
    assert len(stage.asked) == 2
    assert stage.counters.read().pending == 1
    stage.weather.clear()
    stage.pass_time(1)
    assert [answer[3] & 15 for answer in stage.answers] == [0, 0]
    assert stage.counters.read().pending == 0


def test_whoever_asks_in_another_way_waits_for_the_question_that_flies() -> None:
    """A client of a stream joins it; nothing is asked twice."""
    stage = known()
    ask(stage, "n1")
    stage.over_a_stream(question("n1.site.example"))
    assert flying(stage) == 0
    stage.settle()
    assert len(stage.asked) == 1
    assert len(stage.answers) == 2


def test_a_response_is_not_lost_that_came_before_its_question_was_recalled() -> None:
    """It is read in the same flush in which the core takes the question over."""
    stage = known()
    ask(stage, "n1")
    stage.reply()
    stage.over_a_stream(question("n1.site.example"))
    stage.settle()
    assert len(stage.answers) == 2
    assert len(stage.asked) == 1


def test_a_fault_over_answers_costs_no_question_that_came_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is handed over in the same reading goes on."""
    stage = known()
    stage.weather[b"n2.site.example."] = "alias"
    monkeypatch.setattr(stage.core, "landed", lambda *_: 1 / 0)
    ask(stage, "n1", "n2")
    stage.settle()
    assert len(stage.answers) == 2
    assert len(stage.reports) == 1


@pytest.mark.skipif("libasan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer has terabytes of its own")
def test_no_name_stays_behind_that_nobody_keeps() -> None:
    """Another process asks and answers in C what only this one knows the name of: then it stands nowhere there."""
    stage = known()
    commands, done = os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        os.close(commands[1])
        while os.read(commands[0], 1):
            while stage.turn():
                pass
            os.write(done[1], b"d")
        os._exit(0)
    names = [f"{Random().randbytes(12).hex()}.site.example" for _ in range(3)]
    stage.weather.update({f"{name}.".encode(): "nothing to keep" for name in names})
    try:
        stage.send(*(packet(name, "A", 3, 1) for name in names))
        for act in (stage.reply, stage.take_answers):
            os.write(commands[1], b"t")
            os.read(done[0], 1)
            assert act()
        assert len(stage.answers) == 3
        assert found_in_process(child, names) == set()
    finally:
        os.close(commands[1])
        os.waitpid(child, 0)
        for end in (commands[0], *done):
            os.close(end)


def test_a_list_that_comes_meanwhile_decides_the_answer() -> None:
    """The answer to a question that is listed by then is the list's."""
    stage = known()
    ask(stage, "n1")
    stage.core.set_index(OTHER, 2)
    stage.settle()
    assert [dns.message.from_wire(answer).answer[0][0].to_text() for answer in stage.answers] == ["192.0.2.1"]


def test_what_is_full_makes_room_for_the_newest() -> None:
    """The oldest question of all is shed, whoever carries it."""
    stage = known(evolve(CONFIG, limits=CoreLimits(pending_max=2)), "silence")
    for number in range(4):
        stage.reactor.advance(0.001)
        ask(stage, f"n{number}")
    stage.take_answers()
    assert [answer[3] & 15 for answer in stage.answers] == [2, 2]
    assert stage.counters.read().pending == 2


def test_every_upstream_is_measured_now_and_then() -> None:
    """Many questions that fly do not hide one upstream from the other: both are asked."""
    stage = known(TWO)
    for number in range(300):
        ask(stage, f"m{number}")
        stage.reactor.advance(0.01)
        stage.settle()
    numbers = [upstream for upstream, *_ in stage.asked]
    assert min(numbers.count(0), numbers.count(1)) >= 2


def test_an_upstream_that_fails_is_no_route() -> None:
    """Silence of one brings the other; nothing flies to one that is down."""
    stage = known(weather="silence")
    for number in range(9):
        ask(stage, f"n{number}")
    stage.pass_time(0.4)
    assert stage.counters.read().upstream_up == (0,)
    ask(stage, "other")
    assert flying(stage) == 0


def test_a_query_that_cannot_be_sent_is_sent_by_the_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a descriptor for a port nothing is lost, and no failure of the upstream is counted."""
    import resource

    stage = Stage(native.MODULE, CONFIG, {})
    stage.send(question("known.site.example"))
    stage.settle()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(each.fileno() for each in stage.upstreams), hard))
    try:
        ask(stage, "n1")
        assert flying(stage) <= 1
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    stage.settle()
    assert len(stage.asked) == 2
    assert len(stage.answers) == 2
    assert stage.counters.read().upstream_queries == (2,)


def test_an_alias_to_a_name_that_is_listed_meanwhile_is_blocked() -> None:
    """The list decides what an answer leads to as of when it comes."""
    stage = known(weather="alias")
    ask(stage, "n1")
    stage.core.set_index(index_of(["cdn.site.example"]), 2)
    stage.settle()
    assert [dns.message.from_wire(answer).answer[0][0].to_text() for answer in stage.answers] == ["192.0.2.1"]


@pytest.mark.parametrize("options", [[dns.edns.GenericOption(3, b"")], [dns.edns.GenericOption(12, bytes(7))]])
def test_whoever_asks_with_another_option_waits_for_the_question_that_flies(options: list[dns.edns.Option]) -> None:
    """NSID and padding are Python's to read: both clients have their answer, and nothing is asked twice."""
    stage = known(evolve(CONFIG, nsid="node-1"))
    ask(stage, "n1")
    query = dns.message.make_query("n1.site.example", "A")
    query.use_edns(0, 0, 1232, options=options)
    stage.send(query.to_wire())
    stage.turn()
    assert flying(stage) == 0
    stage.settle()
    assert len(stage.asked) == 1
    answers = [dns.message.from_wire(answer) for answer in stage.answers]
    assert [answer.answer[0][0].to_text() for answer in answers] == ["192.0.2.9"] * 2
    nsid = [option for answer in answers for option in answer.options if option.otype == 3]
    assert len(nsid) == (options[0].otype == 3)


# --- faults -----------------------------------------------------------------------------------------------------


def fail_once(monkeypatch: pytest.MonkeyPatch, target: object, name: str, at: int = 0) -> None:
    """Let one call of a method fail, the first or a later one."""
    whole, calls = getattr(target, name), iter(range(at + 1))

    def failing(*given: object, **named: object) -> object:
        if next(calls, None) == at:
            raise RuntimeError
        return whole(*given, **named)

    monkeypatch.setattr(target, name, failing)


def test_a_fault_in_keeping_answers_costs_their_keeping_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """All have their answers, what C holds stands on the shelf, and who is handed over with them goes on."""
    stage = known()
    stage.weather[b"n3.site.example."] = "alias"
    ask(stage, "n1", "n2", "n3")
    shelf = stage.core._resolution.cache._shelf
    put_all = shelf.put_all

    def put_one(new: Sequence[Any]) -> None:
        put_all(new[:1])
        raise RuntimeError

    monkeypatch.setattr(shelf, "put_all", put_one)
    stage.settle()
    stage.pass_time(1)
    assert [answer[3] & 15 for answer in stage.answers] == [0, 0, 0]
    assert len(stage.reports) == 1
    assert len(stage.core.hit_path) == len(kept(stage))  # type: ignore[arg-type]
    monkeypatch.setattr(shelf, "put_all", put_all)
    asked = len(stage.asked)
    ask(stage, "n2")
    stage.settle()
    assert len(stage.asked) == asked + 1
    assert len(stage.answers) == 4


def test_what_c_keeps_and_python_cannot_read_costs_no_answer() -> None:
    """Were there such a response, whoever needs the core would be answered by a new one."""
    stage = known()
    cache, key = stage.core._resolution.cache, b"\2n1\4site\7example\0\0\1\0\1\0"
    cache.put_landed([Response(bytes(12), 300, key)])
    stage.over_a_stream(question("n1.site.example"))
    stage.settle()
    assert [answer[3] & 15 for answer in stage.answers] == [0]
    assert (len(stage.asked), stage.reports) == (1, [])
    found = cache.find(key)
    assert found is not None
    assert found.kept


def test_a_fault_in_taking_a_question_over_costs_those_who_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others that are due with it go on, the question itself may be asked again, and nothing stays in flight."""
    stage = known(weather="silence")
    ask(stage, "n1", "n2", "n3")
    fail_once(monkeypatch, stage.core._resolution.in_flight, "_waiter", at=1)
    stage.pass_time(0.6)
    stage.weather.clear()
    stage.pass_time(3)
    assert [answer[3] & 15 for answer in stage.answers] == [0, 0]
    assert len(stage.reports) == 1
    assert stage.counters.read().pending == 0
    ask(stage, "n1", "n2", "n3")
    stage.settle()
    assert len(stage.answers) == 5
