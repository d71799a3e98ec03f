"""A resolver with a list, on all transports, before upstreams that keep every packet: what is answered here stays here.

The list names `blk.example` with all below, and `deep.corp.example`; `free.blk.example` is exempt, and names below
`corp.example` are asked of an upstream of their own. There are no views: with them no question flies (ADR 0055).
"""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
from h2.exceptions import ProtocolError

from tests.support.asking import query
from tests.support.daemon import NOTICE_V4, Daemon, listing
from tests.support.listbody import ListBody, entry
from tests.support.quick_upstream import QuickUpstream
from tests.support.transports import EVERY, Clients

LISTED, CORP, EXEMPT = "blk.example", "deep.corp.example", "free.blk.example"
OPEN = "open.example"  # asked for while upstreams are slow or silent, so that it may be sent once more much later
SELF_TEST = "st.blk-test.example"
HIDDEN = tuple(f"hidden-{number}-quartz.example" for number in range(40))  # listed, and asked for by nobody
SLOW_SECONDS = 0.3
PAUSE = 0.003  # seconds between two questions of an asker: those it waits for need the processor too
HEADER = 12


class Recorder(QuickUpstream):
    """Names that begin with `alias` lead to a listed one; other types than A have no data; `is_slow` makes it wait."""

    is_slow = False

    def listed(self) -> list[str]:
        """What it was asked that is listed."""
        return [name for name in self.names() if is_listed(name)]

    def _answer(self, query: bytes) -> bytes | None:
        answer = super()._answer(query)
        if answer is None:
            return None
        if self.is_slow:
            time.sleep(SLOW_SECONDS)
        end = query.index(0, HEADER) + 5
        if query[end - 4 : end - 2] != b"\0\1":
            return answer[:6] + bytes(6) + query[HEADER:end]
        return _alias(query) if self.names()[-1].startswith("alias") else answer


def read_question(query: bytes) -> tuple[str, int]:
    """The name a query asks for, in lower case and without a dot at its end, and the type."""
    question = dns.message.from_wire(query).question[0]
    return question.name.to_text(omit_final_dot=question.name != dns.name.root).lower(), question.rdtype


def is_listed(name: str) -> bool:
    """Whether a name stands on the list here, exempt or not."""
    return f".{name.lower()}.".endswith((f".{LISTED}.", f".{CORP}."))


def _alias(wire: bytes) -> bytes:
    asked = dns.message.from_wire(wire)
    answer = dns.message.make_response(asked, recursion_available=True)
    owner, target = asked.question[0].name.to_text(), f"target.{LISTED}."
    for text in (f"{owner} 60 IN CNAME {target}", f"{target} 60 IN A 198.18.0.9"):
        answer.answer += dns.message.from_text(f"id 0\nopcode QUERY\nflags QR\n;ANSWER\n{text}\n").answer
    return answer.to_wire()


class LocalWorld:
    """The resolver, its upstreams and its list body."""

    first_moments: Asker  # who asked while it began

    def __init__(self, folder: Path) -> None:
        self.upstream, self.corp = Recorder().__enter__(), Recorder().__enter__()
        self.daemon = Daemon(folder / "isp", self.upstream.address, []).encrypt()
        self.daemon.settings |= {
            "forward": [{"zones": ["corp.example"], "upstreams": [{"address": self.corp.address}]}],
            "rate_limit": {"enabled": False},
            "poll": {"interval": 1},
        }
        self.entries = [entry(LISTED, "domain"), entry(CORP, "domain"), entry(SELF_TEST, test=True)]
        self.entries += [entry(name, "domain") for name in HIDDEN]
        self.body = ListBody(folder, self.daemon.public_key(), self.entries)
        self.daemon.settings["lists"] = [listing(self.body.root, self.body.url, canary=False, breaker=False)]
        self.daemon.write_config()
        self.daemon.exempt(EXEMPT, "domain")
        self.clients = Clients(self.daemon)
        self._numbers = itertools.count()
        self.permitted: list[str] = []  # listed names that a test sent upstream on purpose

    @property
    def upstream_addresses(self) -> set[str]:
        return {self.upstream.address, self.corp.address}

    def heard(self) -> set[tuple[str, int]]:
        """Names and types upstreams were asked for, but the root (health) and `OPEN`, which tests before may repeat."""
        asked = [read_question(each) for one in (self.upstream, self.corp) for each in list(one.queries)]
        return {each for each in asked if each[0] != "." and not f".{each[0]}".endswith(f".{OPEN}")}

    def listed_upstream(self) -> list[str]:
        """The listed names any upstream was asked for, exempt ones and those of `permitted` left out."""
        names = self.upstream.listed() + self.corp.listed()
        return [name for name in names if not f".{name}".endswith(f".{EXEMPT}") and name not in self.permitted]

    def list_status(self) -> dict[str, Any]:
        """What the resolver tells of its list."""
        return dict(self.daemon.status()["lists"][0])

    def new_name(self, zone: str = LISTED) -> str:
        """A listed name nobody asked for yet."""
        return f"n{next(self._numbers)}.{zone}"

    def ask(self, name: str, rdtype: str = "A", transport: str = "udp") -> dns.message.Message:
        answer = self.clients.exchange(query(name, rdtype).to_wire(), transport)
        assert answer is not None, (transport, rdtype)
        return dns.message.from_wire(answer)

    def ask_listed(self) -> None:
        """One new listed name and one other name over each transport, twice."""
        for transport in EVERY:
            for name in 2 * (self.new_name(), f"open-{transport}.example"):
                self.ask(name, "A", transport)

    def visit(self, head: bytes = b"GET / HTTP/1.1\r\nHost: x.example\r\nAccept: text/html\r\n\r\n") -> bytes:
        """All that the notice page answers to a request."""
        with socket.create_connection(("127.0.0.1", self.daemon.notice_port), 10) as visitor:
            visitor.sendall(head)
            return b"".join(iter(lambda: visitor.recv(65536), b""))

    def stop(self) -> None:
        self.clients.close()
        code = self.daemon.stop()
        self.body.stop()
        for each in (self.upstream, self.corp):
            each.__exit__()
        assert code == 0, self.daemon.text()


def is_policy(answer: bytes) -> bool:
    """Whether an answer to an A question is the one listed names get."""
    message = dns.message.from_wire(answer)
    addresses = [record.to_text() for rrset in message.answer for record in rrset]
    return message.rcode() == dns.rcode.NOERROR and addresses == [NOTICE_V4]


class Asker:
    """A client that asks for new listed names over all transports, again and again, from before the resolver is there.

    `answered` counts policy answers by transport, `wrong` every other answer that came.
    """

    def __init__(self, world: LocalWorld) -> None:
        self._world = world
        self._ended = threading.Event()
        self.answered = dict.fromkeys(EVERY, 0)
        self.wrong: list[str] = []
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> Asker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def goes_on(self, seconds: float = 60.0) -> None:
        """Wait until each transport has answered some more."""
        before = dict(self.answered)
        wait_for(lambda: all(self.answered[each] > before[each] + 2 for each in EVERY), "more answers", seconds)

    def _ask(self) -> None:
        with Clients(self._world.daemon) as clients:
            for transport in itertools.cycle(EVERY):
                if self._ended.wait(PAUSE):
                    return
                answer = None
                try:
                    answer = clients.exchange(query(self._world.new_name()).to_wire(), transport, 0.5)
                except (OSError, AssertionError, ProtocolError):  # nobody there yet, or no more
                    clients.close()
                if answer is not None and is_policy(answer):
                    self.answered[transport] += 1
                elif answer is not None:
                    self.wrong.append(f"{transport}: {dns.rcode.to_text(dns.message.from_wire(answer).rcode())}")


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def flag_sets() -> Iterator[str]:
    """All that a client can set in a header, RD or not."""
    for number in range(8):
        yield " ".join(flag for bit, flag in enumerate(("RD", "CD", "AD")) if number >> bit & 1)
