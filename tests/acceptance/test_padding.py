"""Sizes on encrypted lines do not tell a listed name from another (secrecy of communications, statement 9)."""

from __future__ import annotations

import dns.edns
import dns.message
import pytest

from tests.support.transports import Clients

pytestmark = [pytest.mark.daemon, pytest.mark.peers, pytest.mark.xdist_group("table")]

BLOCK = 468  # bytes, RFC 8467 section 4.1
NAMES = ("blk.example", "www.blk.example", "exact.example", "www.example", "nothing-here.example")
PADDING = dns.edns.GenericOption(dns.edns.OptionType.PADDING, bytes(40))


@pytest.mark.parametrize("transport", ["dot", "doh"])
@pytest.mark.parametrize("rdtype", ["A", "AAAA", "HTTPS"])
def test_listed_or_not_fills_one_block(table_clients: Clients, transport: str, rdtype: str) -> None:
    """Blocked, real, and not there; the first time and from the cache."""
    for name in NAMES * 2:
        wire = dns.message.make_query(name, rdtype, use_edns=0, options=[PADDING]).to_wire()
        answer = table_clients.exchange(wire, transport)
        assert answer is not None
        assert len(answer) == BLOCK, name


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_nothing_is_padded_in_clear(table_clients: Clients, transport: str) -> None:
    """There it would only make floods larger."""
    wire = dns.message.make_query("www.example", "A", use_edns=0, options=[PADDING]).to_wire()
    answer = table_clients.exchange(wire, transport)
    assert answer is not None
    assert not dns.message.from_wire(answer).options
