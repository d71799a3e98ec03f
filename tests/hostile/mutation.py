"""Valid queries, broken in the ways fuzzers and strangers break them; the same seed breaks the same ones."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import dns.edns
import dns.flags
import dns.message
import dns.rdatatype

MARK = b"mark-of-a-broken-body"  # put into what no answer may repeat
LONGEST = 4096  # bytes of one mutated message; a datagram on loopback takes all of them
HEADER = 12
ODD_BYTES = (0x00, 0x01, 0x3F, 0x40, 0x7F, 0x80, 0xBF, 0xC0, 0xFF)
ODD_WORDS = (0, 1, 2, 11, 41, 250, 255, 256, 0x7FFF, 0x8000, 0xC00C, 0xFFFE, 0xFFFF)
POINTERS = (0xC000, 0xC00C, 0xC00D, 0xC01A, 0xC0FF, 0xFFFF)
NAMES = (
    "www.example", "blk.example", "a.b.c.blk.example", "exact.example", "alias8.example", "big.example",
    "nothing.example", "www.signed.test", "blk.signed.test", "x.onion", "1.0.168.192.in-addr.arpa",
    "_dns.resolver.arpa", ".", ".".join("x" * 63 for _ in range(3)) + ".example", ".".join("abcdefgh" * 6) + ".example",
)  # fmt: skip
TYPES = ("A", "AAAA", "HTTPS", "TXT", "MX", "ANY", "DS", "AXFR", "TYPE65280")


def seeds() -> list[bytes]:
    """Every name with some type, OPT and flags."""
    messages = []
    for number, name in enumerate(NAMES):
        for step, options in enumerate(([], [dns.edns.CookieOption(b"8 bytes.", b"")], _many_options())):
            message = dns.message.make_query(name, TYPES[(number * 3 + step) % len(TYPES)], id=number)
            if (number + step) % 4:
                message.use_edns(0, dns.flags.DO * (step % 2), options=options)
            messages.append(message.to_wire())
    return messages


def _many_options() -> list[dns.edns.Option]:
    codes = (3, 9, 11, 12, 13, 100, 65001)  # NSID, EXPIRE, keepalive, padding, chain, two unknown
    return [dns.edns.ECSOption("192.0.2.0", 24), *(dns.edns.GenericOption(code, MARK) for code in codes)]


class Mutator:
    """An endless row of broken queries."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self._seeds = seeds()

    def next(self) -> bytes:
        """One to three changes to a valid query; never longer than LONGEST."""
        wire = self.random.choice(self._seeds)
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            wire = self.random.choice(CHANGES)(wire, self.random)
        return wire[:LONGEST]


def _flip(wire: bytes, random: Random) -> bytes:
    """Turn one to eight bits."""
    changed = bytearray(wire or b"\x00")
    for _ in range(random.randint(1, 8)):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _odd_byte(wire: bytes, random: Random) -> bytes:
    """A byte behind the header becomes one that means something: a length, a pointer, an end."""
    return _put(wire, _behind_header(wire, random), bytes([random.choice(ODD_BYTES)]))


def _odd_word(wire: bytes, random: Random) -> bytes:
    """A word anywhere becomes a length, type, class or count at its edge."""
    return _put(wire, random.randrange(2, max(len(wire), 3)), random.choice(ODD_WORDS).to_bytes(2, "big"))


def _pointer(wire: bytes, random: Random) -> bytes:
    """A compression pointer: to itself, forward, into the header, past the end."""
    at = _behind_header(wire, random)
    target = random.choice((*POINTERS, 0xC000 | at, 0xC000 | at + 2))
    return _put(wire, at, target.to_bytes(2, "big"))


def _count(wire: bytes, random: Random) -> bytes:
    """A section says it has more or fewer records than it has."""
    value = random.choice((0, 1, 2, 3, 255, 0xFFFF))
    return _put(wire, random.choice((4, 6, 8, 10)), value.to_bytes(2, "big"))


def _flags(wire: bytes, random: Random) -> bytes:
    """Other flags, opcodes and rcodes."""
    return _put(wire, 2, random.randbytes(2) if random.random() < 0.5 else bytes([random.randrange(128), 0]))


def _cut(wire: bytes, random: Random) -> bytes:
    return wire[: random.randrange(len(wire) + 1)]


def _trailing(wire: bytes, random: Random) -> bytes:
    return wire + MARK * random.randint(1, 3) + random.randbytes(random.randrange(64))


def _record(wire: bytes, random: Random) -> bytes:
    """One more record in some section, with a length that may lie; sometimes counted, sometimes not."""
    owner = random.choice((b"\x00", b"\xc0\x0c", b"\x04evil\x07example\x00", b"\xc0\xff"))
    length = len(MARK) + random.choice((0, 0, -1, 1, 200))
    fixed = random.choice((1, 5, 41, 41, 250, 24, 64)).to_bytes(2, "big") + random.randbytes(2) + bytes(4)
    counted = bytearray(wire)
    if len(wire) >= HEADER and random.random() < 0.8:
        at = random.choice((7, 9, 11))
        counted[at] = (counted[at] + 1) % 256
    return bytes(counted) + owner + fixed + length.to_bytes(2, "big") + MARK


def _option(wire: bytes, random: Random) -> bytes:
    """An OPT with an option whose length lies, or with very many."""
    one = random.randrange(20).to_bytes(2, "big") + random.choice((0, 8, 24, 255, 0xFFFF)).to_bytes(2, "big") + MARK
    rdata = one * random.choice((1, 1, 1, 40))
    length = len(rdata) + random.choice((0, 0, 0, 1, -1))
    opt = b"\x00\x00\x29" + random.randbytes(2) + bytes([0, random.choice((0, 0, 1)), 0x80, 0])
    return _put(wire + opt + length.to_bytes(2, "big") + rdata, 10, b"\x00\x01")


def _splice(wire: bytes, random: Random) -> bytes:
    """The head of it with its own tail from somewhere else."""
    return wire[: random.randrange(len(wire) + 1)] + wire[random.randrange(len(wire) + 1) :]


def _noise(_: bytes, random: Random) -> bytes:
    return random.randbytes(random.choice((0, 1, 11, 12, 13, 17, 40, 512)))


def _huge(wire: bytes, random: Random) -> bytes:
    """A name or a body of thousands of bytes."""
    label = bytes([random.choice((1, 63))])
    return wire[:HEADER] + (label + b"x" * label[0]) * random.choice((4, 5, 128, 200)) + wire[HEADER:]


CHANGES: tuple[Callable[[bytes, Random], bytes], ...] = (
    _flip, _flip, _odd_byte, _odd_byte, _odd_word, _pointer, _count, _flags, _cut, _trailing, _record, _option, _splice,
    _noise, _huge,
)  # fmt: skip


def _put(wire: bytes, at: int, part: bytes) -> bytes:
    """Overwrite what stands there; nothing beyond the end."""
    return wire[:at] + part[: max(0, len(wire) - at)] + wire[at + len(part) :]


def _behind_header(wire: bytes, random: Random) -> int:
    return random.randrange(HEADER, max(len(wire), HEADER + 1))
