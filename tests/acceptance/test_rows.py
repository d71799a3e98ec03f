"""Every row of the answer table, asked of the real daemon over every transport, twice: not cached and cached."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.rcode
import dns.rdtypes.svcbbase
import pytest

from tests.acceptance.rows import TABLE, Case
from tests.support.asking import TRANSPORTS, ask, exchange, query
from tests.support.daemon import Daemon
from tests.support.transports import EVERY, Clients

pytestmark = [pytest.mark.daemon, pytest.mark.peers, pytest.mark.xdist_group("table")]


@pytest.mark.parametrize("transport", EVERY)
@pytest.mark.parametrize("case", TABLE)
def test_row(table_clients: Clients, case: Case, transport: str) -> None:
    """The row holds for this question, also when it is repeated (row 16: nothing counts down)."""
    for _ in range(2):
        wire = table_clients.exchange(case.wire, transport, timeout=1.0 if case.check is None else 8.0)
        if case.check is None:
            assert wire is None
            continue
        assert wire is not None, "no answer"
        case.check(dns.message.from_wire(wire), case.asked)


@pytest.mark.parametrize("payload", [512, 1232, 4096])
def test_large_answer_is_truncated_over_udp_only(table_clients: Clients, payload: int) -> None:
    """An answer larger than min(client's buffer, 1232) comes with TC over UDP and whole over streams."""
    wire = table_clients.exchange(_big(payload), "udp")
    assert wire is not None and len(wire) <= min(payload, 1232)
    assert dns.message.from_wire(wire).flags & dns.flags.TC
    for transport in ("tcp", "dot", "doh"):
        whole = table_clients.exchange(_big(payload), transport)
        assert whole is not None and len(whole) > 1500
        assert not dns.message.from_wire(whole).flags & dns.flags.TC


def test_ipv6_clients_get_the_same_policy_answer(table_daemon: Daemon) -> None:
    """A listed name asked over IPv6 transport is blocked too."""
    case = next(param.values[0] for param in TABLE if param.id == "row1-A-blk.example")
    for transport in TRANSPORTS:
        wire = exchange(case.wire, table_daemon.port, transport, host="::1")
        assert wire is not None
        case.check(dns.message.from_wire(wire), case.asked)


@pytest.mark.parametrize("transport", EVERY)
def test_designated_resolvers_are_named(table_daemon: Daemon, table_clients: Clients, transport: str) -> None:
    """RFC 9462: a client of one transport hears of DoT and DoH, their ports and path, and where they are."""
    wire = table_clients.exchange(query("_dns.resolver.arpa", "SVCB").to_wire(), transport)
    assert wire is not None
    answer = dns.message.from_wire(wire)
    said = {item.params[dns.rdtypes.svcbbase.ParamKey.ALPN].ids: item for item in answer.answer[0]}
    assert set(said) == {(b"dot",), (b"h2",)}
    assert all(str(item.target) == f"{table_daemon.tls_name}." for item in said.values())
    ports = {ids: item.params[dns.rdtypes.svcbbase.ParamKey.PORT].port for ids, item in said.items()}
    assert ports == {(b"dot",): table_daemon.dot_port, (b"h2",): table_daemon.doh_port}
    path = said[b"h2",].params[dns.rdtypes.svcbbase.ParamKey.DOHPATH].value
    assert path == f"{table_daemon.doh_path}{{?dns}}".encode()


@pytest.mark.parametrize("transport", EVERY)
def test_broken_bodies_are_never_echoed(table_clients: Clients, transport: str) -> None:
    """An error answer is not larger than header, question and OPT."""
    filler = b"\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x00\x00\xff" + b"x" * 255
    wire = table_clients.exchange(_header_two_answers() + filler, transport)
    assert wire is not None and len(wire) < 64
    assert dns.message.from_wire(wire).rcode() == dns.rcode.FORMERR


def test_refused_ports_and_transport_sweep_leave_it_alive(table_daemon: Daemon) -> None:
    """After the whole table the daemon still answers a listed and an ordinary name."""
    assert ask(table_daemon.port, "udp", "www.example").answer
    assert ask(table_daemon.port, "udp", "blk.example").answer


def _big(payload: int) -> bytes:
    query = dns.message.make_query("big.example", "TXT")
    query.use_edns(0, payload=payload)
    return query.to_wire()


def _header_two_answers() -> bytes:
    return bytes.fromhex("12340100000100020000000003777777076578616d706c650000010001")
