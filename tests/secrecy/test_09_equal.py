"""Statement 9: a listed question costs what a cached one costs, and looks like it to whoever watches an encrypted line.

Sizes and exported latency classes are gates here. Time itself is measured by `make bench-listed`, published in
docs/assurance/release.md. In clear (UDP, TCP) the answer itself can be read, so nothing is promised of its size; nor to
a client that does not ask for padding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dns.edns
import dns.message
import pytest

from resolver.core import codes
from resolver.core.counters import HIT_US
from tests.resolver.core.world import World, index_of, records
from tests.support.daemon import Daemon
from tests.support.http2 import Http2
from tests.support.listbody import entry
from tests.support.listed_daemon import listed_daemon
from tests.support.transports import Clients, get, post

BLOCK = 468  # bytes, RFC 8467 section 4.1
PADDING = dns.edns.GenericOption(dns.edns.OptionType.PADDING, bytes(40))
TYPES = ("A", "AAAA", "HTTPS")
SOA = "ns example. 900 SOA ns.example. mail.example. 1 2 3 4 900"
ORDINARY = {
    "address": {"A": ("an {} 300 A 192.0.2.7",), "AAAA": ("an {} 300 AAAA 2001:db8::7",)},
    "alias": {"A": ("an {} 60 CNAME w.example.", "an w.example. 300 A 192.0.2.7")},
    "service": {"HTTPS": ("an {} 300 HTTPS 1 . alpn=h2",)},
    "no data": dict.fromkeys(TYPES, (SOA,)),
    "no name": dict.fromkeys(TYPES, ("nxdomain", SOA)),
}
LENGTHS = (11, 12, 20, 40, 63, 64, 100, 150, 200, 240)


def name_of(length: int, below: str) -> str:
    """A name of so many characters, in labels as long as they may be."""
    left, labels = length - len(below) - 1, []
    while left > 0:
        size = min(63, left if left <= 63 or left > 64 else 62)
        labels.append("x" * size)
        left -= size + 1
    return ".".join([*labels, below])


def question(name: str, rdtype: str, *, do: bool = False, padded: bool = True) -> bytes:
    options = [PADDING] if padded else []
    return dns.message.make_query(name, rdtype, use_edns=0, want_dnssec=do, options=options).to_wire()


# --- the core -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("do", [False, True], ids=["plain", "DO"])
@pytest.mark.parametrize("transport", [codes.DOT, codes.DOH], ids=["dot", "doh"])
@pytest.mark.parametrize("length", LENGTHS)
def test_padded_answers_fill_one_block_listed_or_not(length: int, transport: int, do: bool) -> None:
    """Every length of name, type and shape of answer; the first time and from what is kept."""
    listed, other = name_of(length, "b.example"), name_of(length, "c.example")
    for rdtype in TYPES:
        world = World(index=index_of(["b.example"]))
        assert [size(world, listed, rdtype, transport, do) for _ in range(2)] == [BLOCK] * 2
        for shape in ORDINARY.values():
            if rdtype in shape:
                world = World(records(*(line.format(f"{other}.") for line in shape[rdtype])))
                assert [size(world, other, rdtype, transport, do) for _ in range(2)] == [BLOCK] * 2


def size(world: World, name: str, rdtype: str, transport: int, do: bool = False, *, padded: bool = True) -> int:
    answer = world.raw(question(name, rdtype, do=do, padded=padded), transport=transport)
    assert answer is not None
    return len(answer)


@pytest.mark.parametrize("transport", [codes.UDP, codes.TCP], ids=["udp", "tcp"])
def test_in_clear_a_listed_answer_is_longer_by_its_reason(transport: int) -> None:
    """What differs there, and why: the extended error says that the address is not the site's own. Six bytes."""
    world = World(records("an c.example. 300 A 192.0.2.7"), index=index_of(["b.example"]))
    sizes = [size(world, f"{each}.example", "A", transport, padded=False) for each in "bc"]
    assert sizes[0] == sizes[1] + 6


@pytest.mark.parametrize("transport", range(4), ids=["udp", "tcp", "dot", "doh"])
def test_a_listed_question_is_booked_with_the_constant_of_a_hit(transport: int) -> None:
    """Asked for the first time or again, however long it took: the lowest class and ten microseconds."""
    world = World(records("an c.example. 300 A 192.0.2.7"), index=index_of(["b.example"]))
    size(world, "c.example", "A", transport)
    for name in ("c.example", "b.example", "b.example", "x.b.example"):
        before = world.numbers
        size(world, name, "A", transport)
        after = world.numbers
        gained = [now - then for now, then in zip(after.latency, before.latency, strict=True)]
        assert gained == [1] + [0] * (len(gained) - 1)
        assert after.latency_sum_us - before.latency_sum_us == HIT_US
        assert after.cache_hits - before.cache_hits == 1


# --- the real daemon ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with listed_daemon(tmp_path_factory.mktemp("equal"), [entry("b.example", "domain")]) as (daemon, _):
        yield daemon


class Weighed:
    """A socket that counts the bytes it gives."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.received = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def recv(self, most: int) -> bytes:
        data = bytes(self._inner.recv(most))
        self.received += len(data)
        return data


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-equal")
@pytest.mark.parametrize("method", [get, post], ids=["GET", "POST"])
def test_http_responses_are_equally_long_with_all_their_frames(daemon: Daemon, method: Any) -> None:
    """Kept names whose TTL counts down, listed ones, new and known: headers and body weigh the same, in any order."""
    http = Http2(daemon.doh_port, daemon.trust(), daemon.tls_name)
    weighed: Any = Weighed(http.socket)
    http.socket = weighed
    names = [
        "long.c.example",
        "b.example",
        "c.example",
        "b.example",
        "long.c.example",
        "n1.b.example",
        "shorter.example",
    ]
    sizes = []
    for name in ["long.c.example", *names, *names]:
        before = weighed.received
        response = http.request(*method(daemon.doh_path, question(name, "A")))
        assert (response.status, len(response.body)) == (200, BLOCK)
        assert len(response.headers["cache-control"]) == len("private, max-age=0000000030")
        sizes.append(weighed.received - before)
    http.close()
    assert len(set(sizes[1:])) == 1, sizes  # the first brings the settings of the connection too


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-equal")
def test_dot_answers_are_one_block(daemon: Daemon) -> None:
    """Over TLS a message and its length are all there is."""
    with Clients(daemon) as clients:
        for length in LENGTHS:
            for below in ("b.example", "c.example"):
                for rdtype in TYPES:
                    answer = clients.exchange(question(name_of(length, below), rdtype), "dot")
                    assert answer is not None
                    assert len(answer) == BLOCK
