"""The world around the resolver: an upstream that answers, is silent, or talks rubbish; clients at chosen addresses."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import struct
import threading

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset

from tests.support.asking import read_exactly
from tests.support.http2 import Headers, Http2, Response
from tests.support.transports import DNS_MESSAGE

TTL = 5
_ALLOWED_OPTIONS = {dns.edns.OptionType.COOKIE, dns.edns.OptionType.PADDING}
HIDDEN = dns.name.from_text("hidden.example")
_SIGNATURE = "A 13 3 {ttl} 20380101000000 20260101000000 1 hidden.example. AAAA"


class Upstream:
    """Answers by the part a name plays in the cast; `strange` tells what it should not have been sent."""

    def __init__(self, labels: dict[str, str], host: str, port: int = 53) -> None:
        self._kinds = {label: kind for kind, label in labels.items()}
        self._labels = labels
        self.strange: set[str] = set()
        self.heard = 0
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((host, port))
        self._tcp = socket.create_server((host, port))
        for loop in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=loop, daemon=True).start()

    def close(self) -> None:
        for each in (self._udp, self._tcp):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _serve_udp(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                data, client = self._udp.recvfrom(65535)
                answer = self._answer(data, udp=True) if data else None
                if answer:
                    self._udp.sendto(answer, client)

    def _serve_tcp(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve_one, args=(self._tcp.accept()[0],), daemon=True).start()

    def _serve_one(self, line: socket.socket) -> None:
        with line, contextlib.suppress(OSError):
            while head := read_exactly(line, 2):
                answer = self._answer(read_exactly(line, struct.unpack("!H", head)[0]))
                if answer:
                    line.sendall(struct.pack("!H", len(answer)) + answer)

    def _answer(self, data: bytes, *, udp: bool = False) -> bytes | None:
        self.heard += 1
        try:
            query = dns.message.from_wire(data)
        except dns.exception.DNSException:
            return None
        options = {option.otype for option in query.options}
        self.strange |= {f"EDNS option {each}" for each in options - _ALLOWED_OPTIONS}
        question = query.question[0]
        if any(str(question.name).lower().startswith(label) for label in self._labels.values()):
            beyond = not question.name.is_subdomain(HIDDEN)
            self.strange |= {"a name below another zone than was asked"} if beyond else set()
        kind = next((self._kinds.get(label.decode("latin-1").lower(), "") for label in question.name.labels), "")
        if kind == "slow":
            return None
        if kind == "garbage":
            return data[:2] + bytes(reversed(data[2:])) + data
        reply = dns.message.make_response(query, recursion_available=True)
        if kind == "large" and udp:
            reply.flags |= dns.flags.TC  # ask again over TCP
        elif kind in ("nx", "refused"):
            reply.set_rcode(dns.rcode.NXDOMAIN if kind == "nx" else dns.rcode.REFUSED)
        elif kind == "alias":
            self._add(reply, f"{question.name} {TTL} IN CNAME {self._labels['listed']}.hidden.example.")
            self._add(reply, f"{self._labels['listed']}.hidden.example. {TTL} IN A 192.0.2.77")
        elif question.rdtype == dns.rdatatype.A:
            self._add(reply, f"{question.name} {TTL} IN A 192.0.2.78")
            if kind == "signed" and query.ednsflags & dns.flags.DO:
                self._add(reply, f"{question.name} {TTL} IN RRSIG {_SIGNATURE.format(ttl=TTL)}")
        return reply.to_wire()

    @staticmethod
    def _add(reply: dns.message.Message, record: str) -> None:
        name, ttl, _, kind, data = record.split(" ", 4)
        reply.answer.append(dns.rrset.from_text(name, int(ttl), "IN", kind, data))


class Client:
    """A customer at one address, who asks `server` over every transport."""

    def __init__(self, address: str, server: str, trust: ssl.SSLContext, name: str) -> None:
        self.address, self.server, self.name = address, server, name
        self.patience = 5.0  # seconds, over a connection
        self._trust = trust
        self._family = socket.AF_INET6 if ":" in address else socket.AF_INET

    def send(self, port: int, *datagrams: bytes) -> None:
        """Send and wait for nothing."""
        with socket.socket(self._family, socket.SOCK_DGRAM) as line:
            line.bind((self.address, 0))
            for each in datagrams:
                line.sendto(each, (self.server, port))

    def udp(self, port: int, queries: list[bytes], seconds: float = 3.0) -> list[bytes]:
        """Send all, and return what came back when each was answered, or the time was over."""
        answers: list[bytes] = []
        with socket.socket(self._family, socket.SOCK_DGRAM) as line, contextlib.suppress(TimeoutError):
            line.bind((self.address, 0))
            line.settimeout(seconds)
            for each in queries:
                line.sendto(each, (self.server, port))
            while len(answers) < len(queries):
                answers.append(line.recv(65535))
        return answers

    def stream(self, port: int, queries: list[bytes], *, tls: bool = False, sni: str = "") -> list[bytes]:
        """All over one connection, TCP or TLS."""
        answers: list[bytes] = []
        with self.connected(port) as raw, contextlib.suppress(OSError):
            line: socket.socket = raw
            if tls:
                line = self._trust.wrap_socket(raw, server_hostname=sni or self.name)
            line.sendall(b"".join(struct.pack("!H", len(each)) + each for each in queries))
            while len(answers) < len(queries) and (head := read_exactly(line, 2)):
                answers.append(read_exactly(line, struct.unpack("!H", head)[0]))
            line.close()
        return answers

    def doh(self, port: int, path: str, queries: list[bytes], headers: Headers) -> list[Response]:
        """All over one connection, GET and POST of each."""
        http = self.http2(port)
        streams = []
        for wire in queries:
            text = base64.urlsafe_b64encode(wire).rstrip(b"=").decode()
            accept = ("accept", DNS_MESSAGE)
            streams.append(http.send("GET", f"{path}?dns={text}", [accept, *headers]))
            streams.append(http.send("POST", path, [accept, ("content-type", DNS_MESSAGE), *headers], wire))
        streams.append(http.send("GET", f"{path}/{headers[0][1]}", list(headers)))
        answers = http.wait(streams)
        http.close()
        return answers

    def raw(self, port: int, data: bytes) -> bytes:
        """Send bytes over TCP and read to the end."""
        said = b""
        with self.connected(port) as line, contextlib.suppress(OSError):
            line.sendall(data)
            while more := line.recv(65536):
                said += more
        return said

    def http2(self, port: int) -> Http2:
        """A connection to ask over HTTP/2."""
        return Http2(port, self._trust, self.name, raw=self.connected(port))

    def connected(self, port: int) -> socket.socket:
        """A connection over TCP."""
        return socket.create_connection((self.server, port), self.patience, source_address=(self.address, 0))
