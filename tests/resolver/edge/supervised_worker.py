"""A real worker process, with the test in the supervisor's place at the other end of its channel."""

from __future__ import annotations

import array
import json
import mmap
import os
import socket
import subprocess
import sys
from typing import Any

from resolver.core.counters import Counters, Layout, Readout
from resolver.edge.sealed_memory import fixed_memory
from resolver.edge.supervision.sockets import BACKLOG, RECEIVE_BUFFER_BYTES
from tests.support.certificates import Issued
from tests.support.ports import free_port

CHANNEL_FD = 3
PATIENCE = 20.0  # seconds a test waits for the worker


class SupervisedWorker:
    """Started on construction; `start`, `index`, `slot` and `stop` are the supervisor's messages."""

    def __init__(self) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.channel.settimeout(PATIENCE)
        with theirs:
            # A shell moves the line to descriptor 3, where a child expects it.
            command = f'exec "$0" -m resolver.app.child worker {CHANNEL_FD}<&{theirs.fileno()} {theirs.fileno()}<&-'
            shell = command if theirs.fileno() != CHANNEL_FD else 'exec "$0" -m resolver.app.child worker'
            self.process = subprocess.Popen(
                ["/bin/bash", "-c", shell, sys.executable], pass_fds=[theirs.fileno()], stderr=subprocess.PIPE
            )
        self.sockets: list[socket.socket] = []
        self.ports: dict[str, int] = {}
        self.counters_fd = -1
        self._layout = Layout(0, 0)

    def start(self, **settings: Any) -> None:
        """Send settings (those of a YAML file) and wait until the worker is ready."""
        self._layout = Layout(len(settings["upstreams"]), len(settings.get("lists", ())))
        self.send({"type": "start", "settings": settings})
        assert self.receive() == {"type": "ready"}

    def index(self, fd: int, generation: int) -> dict[str, Any]:
        """Hand over an index, which is closed here; the worker's reply."""
        self.send({"type": "index", "generation": generation}, fd)
        os.close(fd)
        return self.receive()

    def certificate(self, issued: Issued) -> None:
        """Have it show this one from now on."""
        pair = {"certificate": issued.certificate.read_text(), "key": issued.key.read_text()}
        self.send({"type": "certificate"} | pair)

    def slot(self, *addresses: str, encrypted: bool = False) -> int:
        """Give it UDP and TCP sockets on one port of each address, and counters; the port.

        `encrypted` adds DoT and DoH at ports of their own on 127.0.0.1; `ports` has all of them by kind.
        """
        described = []
        port = 0
        for address in addresses:
            port = self._bind(address, port)
            described += [{"kind": kind, "address": f"{address}:{port}"} for kind in ("udp", "tcp")]
        self.ports = {"udp": port, "tcp": port}
        for kind in ("dot", "doh") if encrypted else ():
            listening = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
            self.sockets.append(listening)
            self.ports[kind] = listening.getsockname()[1]
            described.append({"kind": kind, "address": f"127.0.0.1:{self.ports[kind]}"})
        self.counters_fd = fixed_memory(self._layout.size)
        message = {"type": "slot", "slot": 0, "sockets": described}
        self.send(message, self.counters_fd, *(each.fileno() for each in self.sockets))
        assert self.receive() == {"type": "serving", "slot": 0}
        return port

    def counts(self) -> Readout:
        """What it has counted."""
        with mmap.mmap(self.counters_fd, 0) as memory:
            return Counters(self._layout, memoryview(memory[:]).cast("Q")).read()

    def send(self, message: dict[str, Any], *fds: int) -> None:
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        self.channel.sendmsg([json.dumps(message).encode()], ancillary)

    def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.channel.recv(65536))
        return message

    def stop(self) -> int:
        """Tell it to leave; its exit code."""
        self.send({"type": "stop"})
        return self.process.wait(PATIENCE)

    def close(self) -> str:
        """End it whatever it does; what it wrote to stderr."""
        self.channel.close()
        if self.process.poll() is None:
            self.process.kill()
        _, errors = self.process.communicate()
        for each in self.sockets:
            each.close()
        if self.counters_fd >= 0:
            os.close(self.counters_fd)
        return errors.decode()

    def _bind(self, address: str, port: int) -> int:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        port = port or free_port()
        udp, tcp = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_STREAM)
        self.sockets += [udp, tcp]
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of other tests may linger on the port
        for each in (udp, tcp):
            if family == socket.AF_INET6:
                each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            each.bind((address, port))
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        tcp.listen(BACKLOG)
        return port
