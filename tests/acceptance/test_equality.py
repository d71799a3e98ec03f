"""Row 21: the same question gets the same answer over UDP, TCP, DoT and DoH."""

from __future__ import annotations

import time

import dns.edns
import dns.flags
import dns.message
import dns.rrset
import pytest

from tests.acceptance.rows import TABLE, Case
from tests.support.transports import EVERY, Clients

pytestmark = [pytest.mark.daemon, pytest.mark.peers, pytest.mark.xdist_group("table")]

OptionType = dns.edns.OptionType
MAY_DIFFER = {OptionType.COOKIE, OptionType.KEEPALIVE, OptionType.PADDING}
ANSWERED = [param for param in TABLE if param.values[0].check is not None]  # type: ignore[attr-defined]
QUESTION, ANSWER, AUTHORITY = range(3)


@pytest.mark.parametrize("case", ANSWERED)
def test_the_answer_is_the_same_over_every_transport(table_clients: Clients, case: Case) -> None:
    """Same rcode, flags but TC, question, answer, authority; OPT differs by padding, keepalive and cookie only."""
    began = time.monotonic()
    wires = {transport: table_clients.exchange(case.wire, transport) for transport in EVERY}
    seconds = int(time.monotonic() - began) + 1  # a cached TTL may have counted down by so much meanwhile
    answers = {transport: dns.message.from_wire(wire) for transport, wire in wires.items() if wire is not None}
    assert sorted(answers) == sorted(EVERY)
    first = answers.pop("tcp")
    for transport, answer in answers.items():
        assert _header(answer) == _header(first), transport
        cut = answer.flags & dns.flags.TC
        assert not cut or transport == "udp"
        for section in (QUESTION,) if cut else (QUESTION, ANSWER, AUTHORITY):
            _assert_same(answer.sections[section], first.sections[section], seconds)
        assert _opt(answer) == _opt(first), transport


@pytest.mark.parametrize("asked", [[], [dns.edns.GenericOption(OptionType.KEEPALIVE, b"")]], ids=["plain", "keepalive"])
def test_keepalive_is_for_streams_only(table_clients: Clients, asked: list[dns.edns.Option]) -> None:
    """RFC 7828: asked for it, TCP and DoT tell how long they stay; UDP and HTTP never do."""
    question = dns.message.make_query("www.example", "A", use_edns=0, options=asked).to_wire()
    for transport in EVERY:
        wire = table_clients.exchange(question, transport)
        assert wire is not None
        said = OptionType.KEEPALIVE in {option.otype for option in dns.message.from_wire(wire).options}
        assert said == (bool(asked) and transport in ("tcp", "dot")), transport


def _header(answer: dns.message.Message) -> tuple[int, int, int]:
    return answer.id, int(answer.rcode()), answer.flags & ~dns.flags.TC


def _opt(answer: dns.message.Message) -> tuple[object, ...]:
    """What OPT says, without the options that may differ."""
    options = [(option.otype, option.to_wire()) for option in answer.options if option.otype not in MAY_DIFFER]
    return answer.edns, answer.payload, answer.ednsflags, options


def _assert_same(ours: list[dns.rrset.RRset], theirs: list[dns.rrset.RRset], seconds: int) -> None:
    """The same records in the same spelling, TTLs apart by no more than the time that went by."""
    assert [_spelt(rrset) for rrset in ours] == [_spelt(rrset) for rrset in theirs]
    assert all(abs(one.ttl - other.ttl) <= seconds for one, other in zip(ours, theirs, strict=True))


def _spelt(rrset: dns.rrset.RRset) -> tuple[object, ...]:
    return str(rrset.name), rrset.rdclass, rrset.rdtype, sorted(item.to_text() for item in rrset)
