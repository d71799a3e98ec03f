"""Recorded pairs of question and answer: from real servers, and made by hand where no server says such things.

A pair's key is what an upstream sees of a question: lower-case name, type, DO, CD. The validating resolver answers
those without CD, the authoritative server itself those with CD (AA, no RA, referrals).
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from itertools import product

import dns.edns
import dns.flags
import dns.message
from attrs import frozen

from tests.differential.zones import BOGUS, CHAIN_MAX, NSEC, NSEC3, PLAIN, Servers
from tests.support.asking import read_exactly

_TYPES = [
    "A", "AAAA", "MX", "TXT", "SRV", "NAPTR", "CAA", "SSHFP", "TLSA", "HINFO", "RP", "LOC", "URI", "SVCB", "HTTPS",
    "TYPE65280", "TYPE1234", "DNSKEY", "AFSDB", "NSEC3PARAM", "CDS", "EUI48", "PTR", "NS", "SOA", "DS", "CNAME",
    "DNAME", "RRSIG", "NSEC", "NSEC3", "SPF", "TYPE65535",
]  # fmt: skip
_OTHER_NAMES = [
    "@", "zero", "week", "year", "w.wild", "v.w.wild", "deep.x.wild", "real.wild", "x.real.wild", "wild", "empty",
    "c.empty", "b.c.empty", "a.b.c.empty", "tree", "x.tree", "xx.yy.tree", "zz.tree", "out", "out3", "nowhere",
    "nodata",    r"\000\001\255", r"a\.dot", "mixed", "_dmarc", "_8443._tcp", "1.2.3", "gone", "a.gone",
    "crowd", "mail", "l" * 63 + "." + "m" * 63 + "." + "n" * 63, ".".join("d" * 100), "text",
    *(f"chain{number}" for number in range(CHAIN_MAX + 1)),
]  # fmt: skip
_REFERRALS = ["cut", "x.cut"]  # their own servers do not exist: a resolver would go on asking
_ANSWER_TYPES = ("A", "AAAA", "TXT", "HTTPS", "NSEC")


@frozen
class Pair:
    """A question as a client asks it, and the whole message that answers it."""

    question: dns.message.Message
    answer: bytes

    @property
    def key(self) -> bytes:
        return key_of(self.question.to_wire())


def key_of(query: bytes) -> bytes:
    """Name in lower case, type, class, CD and DO of a query with at most an OPT behind its question."""
    end = 12
    while query[end]:
        end += query[end] + 1
    behind = end + 5
    do = bool(query[behind + 7] & 0x80) if len(query) > behind else False
    return query[12 : end + 1].lower() + query[end + 1 : behind] + bytes((bool(query[3] & 0x10), do))


def ask(name: str, rtype: str, *, do: bool, cd: bool) -> dns.message.Message:
    """A client's question."""
    message = dns.message.make_query(name, rtype, use_edns=0, want_dnssec=do, payload=1232)
    if cd:
        message.flags |= dns.flags.CD
    return message


def questions() -> Iterator[dns.message.Message]:
    """Every shape of every zone, with and without DO, and from both servers."""
    for zone, cd in product((PLAIN, NSEC, NSEC3), (False, True)):
        asked = [("many", rtype) for rtype in _TYPES]
        asked += [(name, rtype) for name in _OTHER_NAMES + _REFERRALS * cd for rtype in _ANSWER_TYPES]
        asked += [(f"n{number}", "A") for number in range(1, 31)] + [(f"gone{number}", "A") for number in range(30)]
        for number, (name, rtype) in enumerate(asked):
            full = zone if name == "@" else f"{name}.{zone}"
            yield ask(full, rtype, do=bool(number % 4), cd=cd)
    for rtype in _ANSWER_TYPES:
        yield ask("many." + BOGUS, rtype, do=True, cd=False)


def record(servers: Servers) -> list[Pair]:
    """Ask them all, over TCP."""
    pairs = []
    with _Line(servers.resolver) as resolver, _Line(servers.authority) as authority:
        for question in questions():
            line = authority if question.flags & dns.flags.CD else resolver
            pairs.append(Pair(question, line.exchange(question.to_wire())))
    return pairs


class _Line:
    """One TCP connection, opened again when the server closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def __enter__(self) -> _Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def exchange(self, wire: bytes) -> bytes:
        for _ in range(3):
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=10)
            try:
                self._socket.sendall(len(wire).to_bytes(2, "big") + wire)
                if head := read_exactly(self._socket, 2):
                    return read_exactly(self._socket, int.from_bytes(head, "big"))
            except (ConnectionError, TimeoutError):
                pass
            self._close()
        raise AssertionError("the server does not answer")

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
