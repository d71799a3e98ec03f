"""A real worker with all four transports, and the clients that ask it."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import dns.message
import dns.query

from blocklist.compiling import compile_index
from resolver.edge.sealed_memory import sealed_memory
from tests.resolver.edge.supervised_worker import SupervisedWorker
from tests.support.certificates import Authority

NAME = "resolver.test"
PLAIN = {"upstreams": [{"address": "127.0.0.1:9"}], "answer": {"mode": "dns-only"}}
HOME = ("127.0.0.1", 0)


class EncryptedWorker:
    """One worker with all four transports and an authority its clients believe."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.authority = Authority(folder)
        self.issued = self.authority.issue(NAME, ips=["127.0.0.1"])
        self.worker = SupervisedWorker()
        self.worker.start(**PLAIN, **settings)
        self.worker.certificate(self.issued)
        self.worker.index(sealed_memory(compile_index([], clock_offset=0.0)), 1)
        self.worker.slot("127.0.0.1", encrypted=True)
        self.ports = self.worker.ports
        self._dot = self.context("dot")

    def context(self, *protocols: str) -> ssl.SSLContext:
        made = ssl.create_default_context(cafile=str(self.authority.pem))
        if protocols:
            made.set_alpn_protocols(list(protocols))
        return made

    def connect(self, kind: str, source: tuple[str, int] = HOME) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.ports[kind]), 10, source)

    def tls(self, source: tuple[str, int] = HOME) -> ssl.SSLSocket:
        return self._dot.wrap_socket(self.connect("dot", source), server_hostname=NAME)

    def ask(self, kind: str, source: str = "127.0.0.1") -> dns.message.Message:
        """One question over a connection of its own; an error when there is no answer."""
        asked, port = question(), self.ports[kind]
        if kind == "udp":
            return dns.query.udp(asked, "127.0.0.1", 10, port, source)
        if kind == "tcp":
            return dns.query.tcp(asked, "127.0.0.1", 10, port, source)
        if kind == "dot":
            context = self.context("dot")
            return dns.query.tls(asked, "127.0.0.1", 10, port, source, ssl_context=context, server_hostname=NAME)
        return dns.query.https(asked, f"https://127.0.0.1:{port}/dns-query", 10, verify=self.context())


def question() -> dns.message.QueryMessage:
    """Answered by the worker itself, with the id that DoH wants."""
    made = dns.message.make_query("localhost", "A", use_edns=0)
    made.id = 0
    return made
