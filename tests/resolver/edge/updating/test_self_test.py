"""Self-test names, asked of an answerer in memory; once over real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from attrs import evolve
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock

from resolver.edge.selftest import SelfTest
from resolver.edge.updating.self_test import Asker, SelfTesting, SelfTestLimits, exchange
from resolver.settings.addresses import Endpoint
from tests.resolver.edge.settings_for_edge import NOTICE, settings

NAMES = ("one.selftest.example", "two.selftest.example")
Asked = tuple[str, str, bool]


class Answerer:
    """Answers as a resolver that blocks, or as the test says; keeps what was asked: name, type, over TCP?"""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.wires: list[bytes] = []
        self.bend: Callable[[dns.message.Message, Asked], dns.message.Message | bytes | None] = lambda reply, _: reply

    def __call__(self, endpoint: Endpoint, query: bytes, tcp: bool, seconds: float) -> bytes | None:
        message = dns.message.from_wire(query)
        [question] = message.question
        kind = dns.rdatatype.to_text(question.rdtype)
        asked = (question.name.to_text(omit_final_dot=True), kind, tcp)
        self.asked.append(asked)
        self.wires.append(query)
        reply = dns.message.make_response(message, recursion_available=True)
        if kind == "A":
            reply.answer.append(dns.rrset.from_text(question.name, 30, "IN", "A", "192.0.2.1"))
        bent = self.bend(reply, asked)
        return bent.to_wire() if isinstance(bent, dns.message.Message) else bent


@pytest.fixture
def answerer() -> Answerer:
    return Answerer()


@pytest.fixture
def asker(tmp_path: Path, answerer: Answerer) -> Asker:
    return evolve(Asker.of(settings(tmp_path)), exchange=answerer)


def test_a_round_asks_what_a_browser_asks(asker: Asker, answerer: Answerer) -> None:
    """A, AAAA and HTTPS of each name over UDP, and the first once over TCP; ids are drawn anew."""
    assert asker.ask("demo", NAMES) is SelfTest.OK
    one, two = NAMES
    assert answerer.asked == [
        (one, "A", False), (one, "A", True), (one, "AAAA", False), (one, "HTTPS", False),
        (two, "A", False), (two, "AAAA", False), (two, "HTTPS", False),
    ]  # fmt: skip
    assert len({wire[:2] for wire in answerer.wires}) > 1


def rcode(code: int) -> Callable[[dns.message.Message, Asked], dns.message.Message]:
    def bend(reply: dns.message.Message, _: Asked) -> dns.message.Message:
        reply.set_rcode(dns.rcode.Rcode(code))
        reply.answer.clear()
        return reply

    return bend


def real_address(reply: dns.message.Message, asked: Asked) -> dns.message.Message:
    reply.answer = [dns.rrset.from_text(asked[0] + ".", 30, "IN", "A", "198.51.100.7")]
    return reply


def no_data(reply: dns.message.Message, _: Asked) -> dns.message.Message:
    reply.answer.clear()
    return reply


@pytest.mark.parametrize(
    ("bend", "word"),
    [
        (real_address, SelfTest.NOT_BLOCKED),
        (no_data, SelfTest.NOT_BLOCKED),
        (rcode(3), SelfTest.NOT_BLOCKED),
        (rcode(5), SelfTest.REFUSED),
        (rcode(2), SelfTest.FAILED),
        (lambda _reply, _asked: None, SelfTest.NO_ANSWER),
        (lambda _reply, _asked: b"junk", SelfTest.FAILED),
        (lambda reply, _asked: reply.to_wire() + b"x", SelfTest.FAILED),
    ],
)
def test_what_is_wrong_is_one_word(asker: Asker, answerer: Answerer, bend: Any, word: SelfTest) -> None:
    """A real answer, none, a refusal, an error and junk are told apart; the round ends there."""
    answerer.bend = bend
    assert asker.ask("demo", NAMES) is word
    assert len(answerer.asked) == 1


def test_one_leak_of_one_type_is_found(asker: Asker, answerer: Answerer) -> None:
    """An HTTPS record that gets through is a way round the block, however well A is blocked."""

    def bend(reply: dns.message.Message, asked: Asked) -> dns.message.Message:
        if asked[1] == "HTTPS":
            reply.answer.append(dns.rrset.from_text(asked[0] + ".", 30, "IN", "HTTPS", "1 . alpn=h2"))
        return reply

    answerer.bend = bend
    assert asker.ask("demo", NAMES) is SelfTest.NOT_BLOCKED


def test_no_data_is_what_dns_only_promises(tmp_path: Path, answerer: Answerer) -> None:
    """Without a notice page every type has no data."""
    asker = evolve(Asker.of(settings(tmp_path, answer={"mode": "dns-only"}, notices={})), exchange=answerer)
    assert asker.ask("demo", NAMES) is SelfTest.NOT_BLOCKED
    answerer.bend = no_data
    assert asker.ask("demo", NAMES) is SelfTest.OK


def test_wildcard_addresses_are_asked_on_loopback(tmp_path: Path) -> None:
    """Nothing can be sent to 0.0.0.0."""
    asker = Asker.of(settings(tmp_path, listen=["0.0.0.0:5300", "[::]:5300", "127.0.0.2:5300"]))
    assert [str(each) for each in asker.expected] == ["127.0.0.1:5300", "[::1]:5300", "127.0.0.2:5300"]


def test_a_name_that_is_none_fails_the_list_not_the_updater(asker: Asker, answerer: Answerer) -> None:
    """The list body signed it, but it comes from outside."""
    assert asker.ask("demo", ("a..example",)) is SelfTest.FAILED
    assert answerer.asked == []


def test_a_list_has_few_names_asked(asker: Asker, answerer: Answerer) -> None:
    """However many a list body signs."""
    assert asker.ask("demo", [f"n{number}.example" for number in range(50)]) is SelfTest.OK
    assert len({name for name, _, _ in answerer.asked}) == asker.limits.names


def test_real_sockets_over_udp_and_tcp() -> None:
    """What is sent is what comes back; a closed port and a cut answer are no answer."""
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        udp.bind(("127.0.0.1", 0))

        def echo_udp() -> None:
            data, client = udp.recvfrom(600)
            udp.sendto(data, client)

        def echo_tcp() -> None:
            for cut in (False, True):
                line, _ = tcp.accept()
                with line:
                    data = line.recv(600)
                    line.sendall(data[:1] if cut else data)

        threads = [threading.Thread(target=echo) for echo in (echo_udp, echo_tcp)]
        for thread in threads:
            thread.start()
        places = [Endpoint("127.0.0.1", each.getsockname()[1]) for each in (udp, tcp)]
        assert exchange(places[0], b"query", False, 5.0) == b"query"
        assert exchange(places[1], b"query", True, 5.0) == b"query"
        assert exchange(places[1], b"query", True, 5.0) is None
        for thread in threads:
            thread.join()
    assert exchange(places[1], b"query", True, 5.0) is None


def test_each_address_is_asked_for_the_lists_of_its_view(tmp_path: Path, answerer: Answerer) -> None:
    """A question to an address of ours comes from there: the view that fits it says what is promised, if anything."""
    views = [
        {"name": "mail", "listen": ["127.0.0.1:5300"], "lists": []},
        {"name": "west", "from": ["127.0.0.2/32"], "notices": {"demo": "west"}},
    ]
    bare = settings(tmp_path)
    pages = {"default": bare.raw["notices"]["default"], "west": NOTICE | {"ipv4": "192.0.2.2"}}
    places = ["127.0.0.1:5300", "127.0.0.2:5300", "127.0.0.3:5300"]
    asked = settings(tmp_path, listen=places, views=views, notices=pages)
    asker, met = Asker.of(asked), list[str]()

    def note(endpoint: Endpoint, query: bytes, tcp: bool, seconds: float) -> bytes | None:
        met.append(endpoint.host)
        if endpoint.host == "127.0.0.2":
            answerer.bend = lambda reply, asked: west_page(reply, asked)
        else:
            answerer.bend = lambda reply, _: reply
        return answerer(endpoint, query, tcp, seconds)

    assert evolve(asker, exchange=note).ask("demo", NAMES[:1]) is SelfTest.OK
    assert met == ["127.0.0.2"] * 4 + ["127.0.0.3"] * 4
    assert evolve(asker, exchange=answerer).ask("demo", NAMES) is SelfTest.NOT_BLOCKED  # the page of the others


def west_page(reply: dns.message.Message, asked: Asked) -> dns.message.Message:
    if asked[1] == "A":
        reply.answer = [dns.rrset.from_text(asked[0] + ".", 30, "IN", "A", "192.0.2.2")]
    return reply


def test_a_list_that_no_address_meets_is_not_asked_for(tmp_path: Path, answerer: Answerer) -> None:
    """It is neither well nor ill: nothing is said of it."""
    views = [{"name": "own", "from": ["127.0.0.0/8"], "lists": []}]
    asker = evolve(Asker.of(settings(tmp_path, views=views)), exchange=answerer)
    assert asker.ask("demo", NAMES) is None
    rounds = Rounds(asker)
    rounds.testing.in_force(["demo"])
    rounds.clock.advance(SelfTestLimits().first_seconds)
    assert (rounds.told, answerer.asked) == ([("demo", "")], [])


class Rounds:
    """SelfTesting with threads that end at once, and words the test sets."""

    def __init__(self, asker: Asker, interval: float = 60.0) -> None:
        self.clock, self.told, self.faults = Clock(), [], []  # type: ignore[var-annotated]
        self.names: dict[str, tuple[str, ...]] = {"demo": NAMES}
        self.breaks: Exception | None = None
        self.testing = SelfTesting(
            self.clock,  # type: ignore[arg-type]
            self._defer,
            lambda list_id, word: self.told.append((list_id, word)),
            self.faults.append,
            lambda list_id: self.names[list_id],
            asker,
            interval,
        )

    def _defer(self, work: Any, *arguments: Any) -> Deferred[Any]:
        def run() -> Any:
            if self.breaks:
                raise self.breaks
            return work(*arguments)

        return maybeDeferred(run)


def test_rounds_begin_when_a_list_is_in_force(asker: Asker) -> None:
    """Two seconds later, then each minute; a new version does not start a second clockwork."""
    rounds = Rounds(asker)
    rounds.clock.advance(100)
    assert rounds.told == []
    rounds.testing.in_force(["demo"])
    rounds.testing.in_force(["demo"])
    rounds.clock.advance(SelfTestLimits().first_seconds)
    assert rounds.told == [("demo", "ok")]
    rounds.testing.in_force([])
    rounds.clock.advance(60)
    assert len(rounds.told) == 2


def test_a_list_without_names_has_no_word(asker: Asker) -> None:
    """An earlier one is taken back; with names in a later version there is one again."""
    rounds = Rounds(asker)
    rounds.names["demo"] = ()
    rounds.testing.in_force(["demo"])
    rounds.clock.advance(2)
    assert rounds.told == [("demo", "")]
    rounds.names["demo"] = NAMES
    rounds.clock.advance(60)
    assert rounds.told == [("demo", ""), ("demo", "ok")]


def test_rounds_go_on_after_an_unexpected_error(asker: Asker) -> None:
    """It is reported, and the next round comes."""
    rounds = Rounds(asker)
    rounds.breaks = RuntimeError("x")
    rounds.testing.in_force(["demo"])
    rounds.clock.advance(2)
    rounds.breaks = None
    rounds.clock.advance(60)
    assert ([type(each) for each in rounds.faults], rounds.told) == ([RuntimeError], [("demo", "ok")])


def test_rounds_can_be_switched_off(asker: Asker) -> None:
    """An interval of 0 asks nothing, and ends an alarm that was on."""
    rounds = Rounds(asker, interval=0)
    rounds.testing.in_force(["demo"])
    assert (rounds.clock.getDelayedCalls(), rounds.told) == ([], [("demo", "")])
