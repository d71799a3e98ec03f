"""One connection to an upstream: ids, order, silence and its end."""

from __future__ import annotations

from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.error import ConnectError, ConnectionDone
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from resolver.core.trouble import Trouble
from resolver.edge.limits import UpstreamLimits
from resolver.edge.serving.upstream_connection import Connection, TlsConnection

LIMITS = UpstreamLimits(pipelined=4, silent_seconds=1.0, idle_seconds=5.0, connect_seconds=2.0)
REST = bytes(10) + b"question"


@define(eq=False)
class Asked:
    """A query and what came of it."""

    data: bytes
    is_over: bool = False
    resends: int = 0
    answers: list[bytes] = field(factory=list)
    troubles: list[Trouble] = field(factory=list)

    def answer(self, message: bytes) -> None:
        self.answers.append(message)
        self.is_over = True

    def fail(self, trouble: Trouble) -> None:
        self.troubles.append(trouble)


@define
class FakeOwner:
    limits: UpstreamLimits = LIMITS
    now: float = 100.0
    gone: list[Connection] = field(factory=list)
    rounds: int = 0

    def seconds(self) -> float:
        return self.now

    def carried_out(self) -> None:
        self.rounds += 1

    def lost(self, connection: Connection) -> None:
        self.gone.append(connection)


def asked(ident: int) -> Asked:
    return Asked(ident.to_bytes(2, "big") + REST)


def up(owner: FakeOwner) -> tuple[Connection, StringTransport]:
    connection, transport = Connection(owner), StringTransport()
    connection.makeConnection(transport)
    return connection, transport


def framed(message: bytes) -> bytes:
    return len(message).to_bytes(2, "big") + message


def messages(transport: StringTransport) -> list[bytes]:
    """What was sent, and forgotten."""
    data, found = transport.value(), []
    transport.clear()
    while data:
        end = 2 + int.from_bytes(data[:2], "big")
        found.append(data[2:end])
        data = data[end:]
    return found


def test_queries_wait_for_the_connection_and_go_out_together() -> None:
    """Behind their lengths (RFC 1035 section 4.2.2); one that was given up meanwhile is never sent."""
    owner = FakeOwner()
    connection, transport = Connection(owner), StringTransport()
    first, given_up, last = asked(1), asked(2), asked(3)
    for one in (first, given_up, last):
        connection.take(one)
    given_up.is_over = True
    connection.makeConnection(transport)
    assert messages(transport) == [first.data, last.data]
    assert connection.load == 2


def test_answers_come_in_any_order_and_in_pieces() -> None:
    """Each reaches its own query; the owner is told once for each read."""
    owner = FakeOwner()
    connection, _ = up(owner)
    first, second = asked(1), asked(2)
    connection.take(first)
    connection.take(second)
    data = framed(second.data + b"!") + framed(first.data + b"?")
    for byte in data[:-5]:
        connection.dataReceived(bytes([byte]))
    rounds = owner.rounds
    connection.dataReceived(data[-5:])
    assert (first.answers, second.answers) == ([first.data + b"?"], [second.data + b"!"])
    assert owner.rounds == rounds + 1
    assert connection.load == 0 and connection.is_useful


def test_equal_ids_do_not_collide() -> None:
    """The second query gets another id on the wire, and its answer comes back under its own."""
    connection, transport = up(FakeOwner())
    pair = [asked(0xFFFF), asked(0xFFFF)]
    for one in pair:
        connection.take(one)
    sent = messages(transport)
    assert [message[:2] for message in sent] == [b"\xff\xff", b"\0\0"]
    connection.dataReceived(framed(sent[1] + b"b") + framed(sent[0] + b"a"))
    assert [one.answers for one in pair] == [[pair[0].data + b"a"], [pair[1].data + b"b"]]


def test_the_id_of_a_query_given_up_is_not_used_again_before_its_answer() -> None:
    """Else a late answer would be taken for another's."""
    connection, transport = up(FakeOwner())
    first, second = asked(7), asked(7)
    connection.take(first)
    first.is_over = True
    connection.take(second)
    sent = messages(transport)
    connection.dataReceived(framed(sent[0]))
    assert not first.answers and not second.answers
    connection.dataReceived(framed(sent[1]))
    assert second.answers == [second.data]


def test_what_nobody_asked_for_is_passed_over() -> None:
    """An id that is not in use."""
    connection, _ = up(FakeOwner())
    one = asked(7)
    connection.take(one)
    connection.dataReceived(framed(asked(8).data))
    assert not one.answers and connection.load == 1


def test_what_cannot_be_a_message_ends_the_connection() -> None:
    """A length below a header's: whatever follows would be read out of step."""
    connection, transport = up(FakeOwner())
    connection.dataReceived(framed(b"short"))
    assert transport.disconnected
    assert connection.trouble is Trouble.RUBBISH


@given(st.lists(st.integers(0, 3), min_size=1, max_size=50), st.randoms(use_true_random=False))
def test_every_answer_reaches_its_own_query(idents: list[int], random: object) -> None:
    """Many queries with few ids, answered in any order."""
    connection, transport = up(FakeOwner(UpstreamLimits(pipelined=50)))
    questions = [Asked(ident.to_bytes(2, "big") + REST + bytes([n])) for n, ident in enumerate(idents)]
    for one in questions:
        connection.take(one)
    sent = messages(transport)
    assert len({message[:2] for message in sent}) == len(sent)
    random.shuffle(sent)  # type: ignore[attr-defined]
    connection.dataReceived(b"".join(map(framed, sent)))
    assert [one.answers for one in questions] == [[one.data] for one in questions]


def test_it_takes_so_many_and_no_more() -> None:
    """Those given up but unanswered count, too."""
    connection, _ = up(FakeOwner())
    for ident in range(4):
        assert connection.has_room(100.0)
        connection.take(asked(ident))
    assert not connection.has_room(100.0)


def test_a_silent_connection_takes_no_more_but_reads_on() -> None:
    """A second without an answer while one is due; bytes that drip make no answer, and what is behind them waits."""
    owner = FakeOwner()
    connection, _ = up(owner)
    owner.now = 150.0
    one = asked(1)
    connection.take(one)
    assert connection.has_room(150.9)
    assert not connection.has_room(151.1)
    assert not connection.is_done(151.1), "somebody still waits"
    owner.now = 151.2
    connection.dataReceived(b"\0")
    assert not connection.has_room(151.3)
    other = asked(2)
    connection.take(other)
    connection.dataReceived(framed(one.data)[1:])
    assert connection.has_room(151.3)
    other.is_over = True
    assert connection.is_done(152.3), "silent again, and nobody waits"


def test_an_old_connection_takes_no_more_and_goes_when_nobody_waits() -> None:
    """However busy: a certificate that has ended, or was exchanged for another, is not used for ever."""
    owner = FakeOwner()
    connection, _ = up(owner)
    one = asked(1)
    owner.now += LIMITS.lifetime_seconds
    connection.take(one)
    assert connection.has_room(owner.now) and not connection.is_done(owner.now)
    owner.now += 0.1
    assert not connection.has_room(owner.now)
    assert not connection.is_done(owner.now), "somebody still waits"
    connection.dataReceived(framed(one.data))
    assert connection.is_done(owner.now)


def test_answers_before_rubbish_in_one_read_are_passed_on_at_once() -> None:
    """The owner hears of the round, or their clients would wait for the next event."""
    owner = FakeOwner()
    connection, transport = up(owner)
    one = asked(1)
    connection.take(one)
    connection.dataReceived(framed(one.data) + framed(b"rubbish"))
    assert transport.disconnected
    assert (len(one.answers), owner.rounds) == (1, 1)


def test_an_idle_connection_is_closed_politely_and_then_firmly() -> None:
    """After the named time without a query; it takes none from then on."""
    owner = FakeOwner()
    connection, transport = up(owner)
    assert not connection.is_done(104.9)
    assert connection.is_done(105.1)
    connection.close()
    assert transport.disconnecting and not transport.disconnected
    assert not connection.has_room(105.1)
    connection.close()
    assert transport.disconnected


def test_the_owner_hears_of_the_end_once_and_why() -> None:
    """The first reason stands."""
    owner = FakeOwner()
    connection, _ = up(owner)
    connection.take(asked(1))
    connection.note(Trouble.WRONG_NAME)
    connection.connectionLost(Failure(ConnectionDone()))
    assert owner.gone == [connection]
    assert connection.trouble is Trouble.WRONG_NAME
    assert len(connection.waiting) == 1


def test_a_connection_that_never_came_up_says_why() -> None:
    """Silence or refusal; too long in coming up is its end."""
    owner = FakeOwner()
    for error, trouble in ((ConnectTimeout(), Trouble.SILENT), (ConnectError(), Trouble.UNREACHABLE)):
        connection = Connection(owner)
        connection.never_up(Failure(error))
        assert connection.trouble is trouble
    assert not Connection(owner).is_done(101.9)
    assert Connection(owner).is_done(102.1)


def test_over_tls_nothing_is_sent_before_the_handshake_is_done() -> None:
    """And a connection that ends before that was no TLS."""
    owner = FakeOwner()
    connection, transport = TlsConnection(owner), StringTransport()
    connection.take(asked(1))
    connection.makeConnection(transport)
    assert transport.value() == b""
    connection.handshakeCompleted()
    assert len(messages(transport)) == 1
    failed = TlsConnection(owner)
    failed.makeConnection(StringTransport())
    failed.connectionLost(Failure(ConnectionDone()))
    assert failed.trouble is Trouble.NO_TLS
