"""Behind a front end (docs/operators/doq.md): dnsdist before the resolver, asked over UDP, TCP, DoT and DoH.

The dnsdist of Debian 12 has no DoQ; what it hands on is the same message whichever door a client came in by.
"""

from __future__ import annotations

from collections.abc import Iterator

import dns.edns
import dns.flags
import dns.message
import pytest

from tests.acceptance.rows import TABLE, Case
from tests.support.asking import query
from tests.support.daemon import Daemon
from tests.support.dnsdist import Dnsdist
from tests.support.transports import EVERY, Clients

pytestmark = [pytest.mark.daemon, pytest.mark.peers, pytest.mark.xdist_group("table")]

OWN_ANSWERS = ("14",)  # what is no query dnsdist answers or drops itself
HANDED_ON = [param for param in TABLE if param.values[0].row not in OWN_ANSWERS]  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, table_daemon: Daemon) -> Iterator[Dnsdist]:
    front = Dnsdist(tmp_path_factory.mktemp("dnsdist"), table_daemon)
    yield front
    front.stop()


@pytest.fixture(scope="module")
def clients(front: Dnsdist) -> Iterator[Clients]:
    with Clients(front) as clients:
        yield clients


@pytest.mark.parametrize("case", HANDED_ON)
def test_rows_hold_behind_a_front_end(clients: Clients, case: Case) -> None:
    """Each row that is a query holds for the clients of the front end, over every transport it offers."""
    for transport in EVERY:
        wire = clients.exchange(case.wire, transport)
        assert wire is not None, transport
        assert case.check is not None
        case.check(dns.message.from_wire(wire), case.asked)


@pytest.mark.parametrize("transport", ["tcp", "dot", "doh"])
def test_large_answers_arrive_whole(clients: Clients, transport: str) -> None:
    """Asked over DoT the resolver cuts nothing, so nothing cut reaches a client of an encrypted transport."""
    wire = clients.exchange(query("big.example", "TXT").to_wire(), transport)
    assert wire is not None and len(wire) > 1500
    assert not dns.message.from_wire(wire).flags & dns.flags.TC


@pytest.mark.parametrize("transport", ["dot", "doh"])
def test_padding_reaches_the_client(clients: Clients, transport: str) -> None:
    """The front end passes on what the resolver padded (RFC 8467: blocks of 468 bytes)."""
    padding = dns.edns.GenericOption(dns.edns.OptionType.PADDING, bytes(8))
    question = dns.message.make_query("www.example", "A", use_edns=0, options=[padding])
    wire = clients.exchange(question.to_wire(), transport)
    assert wire is not None and len(wire) == 468
