"""The ways to all upstreams."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.internet.testing import MemoryReactorClock, StringTransport

from resolver.core.codes import DOT, TCP
from resolver.core.trouble import Trouble
from resolver.core.upstream_query import UpstreamQuery
from resolver.edge.limits import UpstreamLimits
from resolver.edge.serving.upstream_dials import Dials, UpstreamServer
from tests.resolver.edge.fake_core import FakeCore, make_pump
from tests.support.certificates import authority

QUERY = bytes(12) + b"question"


def dials(*upstreams: UpstreamServer) -> tuple[FakeCore, MemoryReactorClock, Dials]:
    core, reactor = FakeCore(), MemoryReactorClock()
    return core, reactor, Dials(reactor, upstreams, os.urandom, UpstreamLimits())


def send(core: FakeCore, reactor: MemoryReactorClock, ways: Dials, transport: int) -> None:
    pump, _ = make_pump(core, reactor, *ways.all)
    core.queries.append(UpstreamQuery(1, 0, transport, QUERY))
    pump.flush()


def test_each_server_is_dialled_its_own_way(tmp_path: Path) -> None:
    """Plain TCP without TLS, TLS with: the first bytes on that connection are a handshake."""
    ca = authority(tmp_path).pem
    for server, transport, first in (
        (UpstreamServer(("192.0.2.1", 53)), TCP, b"\0"),
        (UpstreamServer(("192.0.2.1", 853), "dns.example", ca), DOT, b"\x16"),
    ):
        core, reactor, ways = dials(server)
        send(core, reactor, ways, transport)
        ((host, port, factory, *_),) = reactor.tcpClients
        assert (host, port) == server.server
        transport_ = StringTransport()
        factory.buildProtocol(None).makeConnection(transport_)
        assert transport_.value()[:1] == first
        ways.stop()


def test_a_server_with_tls_is_never_asked_in_clear_text(tmp_path: Path) -> None:
    """Not even if the core said so."""
    core, reactor, ways = dials(UpstreamServer(("192.0.2.1", 853), "dns.example", authority(tmp_path).pem))
    send(core, reactor, ways, TCP)
    assert core.failed == [1]
    assert not reactor.tcpClients


def test_without_its_authorities_a_server_is_not_asked(tmp_path: Path) -> None:
    """The file is gone: every query says so, and none leaves."""
    core, reactor, ways = dials(UpstreamServer(("192.0.2.1", 853), "dns.example", tmp_path / "gone.pem"))
    send(core, reactor, ways, DOT)
    assert (core.failed, core.troubles) == ([1], [Trouble.NO_AUTHORITIES])
    assert not reactor.tcpClients
