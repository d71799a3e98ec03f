"""A small DNS world without sockets: a forwarder, upstreams that are functions, and the datagrams between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from random import Random
from types import ModuleType
from typing import Any

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
from attrs import define, evolve, field

import native
from blocklist.attributes import Attributes
from blocklist.compiling import ListImage, compile_index
from blocklist.index import Index
from blocklist.matchfile import build
from blocklist.names import to_wire
from blocklist.tokens import domain_token, host_token
from resolver.core.config import CoreConfig, ListPolicy, UpstreamConfig
from resolver.core.counters import Counters, Layout, Readout
from resolver.core.door import Door
from resolver.core.forwarder import Forwarder
from resolver.core.upstream_query import UpstreamQuery

KEY = bytes(range(32))
BASE = date(2026, 1, 1)
CLOCK_OFFSET = datetime(2026, 1, 2, tzinfo=UTC).timestamp()
UNIX_TIME = 1_790_000_000.0
N4, N6 = "192.0.2.1", "2001:db8::1"
CLIENT = "127.0.0.1"
CONFIG = CoreConfig(
    upstreams=(UpstreamConfig("one", trust_ad=True),),
    lists=(ListPolicy("demo", bytes([192, 0, 2, 1]), bytes.fromhex("20010db8000000000000000000000001")),),
    special_use=frozenset({"localhost", "onion", "home.arpa", "resolver.arpa", "10.in-addr.arpa", "127.in-addr.arpa"}),
)


def image_of(
    domains: Sequence[str] = (),
    hosts: Sequence[str] = (),
    *,
    exempt: Sequence[str] = (),
    all_types: Sequence[str] = (),
    test: Sequence[str] = (),
    fresh: Sequence[str] = (),
    list_id: str = "demo",
    days: int = 30,
) -> ListImage:
    """One list; `exempt` names are exempt with all below, `all_types`, `test` and `fresh` are domains too."""
    plain = Attributes(expiry_days=days, basis=0, all_types=False, test=False)
    records = [(domain_token(KEY, to_wire(name)), plain) for name in domains]
    records += [(host_token(KEY, to_wire(name)), plain) for name in hosts]
    records += [(domain_token(KEY, to_wire(name)), evolve(plain, all_types=True)) for name in all_types]
    records += [(domain_token(KEY, to_wire(name)), evolve(plain, test=True)) for name in test]
    records += [(domain_token(KEY, to_wire(name)), plain) for name in fresh]
    young = b"".join(sorted({domain_token(KEY, to_wire(name)) for name in fresh}))
    free = frozenset(domain_token(KEY, to_wire(name)) for name in exempt)
    return ListImage(list_id, KEY, BASE, build(records) if records else b"", free, young)


def index_with(*lists: ListImage) -> Index:
    """The real index of several lists."""
    return Index(compile_index(lists, clock_offset=CLOCK_OFFSET))


def index_of(domains: Sequence[str] = (), hosts: Sequence[str] = (), **more: Any) -> Index:
    """The real index of one list; more is for `image_of`."""
    return index_with(image_of(domains, hosts, **more))


TABLE = index_of(["blk.example"], ["exact.example"], exempt=["ex.blk.example"], all_types=["all.example"])
"""The set-up of the answer table."""

TWIN = [native.MODULE]
"""The extension that worlds have their hit path from, None for the pure one; see `conftest.py`."""

Reply = Callable[[dns.message.Message], dns.message.Message | bytes | None]


def records(*lines: str) -> Reply:
    """An upstream that answers everything with these records: `section name ttl type rdata`, `nxdomain`, `ad`."""

    def reply(query: dns.message.Message) -> dns.message.Message:
        response = dns.message.make_response(query, recursion_available=True)
        for line in lines:
            if line in ("nxdomain", "servfail", "refused"):
                response.set_rcode(dns.rcode.from_text(line))
                continue
            if line == "ad":
                response.flags |= dns.flags.AD
                continue
            section, name, ttl, rtype, rdata = line.split(" ", 4)
            rrset = dns.rrset.from_text(name, int(ttl), "IN", rtype, rdata)
            {"an": response.answer, "ns": response.authority, "ar": response.additional}[section].append(rrset)
        return response

    return reply


def bogus(*codes: int) -> Reply:
    """A validating upstream that gives its reasons."""

    def reply(query: dns.message.Message) -> dns.message.Message:
        response = dns.message.make_response(query, recursion_available=True)
        response.set_rcode(dns.rcode.SERVFAIL)
        response.use_edns(0, options=[dns.edns.EDEOption(code) for code in codes])
        return response

    return reply


@define
class World:
    """A forwarder with fake upstreams: `upstream` answers a query, or stays silent with None."""

    upstream: Reply = field(factory=lambda: records())
    config: CoreConfig = CONFIG
    index: Index = TABLE
    now: float = 1000.0
    module: ModuleType | None = field(factory=lambda: TWIN[0])
    sent: list[UpstreamQuery] = field(factory=list)
    closed: list[int] = field(factory=list)
    doors: dict[tuple[int, str], Door] = field(factory=dict)
    late: dict[object, list[bytes]] = field(factory=dict)
    forwarder: Forwarder = field(init=False)
    counters: Counters = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.counters = Counters.in_memory(Layout(len(self.config.upstreams), len(self.config.lists)))
        unix_time = lambda: UNIX_TIME + self.now  # noqa: E731
        self.forwarder = Forwarder(self.config, self.counters, Random(1).randbytes, unix_time, self.module)
        self.forwarder.set_index(self.index, 1)

    @property
    def numbers(self) -> Readout:
        return self.counters.read()

    def pump(self) -> None:
        """Carry datagrams both ways until nothing moves."""
        moving = True
        while moving:
            queries = self.forwarder.queries_to_send()
            moving = bool(queries)
            self.sent += queries
            for query in queries:
                reply = self.upstream(dns.message.from_wire(query.data))
                if reply is not None:
                    data = reply if isinstance(reply, bytes) else reply.to_wire(max_size=65_535)
                    self.forwarder.receive_response(data, query.attempt, self.now)
        self.closed += self.forwarder.attempts_to_close()
        for peer, data in self.forwarder.answers_to_send():
            self.late.setdefault(peer, []).append(data)

    def pass_time(self, seconds: float) -> None:
        """Let time pass, handling every deadline on the way."""
        end = self.now + seconds
        while (due := self.forwarder.next_deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.forwarder.handle_deadline(self.now)
            self.pump()
        self.now = end

    def door(self, transport: int = 0, place: str = "127.0.0.1:53") -> Door:
        """The way in of a transport, always the same one."""
        return self.doors.setdefault((transport, place), self.forwarder.door(transport, place))

    def raw(self, data: bytes, host: str = CLIENT, transport: int = 0, place: str = "127.0.0.1:53") -> bytes | None:
        """One message in, its answer out, at once or after the upstream's."""
        peer = object()
        answer = self.forwarder.receive_query(data, host, self.door(transport, place), peer, self.now)
        if answer is None:
            self.pump()
            answer = next(iter(self.late.pop(peer, [])), None)
        return answer

    def ask(
        self, name: str, rtype: str = "A", flags: str = "RD", *, edns: bool = True, do: bool = False, **options: object
    ) -> dns.message.Message:
        """Ask and parse with dnspython; every answer must be one."""
        answer = self.raw(question(name, rtype, flags, edns=edns, do=do), **options)  # type: ignore[arg-type]
        assert answer is not None
        return dns.message.from_wire(answer)


def question(name: str, rtype: str = "A", flags: str = "RD", *, edns: bool = True, do: bool = False) -> bytes:
    """A client's query; DO needs EDNS."""
    query = dns.message.make_query(name, rtype, use_edns=0 if edns or do else False, want_dnssec=do, payload=1232)
    query.flags = dns.flags.from_text(flags)
    return query.to_wire()


def parsed(answer: bytes) -> dns.message.Message:
    """Read any answer; dnspython wants more of an UPDATE than a header and a question, so the opcode is hidden."""
    return dns.message.from_wire(answer[:2] + bytes([answer[2] & 0x87]) + answer[3:])


def text(answer: dns.message.Message) -> list[str]:
    """The records of an answer, one line each, with its section."""
    sections = (("an", answer.answer), ("ns", answer.authority), ("ar", answer.additional))
    return [
        f"{label} {line}" for label, rrsets in sections for rrset in rrsets for line in rrset.to_text().splitlines()
    ]


def ede(answer: dns.message.Message) -> list[int]:
    """The EDE codes of an answer."""
    return [int(option.code) for option in answer.options if option.otype == 15]  # type: ignore[attr-defined]
