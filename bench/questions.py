"""Question sets: wire messages in the file form the generator reads (native/questions.h). All are equally long."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path
from random import Random

from attrs import frozen

from tests.support.daemon import NOTICE_V4

ZONE = "www.example"
KEPT_ADDRESS = "198.18.0.1"  # what native/upstream.c answers
CLIENT_COOKIE = bytes(range(8))  # RFC 7873, section 4.1: eight octets
_RD, _IN_A = 0x0100, b"\0\1\0\1"
_DO, _UDP_BYTES, _COOKIE_OPTION = 0x8000, 1232, 10


@frozen
class Question:
    """A name, the address its answer must carry, and whether its first label is new each time."""

    name: str
    address: str = KEPT_ADDRESS
    is_unique: bool = False


@frozen
class Form:
    """How a question is put: with an OPT and DO, with a client's cookie in it."""

    edns: bool = True
    cookie: bool = False


def kept(number: int) -> Question:
    return Question(f"w{number:07}.{ZONE}")


def listed_name(number: int) -> str:
    return f"l{number:07}.{ZONE}"


def listed(number: int) -> Question:
    return Question(listed_name(number), NOTICE_V4)


def missed() -> Question:
    """A name nobody asked for before: the generator counts in its first label."""
    return Question(f"00000000.{ZONE}", is_unique=True)


def wire(name: str, form: Form) -> bytes:
    """The query with id 0 (RFC 1035, section 4.1; RFC 6891, section 6.1.2)."""
    qname = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    head = struct.pack("!6H", 0, _RD, 1, 0, 0, int(form.edns))
    return head + qname + _IN_A + (_opt(form) if form.edns else b"")


def _opt(form: Form) -> bytes:
    options = struct.pack("!HH", _COOKIE_OPTION, len(CLIENT_COOKIE)) + CLIENT_COOKIE if form.cookie else b""
    return struct.pack("!BHHHHH", 0, 41, _UDP_BYTES, 0, _DO, len(options)) + options


def write(path: Path, questions: Iterable[Question], form: Form) -> Path:
    """Write a set; RCODE 0 is expected of every answer."""
    with path.open("wb") as file:
        for question in questions:
            message = wire(question.name, form)
            address = bytes(map(int, question.address.split(".")))
            file.write(struct.pack("!HBB", len(message), question.is_unique, 0) + address + message)
    return path


def zipf(names: int, draws: int, exponent: float = 1.0, seed: int = 6) -> list[int]:
    """Ranks drawn by Zipf's law, rank 0 most often; always the same ones."""
    weights = list(accumulate((rank + 1) ** -exponent for rank in range(names)))
    return Random(seed).choices(range(names), cum_weights=weights, k=draws)
