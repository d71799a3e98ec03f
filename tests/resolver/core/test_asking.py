"""Asking upstreams: schedule, failover, TC, lost case, hostile answers, probes."""

from __future__ import annotations

from collections.abc import Callable

import dns.flags
import dns.message
import dns.rcode
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.core.config import ForwardSet, UpstreamConfig
from resolver.core.trouble import Trouble
from tests.resolver.core.world import CLIENT, CONFIG, World, ede, question, records, text

REAL = "an ok.example. 60 A 192.0.2.77"
ANSWER = ["an ok.example. 60 IN A 192.0.2.77"]
TWO = evolve(CONFIG, upstreams=(UpstreamConfig("one"), UpstreamConfig("two")))


def start(world: World, name: str = "ok.example") -> object:
    peer = object()
    assert world.forwarder.receive_query(question(name), CLIENT, world.door(), peer, world.now) is None
    world.pump()
    return peer


def answer_of(world: World, peer: object) -> dns.message.Message:
    (data,) = world.late[peer]
    return dns.message.from_wire(data)


def wire_of(reply: dns.message.Message | bytes | None) -> bytes:
    assert isinstance(reply, dns.message.Message)
    return reply.to_wire()


def test_a_silent_upstream_is_tried_six_times_within_three_seconds() -> None:
    """Each try with an id and case of its own; then SERVFAIL + EDE 22, and all sockets are closed."""
    world = World(lambda _: None)
    peer = start(world)
    world.pass_time(3)
    assert len(world.sent) >= 6
    assert len({query.data[:2] for query in world.sent}) > 1
    assert len({query.data[12:24] for query in world.sent}) > 1
    assert answer_of(world, peer).rcode() == dns.rcode.SERVFAIL
    assert ede(answer_of(world, peer)) == [22]
    assert sorted(world.closed) == [query.attempt for query in world.sent]
    assert world.numbers.upstream_failures == (6,)


def test_relay_mode_adds_no_reason_of_its_own() -> None:
    """Relay: SERVFAIL without EDE."""
    world = World(lambda _: None, config=evolve(CONFIG, relay=True))
    peer = start(world)
    world.pass_time(3)
    assert ede(answer_of(world, peer)) == []


def test_the_answer_to_an_earlier_try_is_taken() -> None:
    """A slow upstream's first answer counts after the second try; the other attempt is closed."""
    world = World(lambda _: None)
    peer = start(world)
    world.pass_time(0.5)
    first, second = world.sent
    reply = wire_of(records(REAL)(dns.message.from_wire(first.data)))
    assert world.forwarder.receive_response(reply, first.attempt, world.now)
    world.pump()
    assert text(answer_of(world, peer)) == ANSWER
    assert world.closed == [second.attempt]
    assert world.forwarder.receive_response(reply, second.attempt, world.now)


def test_the_other_upstream_answers_when_the_first_is_silent() -> None:
    """Failover within one question, and the next question goes to the quicker one first."""
    world = World(config=TWO)
    world.upstream = lambda query: None if world.sent[-1].upstream == 0 else records(REAL)(query)
    peer = start(world)
    world.pass_time(1)
    assert text(answer_of(world, peer)) == ANSWER
    start(world, "next.example")
    assert [query.upstream for query in world.sent] == [0, 1, 1]


def test_a_network_error_moves_on_at_once() -> None:
    """Connection refused at the first: the second is asked in the same moment; both: EDE 22 and 23 in the end."""
    world = World(lambda _: None, config=TWO)
    peer = start(world)
    world.forwarder.attempts_failed([world.sent[0].attempt], world.now)
    world.pump()
    assert [query.upstream for query in world.sent] == [0, 1]
    world.forwarder.attempts_failed([world.sent[1].attempt], world.now)
    world.pass_time(3)
    assert ede(answer_of(world, peer)) == [22, 23]


def test_one_network_error_says_one_thing_about_the_upstream() -> None:
    """It ends a whole window of queries, each of them counted; but to be down takes as many errors."""
    world, most = World(lambda _: None), CONFIG.limits.down_failures
    for number in range(2 * most):
        start(world, f"n{number}.example")
    for _ in range(2):  # what is over is not counted again
        world.forwarder.attempts_failed([query.attempt for query in world.sent], world.now)
    assert world.numbers.upstream_failures == (2 * most,)
    for number in range(1, most):
        assert world.numbers.upstream_up == (1,)
        start(world, f"more{number}.example")
        world.forwarder.attempts_failed([world.sent[-1].attempt], world.now)
    assert world.numbers.upstream_up == (0,)


def test_errors_of_two_upstreams_are_one_of_each() -> None:
    """What is read at once says as much of each of them as if it had been read apart."""
    world = World(lambda _: None, config=TWO)
    upstreams = world.forwarder._resolution.asking._upstreams
    for number in range(CONFIG.limits.down_failures):
        attempts = []
        for upstream in (0, 1):
            upstreams[upstream].rtt, upstreams[1 - upstream].rtt = 0.01, 0.02
            start(world, f"n{number}.to{upstream}.example")
            assert world.sent[-1].upstream == upstream
            attempts.append(world.sent[-1].attempt)
        world.forwarder.attempts_failed(attempts, world.now)
    assert world.numbers.upstream_up == (0, 0)


def test_truncated_answers_are_asked_again_over_tcp() -> None:
    """TC over UDP: the same upstream over TCP, whatever else the message holds."""

    def truncating(query: dns.message.Message) -> dns.message.Message:
        response = records(REAL)(query)
        assert isinstance(response, dns.message.Message)
        if world.sent[-1].transport == 0:
            response.flags |= dns.flags.TC
        return response

    world = World()
    world.upstream = truncating
    assert text(world.ask("ok.example")) == ANSWER
    assert [query.transport for query in world.sent] == [0, 1]


def test_an_upstream_that_loses_the_case_is_believed_over_tcp_only() -> None:
    """Wrong case over UDP is not taken; TCP agrees: from then on this upstream is asked in lower case."""

    def lowering(query: dns.message.Message) -> bytes:
        data = wire_of(records(REAL)(query))
        return data[:12] + data[12:24].lower() + data[24:]

    world = World(lowering)
    assert text(world.ask("ok.example")) == ANSWER
    assert [query.transport for query in world.sent] == [0, 1]
    world.ask("OTHER.example")
    assert [query.transport for query in world.sent] == [0, 1, 0]
    assert b"\x05other\x07example" in world.sent[-1].data


def test_an_upstream_without_tcp_that_loses_the_case_is_believed_in_the_end() -> None:
    """Three right ids in a row cannot be guessed: the third wrong-case answer over UDP is taken."""

    def lowering(query: dns.message.Message) -> bytes | None:
        if world.sent[-1].transport == 1:
            return None
        data = wire_of(records(REAL)(query))
        return data[:12] + data[12:24].lower() + data[24:]

    world = World()
    world.upstream = lowering
    peer = start(world)
    world.pass_time(3)
    assert text(answer_of(world, peer)) == ANSWER


def spoiled(change: Callable[[bytearray], None]) -> bytes:
    """A message to a fresh world's first query, changed."""
    query = dns.message.from_wire(fresh().sent[0].data)
    data = bytearray(wire_of(records(REAL)(query)))
    change(data)
    return bytes(data)


def fresh() -> World:
    """A world whose first query waits; the same ids each time (seeded)."""
    world = World(lambda _: None)
    start(world)
    return world


def setting(offset: int, value: int) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        data[offset] = value

    return change


def flipping(offset: int) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        data[offset] ^= 1

    return change


@pytest.mark.parametrize(
    "change",
    [
        flipping(0),
        flipping(1),
        setting(2, 0x01),
        setting(2, 0xA8),
        setting(5, 2),
        flipping(14),
        flipping(25),
        flipping(27),
    ],
    ids=["id", "id", "QR=0", "opcode", "two questions", "name", "type", "class"],
)
def test_a_response_that_does_not_match_is_waited_past(change: Callable[[bytearray], None]) -> None:
    """Id, QR, opcode, question: the attempt goes on, and the true answer is still taken."""
    world = fresh()
    attempt = world.sent[0].attempt
    assert world.forwarder.receive_response(spoiled(change), attempt, world.now) is False
    assert world.forwarder.receive_response(spoiled(lambda _: None), attempt, world.now) is True
    assert len(world.forwarder.answers_to_send()) == 1


def _loop(data: bytearray) -> None:
    data[28:30] = b"\xc0\x1c"  # the owner of the first record points at itself


def _cut(data: bytearray) -> None:
    del data[-15:]


@pytest.mark.parametrize(
    "change",
    [_loop, _cut, setting(7, 9), setting(9, 3), setting(11, 0), setting(28, 0x80), lambda data: data.extend(b"xx")],
    ids=["compression loop", "cut", "ANCOUNT", "NSCOUNT", "ARCOUNT", "label type", "trailing"],
)
def test_rubbish_ends_the_attempt_and_counts_as_a_failure(change: Callable[[bytearray], None]) -> None:
    """Right id and question, broken records: not an answer, not cached, the schedule goes on."""
    world = fresh()
    assert world.forwarder.receive_response(spoiled(change), world.sent[0].attempt, world.now) is True
    assert world.numbers.upstream_failures == (1,)
    world.upstream = records(REAL)
    world.pass_time(1)
    assert len(world.sent) == 2
    assert len(world.late) == 1


def test_servfail_is_passed_on_with_its_reason() -> None:
    """The upstream's EDE is copied, no other upstream left: final at once."""

    def bogus(query: dns.message.Message) -> dns.message.Message:
        response = dns.message.make_response(query)
        response.set_rcode(dns.rcode.SERVFAIL)
        response.use_edns(0, options=[dns.edns.EDEOption(6)])
        return response

    world = World(bogus)
    answer = world.ask("ok.example")
    assert answer.rcode() == dns.rcode.SERVFAIL
    assert ede(answer) == [6]
    assert len(world.sent) == 1


def test_an_error_does_not_wait_for_an_upstream_that_is_down() -> None:
    """SERVFAIL at once, whether the other was asked before it was known to be down or not at all."""
    world = World(config=evolve(TWO, limits=evolve(CONFIG.limits, down_failures=1)))
    world.upstream = lambda query: None if world.sent[-1].upstream == 0 else records("servfail")(query)
    before = start(world)
    world.pass_time(0.4)
    after = start(world, "other.example")
    assert [answer_of(world, peer).rcode() for peer in (before, after)] == [dns.rcode.SERVFAIL] * 2
    assert [query.upstream for query in world.sent] == [0, 1, 1]


def test_an_upstream_that_is_down_is_probed_until_it_answers() -> None:
    """After failures in a row the gauge says 0; a probe for the root brings it back without a client."""
    world = World(lambda _: None)
    for number in range(2):
        start(world, f"n{number}.example")
        world.pass_time(3)
    assert world.numbers.upstream_up == (0,)
    world.pass_time(2)
    assert dns.message.from_wire(world.sent[-1].data).question[0].name.to_text() == "."
    world.upstream = records()
    world.pass_time(1.5)
    assert world.numbers.upstream_up == (1,)
    world.pass_time(5)
    del world.sent[:]
    world.pass_time(60)
    assert world.sent == []


def test_without_upstreams_a_question_fails_at_once() -> None:
    """An empty list of upstreams is SERVFAIL, not a hang."""
    world = World(config=evolve(CONFIG, upstreams=()))
    assert world.ask("ok.example").rcode() == dns.rcode.SERVFAIL


def test_an_error_without_a_question_ends_the_attempt() -> None:
    """Twelve bytes of FORMERR: this upstream is of no use, the schedule goes on."""
    world = fresh()
    ident = world.sent[0].data[:2]
    bare = ident + b"\x80\x01" + bytes(8)
    assert world.forwarder.receive_response(bare, world.sent[0].attempt, world.now) is True
    assert world.numbers.upstream_failures == (1,)


# --- what upstreams are spared, and what we are -----------------------------------------------------------


def test_too_many_strange_answers_lead_to_tcp() -> None:
    """Somebody guesses: after so many wrong ids the port is closed and the same upstream asked over TCP."""
    world = fresh()
    attempt = world.sent[0].attempt
    strange = spoiled(flipping(1))
    over = [world.forwarder.receive_response(strange, attempt, world.now) for _ in range(CONFIG.limits.strange_max)]
    assert over == [False] * (CONFIG.limits.strange_max - 1) + [True]
    world.pump()
    assert [query.transport for query in world.sent] == [0, 1]
    assert world.numbers.upstream_failures == (0,), "the upstream did nothing wrong"


def test_more_than_we_offered_to_take_is_asked_again_over_tcp() -> None:
    """An answer over UDP of more than 1232 bytes is not taken: who can forge one big datagram gains nothing."""

    def large(query: dns.message.Message) -> bytes:
        reply = records(*(f"an ok.example. 60 A 192.0.2.{number}" for number in range(90)))(query)
        assert isinstance(reply, dns.message.Message)
        return reply.to_wire(max_size=65535)

    world = World(large)
    assert len(large(dns.message.make_query("ok.example", "A"))) > 1232
    answer = world.ask("ok.example", transport=1)
    assert [query.transport for query in world.sent] == [0, 1]
    assert len(answer.answer[0]) == 90


def test_an_outage_is_not_fed_with_further_tries() -> None:
    """1,000 questions to a silent upstream: each is asked once, the rest comes out of the budget."""
    limits = evolve(CONFIG.limits, retry_stock=50.0)
    world = World(lambda _: None, config=evolve(CONFIG, limits=limits))
    peers = [start(world, f"n{number}.example") for number in range(1000)]
    world.pass_time(3)
    assert all(answer_of(world, peer).rcode() == dns.rcode.SERVFAIL for peer in peers)
    probes = 3
    assert 1000 + 50 <= len(world.sent) <= 1000 + 50 + 3 * limits.retry_floor + probes


def test_a_slow_upstream_holds_so_many_questions_and_the_oldest_goes_first() -> None:
    """With room for three, the fourth question is SERVFAIL for the first."""
    limits = evolve(CONFIG.limits, upstream_in_flight_max=3)
    world = World(lambda _: None, config=evolve(CONFIG, limits=limits))
    peers = [start(world, f"n{number}.example") for number in range(5)]
    assert [peer in world.late for peer in peers] == [True, True, False, False, False]
    assert answer_of(world, peers[0]).rcode() == dns.rcode.SERVFAIL
    assert sorted(world.closed) == [query.attempt for query in world.sent[:2]]


@pytest.mark.parametrize("most", [1, 5])
def test_one_question_is_sent_so_often_and_no_more(most: int) -> None:
    """Whatever upstreams answer: here TC over UDP and nothing over TCP, from three of them."""

    def cut(query: dns.message.Message) -> dns.message.Message | None:
        if world.sent[-1].transport == 1:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.TC
        return response

    limits = evolve(CONFIG.limits, sends_max=most)
    world = World(config=evolve(CONFIG, limits=limits, upstreams=tuple(map(UpstreamConfig, "abc"))))
    world.upstream = cut
    start(world)
    world.pass_time(3)
    assert len(world.sent) == most


# --- over TLS ---------------------------------------------------------------------------------------------

SECURE = evolve(CONFIG, upstreams=(UpstreamConfig("one", tls=True),))


def test_an_upstream_with_tls_is_asked_over_tls_only() -> None:
    """Tries and probes alike; padded, and in lower case, which nobody on the way can read or answer."""
    world = World(lambda _: None, config=SECURE)
    for number in range(2):
        start(world, f"n{number}.example")
        world.pass_time(3)
    world.pass_time(3)
    assert world.numbers.upstream_up == (0,)
    assert {query.transport for query in world.sent} == {2}
    assert {len(query.data) % 128 for query in world.sent} == {0}
    assert b"\x02n0\x07example" in world.sent[0].data
    world.upstream = records()
    world.pass_time(1.5)
    assert world.numbers.upstream_up == (1,)


def test_the_wrong_certificate_takes_an_upstream_down_and_the_other_is_asked() -> None:
    """One such failure is enough; nothing is ever sent to it in clear text."""
    world = World(config=evolve(CONFIG, upstreams=(UpstreamConfig("one", tls=True), UpstreamConfig("two"))))
    world.upstream = lambda query: None if world.sent[-1].upstream == 0 else records(REAL)(query)
    peer = start(world)
    world.forwarder.attempts_failed([world.sent[0].attempt], world.now, Trouble.WRONG_NAME)
    world.pump()
    assert text(answer_of(world, peer)) == ANSWER
    assert world.numbers.upstream_up == (0, 1)
    assert world.numbers.upstream_trouble == (Trouble.WRONG_NAME, 0)
    assert [(query.upstream, query.transport) for query in world.sent] == [(0, 2), (1, 0)]


# --- forward sets -----------------------------------------------------------------------------------------

FORWARDING = evolve(
    CONFIG,
    upstreams=tuple(map(UpstreamConfig, ("one", "two", "three"))),
    recursors=1,
    forward=(ForwardSet(("corp.example", "10.in-addr.arpa"), (1, 2)),),
)


def test_names_of_a_forward_set_go_to_its_upstreams_alone() -> None:
    """With failover among them, never to the others, and before special-use names."""
    world = World(config=FORWARDING)
    world.upstream = lambda query: None if world.sent[-1].upstream == 1 else records(REAL)(query)
    peer = start(world, "a.corp.example")
    world.pass_time(1)
    assert answer_of(world, peer).rcode() == dns.rcode.NOERROR
    assert {query.upstream for query in world.sent} == {1, 2}
    world.ask("ok.example")
    assert world.sent[-1].upstream == 0
    world.ask("1.2.3.10.in-addr.arpa", "PTR")
    assert world.sent[-1].upstream in (1, 2)


def test_a_ds_goes_to_the_upstreams_of_the_parent() -> None:
    """The stub zone's servers do not know it."""
    world = World(config=FORWARDING)
    world.ask("corp.example", "DS")
    assert world.sent[-1].upstream == 0
    world.ask("x.corp.example", "DS")
    assert world.sent[-1].upstream in (1, 2)


def test_a_forward_set_does_not_lift_a_listing() -> None:
    """The list is asked first, as for any other name."""
    world = World(config=evolve(FORWARDING, forward=(ForwardSet(("blk.example",), (1,)),)))
    assert text(world.ask("www.blk.example")) == ["an www.blk.example. 30 IN A 192.0.2.1"]
    assert not world.sent


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["answer", "cut", "servfail", "strange", "silent", "broken", "refused"]), max_size=40))
def test_every_question_ends_once_and_leaves_nothing_in_flight(fates: list[str]) -> None:
    """Whatever three upstreams do, in any order: one answer a client, all attempts closed or over, in four seconds."""
    drawn = iter(fates)
    world = World(config=evolve(CONFIG, upstreams=tuple(map(UpstreamConfig, "abc"))))

    def fate(query: dns.message.Message) -> dns.message.Message | bytes | None:
        word = next(drawn, "silent")
        reply = records(REAL)(query)
        assert isinstance(reply, dns.message.Message)
        if word == "cut":
            reply.flags |= dns.flags.TC
        elif word == "servfail":
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif word == "strange":
            reply.id ^= 1
        elif word == "silent":
            return None
        elif word == "broken":
            return reply.to_wire()[:-3]
        elif word == "refused":
            world.forwarder.attempts_failed([world.sent[-1].attempt], world.now)
            return None
        return reply

    world.upstream = fate
    peers = [start(world, f"n{number}.example") for number in range(4)]
    world.pass_time(4)
    assert [len(world.late[peer]) for peer in peers] == [1] * 4
    asked = [query for query in world.sent if query.data[12]]  # the others are probes for the root
    assert all(world.forwarder.receive_response(b"", query.attempt, world.now) for query in asked)


def test_a_question_is_hopeless_when_all_of_its_own_upstreams_are_down() -> None:
    """Whoever answers for other zones is no help."""
    config = evolve(TWO, recursors=1, forward=(ForwardSet(("corp.example",), (1,)),))
    world = World(lambda _: None, config=config)
    asking = world.forwarder._resolution.asking
    inside, outside = (question(name)[12:-11] for name in ("a.corp.example", "ok.example"))
    for name in ("a.corp.example", "b.corp.example"):
        start(world, name)
        world.pass_time(3)
    assert (asking.is_hopeless(inside), asking.is_hopeless(outside)) == (True, False)
