"""Self-test names, asked end to end: at our own address, over UDP and TCP, as a customer's device would ask.

Each round asks A, AAAA and HTTPS of a list's own test names and expects what the settings promise for that list to a
client of that address: where the view that fits it leaves the list out, nothing is asked. Id and port are random;
nothing of it is kept but one word for each list. Test entries carry a bit: no block is counted.
"""

import secrets
import socket
import struct
from collections.abc import Callable, Iterable, Sequence

from attrs import define, field, frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from blocklist.errors import EntryFault
from blocklist.names import canonical_name, to_wire
from resolver.core import codes
from resolver.core.config import ListPolicy
from resolver.core.message import ANSWER, read_message
from resolver.core.names import WireFault
from resolver.core.upstream_query import Likeness, build, likeness
from resolver.core.views import Views
from resolver.edge.selftest import SelfTest
from resolver.settings import Settings, core_config
from resolver.settings.addresses import Endpoint
from resolver.settings.core import own_policy

_CLASS_IN = b"\x00\x01"
MESSAGE_BYTES = 65535

Exchange = Callable[[Endpoint, bytes, bool, float], bytes | None]  # address, query, over TCP?, seconds -> answer


@frozen
class SelfTestLimits:
    """What a round may cost."""

    seconds: float = 2.0
    """Time for one answer."""
    names: int = 4
    """Test names of a list asked in a round."""
    addresses: int = 8
    """Addresses of ours asked in a round."""
    first_seconds: float = 2.0
    """Time from the first list in force to the first round."""


def exchange(endpoint: Endpoint, query: bytes, tcp: bool, seconds: float) -> bytes | None:
    """Ask from a port the kernel draws; None when no answer comes in time."""
    family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as line:
            line.settimeout(seconds)
            line.connect((endpoint.host, endpoint.port))
            if not tcp:
                line.send(query)
                return line.recv(MESSAGE_BYTES)
            line.sendall(struct.pack("!H", len(query)) + query)
            (length,) = struct.unpack("!H", _read(line, 2))
            return _read(line, length)
    except OSError:
        return None


def _read(line: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = line.recv(count - len(data))
        if not more:
            raise OSError("cut")
        data += more
    return data


@frozen
class Asker:
    """Asks for one resolver's settings."""

    expected: dict[Endpoint, dict[str, dict[int, bytes | None]]]
    """By our address, list and type: the notice address, None for no data."""
    exchange: Exchange = exchange
    limits: SelfTestLimits = field(factory=SelfTestLimits)

    @classmethod
    def of(cls, settings: Settings) -> "Asker":
        """Return the one that knows what these settings promise."""
        core = core_config(settings)
        notice = core.answer_mode == "notice"
        views = Views(core)
        expected = {}
        for each in settings.listen:
            met = views.policies[own_policy(views, each)]
            expected[each.within] = {policy.list_id: _promised(policy, notice=notice) for policy in met}
        return cls(expected)

    def ask(self, list_id: str, names: Sequence[str]) -> SelfTest | None:
        """Run one round; the first thing that is wrong ends it. Blocking, for a few seconds at most.

        None: the views at our addresses leave this list out.
        """
        addresses = [address for address, lists in self.expected.items() if list_id in lists]
        if not addresses:
            return None
        try:
            wires = [to_wire(canonical_name(name)) for name in names[: self.limits.names]]
        except EntryFault:
            return SelfTest.FAILED
        for address in addresses[: self.limits.addresses]:
            for number, wire in enumerate(wires):
                for qtype, promised in self.expected[address][list_id].items():
                    for tcp in (False, True)[: 2 if number == 0 and qtype == codes.A else 1]:
                        result = self._once(address, wire, qtype, promised, tcp=tcp)
                        if result is not SelfTest.OK:
                            return result
        return SelfTest.OK

    def _once(self, address: Endpoint, wire: bytes, qtype: int, promised: bytes | None, *, tcp: bool) -> SelfTest:
        question = wire + qtype.to_bytes(2) + _CLASS_IN
        query = build(question, secrets.token_bytes(len(question) - 2), do=False, cd=False, mixed=False)
        answer = self.exchange(address, query, tcp, self.limits.seconds)
        if answer is None:
            return SelfTest.NO_ANSWER
        if likeness(query, question, answer) is not Likeness.SAME:
            return SelfTest.FAILED
        return _judged(answer, promised)


def _promised(policy: ListPolicy, *, notice: bool) -> dict[int, bytes | None]:
    v4, v6 = (policy.notice_v4, policy.notice_v6) if notice else (None, None)
    return {codes.A: v4, codes.AAAA: v6, codes.HTTPS: None}


def _judged(answer: bytes, promised: bytes | None) -> SelfTest:
    try:
        message = read_message(answer)
    except WireFault:
        return SelfTest.FAILED
    if message.rcode == codes.REFUSED:
        return SelfTest.REFUSED
    if message.rcode not in (codes.NOERROR, codes.NXDOMAIN):
        return SelfTest.FAILED
    found = [record.rdata for record in message.records if record.section == ANSWER]
    wanted = [] if promised is None else [promised]
    return SelfTest.OK if message.rcode == codes.NOERROR and found == wanted else SelfTest.NOT_BLOCKED


@define(eq=False)
class SelfTesting:
    """Runs the rounds, once lists are in force. `defer` runs what blocks in a thread.

    `tell` gets each list's word, an empty one where nothing is asked.
    """

    clock: IReactorTime
    defer: Callable[..., Deferred[list[tuple[str, SelfTest | None]]]]
    tell: Callable[[str, str], object]
    report: Callable[[BaseException], object]
    names: Callable[[str], Sequence[str]]
    asker: Asker
    interval: float  # seconds; 0: never
    _lists: tuple[str, ...] = field(default=(), init=False)
    _next: IDelayedCall | None = field(default=None, init=False)

    def in_force(self, list_ids: Iterable[str]) -> None:
        """Every worker enforces these lists now."""
        self._lists = tuple(list_ids) or self._lists
        if not self.interval:
            self._silence(self._lists)
        elif self._lists and self._next is None:
            self._next = self.clock.callLater(self.asker.limits.first_seconds, self._round)

    def _silence(self, list_ids: Iterable[str]) -> None:
        """What was said of these lists earlier, by whomever, counts no more."""
        for list_id in list_ids:
            self.tell(list_id, "")

    def _round(self) -> None:
        named = {list_id: tuple(self.names(list_id)) for list_id in self._lists}
        self._silence(list_id for list_id, names in named.items() if not names)
        plan = [(list_id, names) for list_id, names in named.items() if names]
        self.defer(self._ask, plan).addCallbacks(self._told, self._failed).addBoth(self._again)

    def _ask(self, plan: list[tuple[str, tuple[str, ...]]]) -> list[tuple[str, SelfTest | None]]:
        return [(list_id, self.asker.ask(list_id, names)) for list_id, names in plan]

    def _told(self, results: list[tuple[str, SelfTest | None]]) -> None:
        for list_id, result in results:
            self.tell(list_id, result.value if result else "")

    def _failed(self, failure: Failure) -> None:
        assert failure.value is not None
        self.report(failure.value)

    def _again(self, _result: object) -> None:
        self._next = self.clock.callLater(self.interval, self._round)
