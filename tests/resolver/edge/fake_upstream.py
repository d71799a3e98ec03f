"""An upstream resolver on loopback, made with dnspython; the first label of a name says how it behaves.

`lost` never answers, `slow` answers after a while, `big` answers with more than a datagram holds (TC over UDP, whole
over TCP); every other name gets its A or AAAA record, TTL 300.
"""

from __future__ import annotations

import socket
import threading
import time

import dns.flags
import dns.message
import dns.rdatatype
import dns.rrset

SLOW_SECONDS = 0.3
PORT_TRIES = 20
ADDRESSES = {dns.rdatatype.A: "192.0.2.10", dns.rdatatype.AAAA: "2001:db8::10"}


class FakeUpstream:
    """UDP and TCP on one port; `seen` holds what was asked: transport, lower-case name, client's port."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._tcp, self._udp = _bound(family, host)
        self.port = self._tcp.getsockname()[1]
        self.address = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        self.seen: list[tuple[str, str, int]] = []
        for loop in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=loop, daemon=True).start()

    def count(self, name: str) -> int:
        return sum(seen == name for _, seen, _ in self.seen)

    def close(self) -> None:
        for each in (self._udp, self._tcp):
            each.shutdown(socket.SHUT_RDWR) if each is self._tcp else None
            each.close()

    def _serve_udp(self) -> None:
        while True:
            try:
                wire, client = self._udp.recvfrom(4096)
            except OSError:
                return
            label, answer = self._answer(wire, "udp", client[1])
            if label == "slow":
                threading.Timer(SLOW_SECONDS, self._send, (answer, client)).start()
            elif label != "lost":
                self._send(answer, client)

    def _send(self, answer: bytes, client: tuple[str, int]) -> None:
        try:
            self._udp.sendto(answer, client)
        except OSError:
            return

    def _serve_tcp(self) -> None:
        while True:
            try:
                connection, client = self._tcp.accept()
            except OSError:
                return
            with connection:
                size = int.from_bytes(connection.recv(2), "big")
                label, answer = self._answer(connection.recv(size), "tcp", client[1])
                if label == "slow":
                    time.sleep(SLOW_SECONDS)
                connection.sendall(len(answer).to_bytes(2, "big") + answer)

    def _answer(self, wire: bytes, transport: str, port: int) -> tuple[str, bytes]:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text().lower()
        self.seen.append((transport, name, port))
        answer = dns.message.make_response(query, recursion_available=True)
        label = name.split(".")[0].split("-")[0]
        if label == "big":
            self._fill(answer, transport)
        elif question.rdtype in ADDRESSES:
            answer.answer.append(
                dns.rrset.from_text(question.name, 300, "IN", question.rdtype, ADDRESSES[question.rdtype])
            )
        return label, answer.to_wire(max_size=65535)

    @staticmethod
    def _fill(answer: dns.message.Message, transport: str) -> None:
        if transport == "udp":
            answer.flags |= dns.flags.TC
            return
        texts = [f'"{number:0200}"' for number in range(20)]
        answer.answer.append(dns.rrset.from_text(answer.question[0].name, 300, "IN", "TXT", *texts))


def _bound(family: int, host: str) -> tuple[socket.socket, socket.socket]:
    """TCP and UDP on one port; a port free for TCP may be taken for UDP by a resolver under test."""
    for _ in range(PORT_TRIES):
        tcp = socket.create_server((host, 0), family=family)
        udp = socket.socket(family, socket.SOCK_DGRAM)
        try:
            udp.bind(tcp.getsockname()[:2])
        except OSError:
            tcp.close()
            udp.close()
        else:
            return tcp, udp
    raise OSError("no port is free for both UDP and TCP")
