"""Answers no tidy server gives, written byte by byte from a seed: what arrives must still be what is passed on."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import dns.flags
import dns.message

from tests.differential.recording import Pair, ask

SHAPES = 420
SEED = 20_261_122
_QR_RD_RA = 0x8180
_A, _NS, _CNAME, _SOA, _MX, _TXT, _OPT, _RRSIG = 1, 2, 5, 6, 15, 16, 41, 46
_QNAME = b"\xc0\x0c"


def shaped() -> Iterator[Pair]:
    """All of them, the same in every run."""
    draw = random.Random(SEED)
    for number in range(SHAPES):
        kind = _KINDS[number % len(_KINDS)]
        question = ask(f"s{number}.{kind.__name__.strip('_').replace('_', '-')}.shape.test.", "A", do=True, cd=False)
        yield Pair(question, kind(_Writer(question), draw))


class _Writer:
    """A message behind the question of a query; offsets are counted for pointers."""

    def __init__(self, question: dns.message.Message) -> None:
        wire = question.to_wire()
        name = question.question[0].name.to_wire()
        assert name is not None
        self.question = wire[12 : 12 + len(name) + 4]
        self._sections: list[list[bytes]] = [[], [], []]

    @property
    def here(self) -> int:
        """Where the next record of the answer section begins."""
        return 12 + len(self.question) + sum(map(len, self._sections[0]))

    def add(self, owner: bytes, rtype: int, rdata: bytes, *, ttl: int = 240, section: int = 0, rclass: int = 1) -> None:
        head = owner + rtype.to_bytes(2) + rclass.to_bytes(2) + ttl.to_bytes(4) + len(rdata).to_bytes(2)
        self._sections[section].append(head + rdata)

    def done(self, flags: int = _QR_RD_RA) -> bytes:
        counts = b"".join(len(section).to_bytes(2) for section in self._sections)
        records = b"".join(record for section in self._sections for record in section)
        return b"\0\0" + flags.to_bytes(2) + b"\0\1" + counts + self.question + records


def _address(draw: random.Random) -> bytes:
    return bytes([192, 0, 2, draw.randrange(256)])


def _name(*labels: bytes) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _unknown_types(message: _Writer, draw: random.Random) -> bytes:
    """Types and RDATA that nobody knows, among them none at all."""
    for _ in range(draw.randrange(1, 9)):
        message.add(_QNAME, draw.randrange(1000, 65_000), draw.randbytes(draw.choice((0, 1, 7, 300))))
    return message.done()


def _odd_ttls(message: _Writer, draw: random.Random) -> bytes:
    """Large ones, and with the top bit (as good as 0, RFC 2181) in an additional record."""
    for _ in range(3):
        message.add(_QNAME, _A, _address(draw), ttl=draw.choice((1, 59, 86_400, 604_800, 2**31 - 1)))
    message.add(_name(b"x", b"test"), _A, _address(draw), section=2, ttl=draw.choice((300, 2**31, 2**32 - 1)))
    return message.done()


def _loud_owners(message: _Writer, draw: random.Random) -> bytes:
    """The owner written out, in another case than asked."""
    owner = bytes(
        byte ^ 0x20 if chr(byte).isalpha() and draw.random() < 0.5 else byte for byte in message.question[:-4]
    )
    message.add(owner, _A, _address(draw))
    message.add(_QNAME, _A, _address(draw))
    return message.done()


def _pointers(message: _Writer, draw: random.Random) -> bytes:
    """Names in RDATA that lean on owners before them, in all the types that may."""
    host = message.here + 2 + 10 + 2  # behind owner, fixed fields and the preference
    message.add(_QNAME, _MX, b"\0\x0a" + _name(b"Mail", b"shape", b"test"))
    message.add(_QNAME, _MX, b"\0\x14" + bytes([4]) + b"more" + (0xC000 | host + 5).to_bytes(2))
    message.add(_QNAME, _NS, (0xC000 | host).to_bytes(2))
    message.add((0xC000 | host).to_bytes(2), _A, _address(draw), section=2)
    return message.done()


def _opt_among_others(message: _Writer, draw: random.Random) -> bytes:
    """OPT in the middle of the additional section, with options that stay behind."""
    message.add(_QNAME, _A, _address(draw))
    message.add(_name(b"a", b"test"), _A, _address(draw), section=2)
    message.add(b"\0", _OPT, b"\0\x03\0\x04nsid" + b"\0\x0f\0\x02\0\x1d", ttl=0x8000, section=2, rclass=4096)
    message.add(_name(b"b", b"test"), _A, _address(draw), section=2)
    return message.done()


def _doubles(message: _Writer, draw: random.Random) -> bytes:
    """The same record twice, with other TTLs."""
    address = _address(draw)
    for ttl in (60, 30, 60):
        message.add(_QNAME, _A, address, ttl=ttl)
    return message.done()


def _odd_labels(message: _Writer, draw: random.Random) -> bytes:
    """Labels of any bytes, and names as long as names may be."""
    message.add(_QNAME, _NS, _name(draw.randbytes(63), draw.randbytes(1), b".\0 ", b"\xff" * 63))
    message.add(_QNAME, _NS, _name(b"w" * 63, b"x" * 63, b"y" * 63, b"z" * 61))
    message.add(_QNAME, _NS, _name(*[b"d"] * 126))
    return message.done()


def _other_sections(message: _Writer, draw: random.Random) -> bytes:
    """Signatures without what they cover, authority and glue beside a positive answer."""
    message.add(_QNAME, _A, _address(draw))
    covered = b"\0\1\x0d\3\0\0\0\x3c" + b"\x70\0\0\0" + b"\x60\0\0\0" + b"\x12\x34" + _name(b"test")
    message.add(_QNAME, _RRSIG, covered + draw.randbytes(64))
    message.add(_name(b"shape", b"test"), _NS, _name(b"ns", b"test"), section=1)
    message.add(_name(b"shape", b"test"), _RRSIG, covered + draw.randbytes(64), section=1)
    message.add(_name(b"ns", b"test"), _A, _address(draw), section=2)
    return message.done(_QR_RD_RA | draw.choice((0, dns.flags.AD, dns.flags.AA, 0x0040)))


def _chain_to_nothing(message: _Writer, draw: random.Random) -> bytes:
    """Aliases that end in NXDOMAIN or in no data, with the SOA of another zone (RFC 6604)."""
    middle, end = _name(b"m%d" % draw.randrange(99), b"test"), _name(b"e%d" % draw.randrange(99), b"invalid")
    for owner, target in draw.sample([(_QNAME, middle), (middle, end)], 2):  # in any order
        message.add(owner, _CNAME, target, ttl=draw.randrange(250, 350))
    numbers = b"".join(number.to_bytes(4) for number in (1, 3600, 600, 86_400, draw.randrange(200, 500)))
    message.add(_name(b"invalid"), _SOA, _name(b"ns", b"invalid") * 2 + numbers, ttl=600, section=1)
    return message.done(_QR_RD_RA | draw.choice((0, 3)))


def _many(message: _Writer, draw: random.Random) -> bytes:
    """More than any datagram holds."""
    for _ in range(draw.randrange(100, 1500)):
        message.add(_QNAME, _A, draw.randbytes(4))
    return message.done()


def _texts(message: _Writer, draw: random.Random) -> bytes:
    """Strings of all lengths and bytes."""
    for _ in range(draw.randrange(1, 40)):
        strings = (draw.randbytes(draw.randrange(256)) for _ in range(draw.randrange(1, 5)))
        message.add(_QNAME, _TXT, b"".join(bytes([len(string)]) + string for string in strings))
    return message.done()


def _alias_out_of_order(message: _Writer, draw: random.Random) -> bytes:
    """The address first, then the way to it."""
    names = [_name(b"c%d" % number, b"test") for number in range(draw.randrange(2, 15))]
    message.add(names[-1], _A, _address(draw))
    links = list(zip([_QNAME, *names], names, strict=False))
    for owner, target in draw.sample(links, len(links)):
        message.add(owner, _CNAME, target)
    return message.done()


_KINDS: tuple[Callable[[_Writer, random.Random], bytes], ...] = (
    _unknown_types, _odd_ttls, _loud_owners, _pointers, _opt_among_others, _doubles, _odd_labels, _other_sections,
    _chain_to_nothing, _many, _texts, _alias_out_of_order,
)  # fmt: skip
