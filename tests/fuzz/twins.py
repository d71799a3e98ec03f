"""The two twins of the hit path on sessions that are bytes: packets as they stand there, and what happens between them.

Whatever comes, the twins cannot be told apart, and each answer is one that dnspython reads, to the question asked.
"""

from __future__ import annotations

from typing import Final

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.rcode

from tests.resolver.core.test_native_hit_path import (
    CONFIGS,
    HOSTS,
    LISTS,
    NAMES,
    SECRETS,
    SERVER,
    WEATHER,
    Pair,
    packet_of,
)

STEPS: Final = 24
PAUSES: Final = (0.25, 1, 2.5, 17, 31, 59, 300, 100_000)  # seconds
PLACE: Final = "127.0.0.1:53"
ASK, WAIT, ENFORCE, TURN, RENEW = range(0, 200, 40)  # the least byte of each kind of step


class _Bytes:
    """The input, from its front; past its end everything is nought."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, length: int) -> bytes:
        taken = self._data[self._at : self._at + length]
        self._at += length
        return taken

    def byte(self) -> int:
        return int.from_bytes(self.take(1))

    def __bool__(self) -> bool:
        return self._at < len(self._data)


def session(data: bytes) -> None:
    """Play one session on both."""
    given = _Bytes(data)
    pair = Pair(CONFIGS[given.byte() % len(CONFIGS)])
    for _ in range(STEPS):
        if not given:
            break
        step = given.byte()
        if step < WAIT:
            packet = given.take(given.byte())
            answer = pair.send(packet, HOSTS[step & 7], step >> 3 & 3, PLACE)
            if answer:
                read(packet, answer)
        elif step < ENFORCE:
            pair.pass_time(PAUSES[step & 7])
        elif step < TURN:
            pair.enforce(LISTS[step % len(LISTS)], watched=step % 2 == 0)
        elif step < RENEW:
            name, weather = NAMES[step % len(NAMES)], sorted(WEATHER)[given.byte() % len(WEATHER)]
            pair.weather[name.rstrip(".") + "."] = weather
        else:
            for world in pair.worlds:
                world.forwarder.use_cookie_secrets(SECRETS[: step % 3])
        pair.compare()


def read(packet: bytes, answer: bytes) -> None:
    """Read an answer as a client with dnspython would."""
    assert answer[:2] == packet[:2]
    if dns.opcode.from_flags(int.from_bytes(answer[2:4])) != dns.opcode.QUERY:
        return  # refused as another kind of message, whose question dnspython reads by that kind's rules
    said = dns.message.from_wire(answer, one_rr_per_rrset=True)
    assert said.flags & dns.flags.QR
    try:
        asked = dns.message.from_wire(packet)
    except (dns.exception.DNSException, ValueError):
        return  # what is broken is told so, or dropped
    if said.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN) and asked.opcode() == dns.opcode.QUERY:
        assert said.question == asked.question
        assert (said.edns >= 0) == (asked.edns >= 0)
        assert not said.ednsflags & dns.flags.DO or asked.ednsflags & dns.flags.DO


def seeds() -> list[bytes]:
    """Return sessions of ordinary clients, with all that may happen between their questions."""
    plain, edns = (False, 1232), (True, 4096)
    asked = [
        packet_of(name, rtype, flags, size, options)
        for name, rtype, flags, size, options in (
            ("n0.example", "A", "RD", None, 0), ("N1.example", "AAAA", "RD AD", plain, 0),
            ("www.blk.example", "A", "RD", plain, 1), ("new.example", "HTTPS", "RD CD", edns, 0),
            ("exact.example", "MX", "RD", edns, 5), (".", "SOA", "RD", (False, 0), 3),
        )
    ]  # fmt: skip
    asked.append(
        dns.message.make_query("n0.example", "A", options=[dns.edns.CookieOption(b"8 bytes.", SERVER)]).to_wire()
    )
    sessions = []
    for number in range(len(CONFIGS)):
        steps = [bytes([number, RENEW + 1 + number % 2])]
        for place, packet in enumerate(asked):
            ask = bytes([number & 1 | (place & 1) << 3, len(packet)]) + packet
            steps += [ask, ask, bytes([WAIT + place]), ask, bytes([ENFORCE + place]), ask]
        sessions.append(b"".join([*steps[:1], *steps[1 + 6 * (number % 4) :][:23]]))
    return sessions
