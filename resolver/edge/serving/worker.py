"""The process that answers DNS: a core, its sockets and its index, all handed to it by the supervisor.

A spare worker has settings and index but no sockets; the `slot` message makes it serve. It leaves on `stop`, once the
queries in flight are answered, and at once when the channel closes.
"""

import gc
import mmap
import os
import resource
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import evolve

from blocklist.index import Index
from resolver.core.config import CoreConfig
from resolver.core.counters import Counters, Layout
from resolver.core.forwarder import Forwarder
from resolver.core.newcomers import Newcomers, no_mark
from resolver.edge.channel import Channel, Message
from resolver.edge.faults import Faults
from resolver.edge.limits import ConnectionLimits, Limits, WorkerLimits
from resolver.edge.serving.canary_run import CanaryRun
from resolver.edge.serving.entrances import TRANSPORTS, Entrances, TlsDoors
from resolver.edge.serving.flown import let_fly
from resolver.edge.serving.mapped_index import IndexRefused, map_index, map_newcomers
from resolver.edge.serving.pump import Pump
from resolver.edge.serving.udp import UdpReader, open_udp
from resolver.edge.serving.upstream_dials import Dials, UpstreamServer
from resolver.settings import Settings, parse
from resolver.settings.core import core_config
from resolver.settings.upstreams import Upstream

_NO_GENERATION = 0
_NEVER = 2**31 - 1


def main(channel: Channel) -> None:
    """Make this process a worker; it begins with the first message."""
    worker = Worker(channel, channel.reactor, Limits())
    channel.on_message = worker.receive


class Worker:
    """One worker's life. The reactor is a real one or a fake with sockets, timers and `stop`."""

    def __init__(self, channel: Channel, reactor: Any, limits: Limits) -> None:
        self._channel = channel
        self._reactor = reactor
        self._limits = limits
        self._faults = Faults(channel.send, reactor.seconds, limits.pump)
        self._index, self._generation = Index.empty(), _NO_GENERATION
        self._newcomers: Newcomers | None = None
        self._canary = CanaryRun(reactor, self._faults.report)
        self._config: CoreConfig | None = None
        self._servers: list[UpstreamServer] = []
        self._doh_path = ""
        self._tls = TlsDoors()
        self._cookie_secrets: tuple[bytes, ...] = ()
        self._service: Service | None = None
        self._verbs: dict[str, Callable[[Message, list[int]], None]] = {
            "start": self._start,
            "certificate": self._take_certificate,
            "cookies": self._take_cookies,
            "index": self._take_index,
            "try": self._try,
            "stop_marking": self._stop_marking,
            "slot": self._serve,
            "ping": self._answer_ping,
            "stop": self._stop,
        }

    def receive(self, message: Message, fds: list[int]) -> None:
        """One message of the supervisor. The descriptors are ours from here; those nobody took are closed."""
        verb = self._verbs.get(message["type"])
        if verb is not None:
            verb(message, fds)
        while fds:
            os.close(fds.pop())

    def _start(self, message: Message, fds: list[int]) -> None:
        settings = parse(message["settings"], base=Path("/"))
        self._config = core_config(settings)
        self._servers = [_server(upstream) for upstream in settings.servers]
        self._doh_path = settings.doh.path
        self._limits = evolve(self._limits, connections=_connection_limits(self._limits.connections, settings))
        _allow_descriptors(self._limits.worker.descriptors + settings.connections.most)
        self._channel.send({"type": "ready"})

    def _take_certificate(self, message: Message, fds: list[int]) -> None:
        """Show it from now on. The supervisor has looked that it is sound; should it not be, the one before stays."""
        try:
            self._tls.renew(message["certificate"].encode(), message["key"].encode())
        except Exception as error:  # noqa: BLE001  plain DNS goes on, whatever it was
            self._faults.report(error)

    def _take_cookies(self, message: Message, fds: list[int]) -> None:
        """Make and take server cookies under these secrets; none: no cookies."""
        self._cookie_secrets = tuple(map(bytes.fromhex, message["secrets"]))
        if self._service is not None:
            self._service.core.use_cookie_secrets(self._cookie_secrets)

    def _take_index(self, message: Message, fds: list[int]) -> None:
        """Map it and swap it in between two queries; a refused one leaves the index in force."""
        generation = message["generation"]
        self._canary.stop()  # what it tries is this one, or out of date
        try:
            index = map_index(fds.pop(0))
            newcomers = map_newcomers(fds.pop(0), index) if fds else None
        except IndexRefused as refused:
            self._channel.send({"type": "index_refused", "generation": generation, "code": refused.code})
            return
        self._index, self._generation, self._newcomers = index, generation, newcomers
        if self._service is not None:
            self._enforce(self._service)
        self._channel.send({"type": "index_active", "generation": generation})

    def _enforce(self, service: "Service") -> None:
        mark = no_mark if self._newcomers is None else self._newcomers.marker(service.slot)
        service.core.set_index(self._index, self._generation, mark)

    def _stop_marking(self, message: Message, fds: list[int]) -> None:
        self._newcomers = None
        if self._service is not None:
            self._service.core.stop_marking()

    def _try(self, message: Message, fds: list[int]) -> None:
        """Decide what is kept by an index not yet in force; where that cannot be done, nothing is in use here."""

        def done() -> None:
            self._channel.send({"type": "tried", "trial": message["trial"]})

        try:
            candidate = map_index(fds.pop(0))
            marks = map_newcomers(fds.pop(0), candidate).marks
        except IndexRefused as refused:
            self._faults.report(refused)
            done()
            return
        if self._service is None:
            done()
        else:
            self._canary.begin(self._service.core.canary(candidate, marks), done)

    def _serve(self, message: Message, fds: list[int]) -> None:
        """Take the slot's counters and sockets and answer."""
        if self._config is None or self._service is not None:
            return
        layout = Layout(len(self._config.upstreams), len(self._config.lists))
        counters = Counters(layout, memoryview(mmap.mmap(fds[0], 0)).cast("Q"))
        core = Forwarder(self._config, counters, os.urandom, time.time)
        core.use_cookie_secrets(self._cookie_secrets)
        self._service = Service(
            core, self._reactor, self._servers, self._faults, self._limits, message["slot"], self._tls, self._doh_path
        )
        self._enforce(self._service)
        sockets, fds[1:] = fds[1:], []
        for each, fd in zip(message["sockets"], sockets, strict=True):
            self._service.listen(each["kind"], socket.socket(fileno=fd), each["address"])
        _spare_the_old(self._limits.worker)
        self._channel.send({"type": "serving", "slot": message["slot"]})

    def _answer_ping(self, message: Message, fds: list[int]) -> None:
        """One who does not is taken for hung (`supervision/pulse.py`)."""
        self._channel.send({"type": "pong"})

    def _stop(self, message: Message, fds: list[int]) -> None:
        self._canary.stop()
        if self._service is None:
            self._reactor.stop()
        else:
            self._service.stop(self._reactor.stop)


class Service:
    """The sockets of a serving worker around its core."""

    def __init__(
        self,
        core: Forwarder,
        reactor: Any,
        servers: list[UpstreamServer],
        faults: Faults,
        limits: Limits,
        slot: int,
        tls: TlsDoors,
        doh_path: str,
    ) -> None:
        self._dials = Dials(reactor, servers, os.urandom, limits.upstream)
        self.core = core
        self.slot = slot
        self._reactor = reactor
        self._limits = limits
        self._pump = Pump(core, reactor, self._dials.all, faults, limits.pump)
        self._entrances = Entrances(reactor, self._pump, limits, tls, doh_path)
        self._readers: list[UdpReader] = []
        in_clear = [each.server if each.name is None else None for each in servers]
        self._flown = let_fly(reactor, self._pump, in_clear, limits.upstream)
        self._pump.flush()

    def listen(self, kind: str, sock: socket.socket, place: str) -> None:
        """Answer on a bound socket of a kind, which is ours from here; `place` is its endpoint."""
        door = self.core.door(TRANSPORTS[kind], place)
        if kind == "udp":
            self._readers.append(open_udp(self._reactor, sock, door, self._pump, self._limits.udp))
        else:
            self._entrances.listen(kind, sock, door)

    def stop(self, done: Callable[[], None]) -> None:
        """Take no new queries, answer those in flight for at most `stop_seconds`, then call `done`."""
        for reader in self._readers:
            reader.stop()
        self._entrances.drain()
        self._finish(self._reactor.seconds() + self._limits.worker.stop_seconds, done)

    def _finish(self, deadline: float, done: Callable[[], None]) -> None:
        pause = self._limits.worker.stop_check_seconds
        if not self._pump.idle and self._reactor.seconds() < deadline:
            self._reactor.callLater(pause, self._finish, deadline, done)
            return
        self._entrances.close()
        if self._flown is not None:
            self._flown.stop()
        self._pump.stop()
        self._dials.stop()
        for reader in self._readers:
            reader.close()
        self._reactor.callLater(pause, done)  # a turn for the last answers to leave


def _server(upstream: Upstream) -> UpstreamServer:
    where, tls = (upstream.address.host, upstream.address.port), upstream.tls
    return UpstreamServer(where) if tls is None else UpstreamServer(where, tls.name, tls.ca)


def _connection_limits(limits: ConnectionLimits, settings: Settings) -> ConnectionLimits:
    """Those an operator may set, and a share of them for clients that have asked nothing yet."""
    chosen = settings.connections
    return evolve(
        limits,
        most=chosen.most,
        per_prefix=chosen.per_prefix,
        ipv4_prefix=chosen.ipv4_prefix,
        ipv6_prefix=chosen.ipv6_prefix,
    )


def _spare_the_old(limits: WorkerLimits) -> None:
    """Keep Python's collector off the cache: walking a full one takes 0.2 s, and it has no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(limits.young_objects, limits.young_rounds, _NEVER)


def _allow_descriptors(wanted: int) -> None:
    """Every upstream query holds a descriptor; the usual soft limit of 1024 is not ours."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
