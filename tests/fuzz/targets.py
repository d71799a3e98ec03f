"""What is fuzzed: every reader of bytes that somebody else made. A target returns, or raises a declared error.

What is in C is fuzzed by itself (`programs.py`), and beside its pure twin here (`twins.py`).

A declared error is one of the BlocklistError family. Where bytes are read, a target also checks what must hold then:
what is written again is what was read, what two readers say agrees.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Protocol

from attrs import frozen

import native
from blocklist import canonical, delta, matchfile, merkle, public_log, stream
from blocklist.attributes import Attributes
from blocklist.compiling import ListImage, compile_index
from blocklist.criteria import DEMO
from blocklist.entries import parse_entry
from blocklist.errors import BlocklistError, EntryFault
from blocklist.index import Index
from blocklist.keyring import Keyring
from blocklist.manifest import Manifest
from blocklist.names import to_wire
from blocklist.public_log import Opening
from blocklist.publish.review.drafts import Template
from blocklist.publish.review.foreign import reader
from blocklist.publish.review.importing import drafted, read_lines
from blocklist.tokens import domain_token, host_token
from blocklist.withdrawal import Withdrawal

CORPUS: Final = Path(__file__).parent / "corpus"
VECTORS: Final = Path(__file__).parents[2] / "docs" / "vectors"
KEY: Final = bytes(32)
FORMS: Final = ("plain", "hosts", "rpz", "csv")
TEMPLATE: Final = Template(
    criterion="dns_cumulative", basis="law", decided_on=date(2026, 10, 1), last_resort="hosted_abroad"
)
NAMES: Final = ("blk.example", "a.blk.example", "example", "b.test")


class Document(Protocol):
    """What is read from bytes in one form and written back."""

    def to_bytes(self) -> bytes: ...


@frozen
class Target:
    """A function that takes any bytes, and bytes it accepts to begin with."""

    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]


def check(target: Target, data: bytes) -> None:
    """Feed a target; any other exception than a declared error comes out."""
    try:
        target.run(data)
    except BlocklistError as fault:
        assert fault.code
        assert str(fault)


def seeds(name: str) -> Iterator[bytes]:
    """Yield what is fed to a target to begin with: the vectors, and what was kept."""
    yield b""
    yield from TARGETS[name].seeds()
    for path in sorted((CORPUS / name).glob("*")):
        yield path.read_bytes()


@cache
def vector(name: str) -> Any:
    """Return one file of test vectors."""
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def each_form(read: Callable[[bytes], Document]) -> Callable[[bytes], None]:
    """Read the bytes as they are and, where they are JSON, in their canonical form: else few get past the first door.

    What is read is written as it was.
    """

    def run(data: bytes) -> None:
        try:
            assert read(data).to_bytes() == data
        except BlocklistError:
            plain = _canonical(data)
            assert read(plain).to_bytes() == plain

    return run


def entry(data: bytes) -> None:
    """An entry line: what is written is read as the same entry, whose token can be computed."""
    read = parse_entry(data, DEMO)
    assert parse_entry(read.to_bytes(), DEMO) == read
    assert canonical.dumps(json.loads(read.to_bytes())) == read.to_bytes()
    token = read.token(KEY)
    assert token is None or len(token) == 16
    assert token is None or len(to_wire(read.name)) <= 255


def foreign(data: bytes) -> None:
    """A foreign file, after a byte that chooses its format: each line is an entry or has a reason."""
    form = FORMS[data[0] % len(FORMS)] if data else FORMS[0]
    for _, found in drafted(read_lines(BytesIO(data[1:])), reader(form, {}, ","), TEMPLATE, DEMO):
        if not isinstance(found, EntryFault):
            assert parse_entry(found.to_bytes(), DEMO) == found


def match_file(data: bytes) -> None:
    """A plain full file, and an encrypted one: what is accepted is what `build` makes of its records."""
    if data.startswith(b"MAMORI"):
        stream.unseal(data, stream.Kind.FULL, stream.FileContext(KEY, "demo", "csam", 1, "match/1/1.full"))
    records = matchfile.parse(data)
    words = (int.from_bytes(records[at + 16 : at + 18], "big") for at in range(0, len(records), 18))
    assert matchfile.build(zip(matchfile.tokens_of(records), map(Attributes.unpack, words), strict=True)) == records


def changes(data: bytes) -> None:
    """A delta, after its length in 2 bytes and the records it is for: it leads to a valid set, and back to itself."""
    length = int.from_bytes(data[:2], "big")
    records, made = matchfile.parse(data[2 : 2 + length]), data[2 + length :]
    result = matchfile.parse(delta.apply(records, made))
    again = delta.make(records, result)
    if again is not None:
        assert delta.apply(records, again) == result
        assert sum(delta.changes(again)) <= sum(delta.changes(made))


def index(data: bytes) -> None:
    """A compiled index, native to this machine: whatever it opens, names can be looked up in it."""
    opened = Index(data)
    for name in NAMES:
        opened.match(to_wire(name), 0.0)


def withdrawal(data: bytes) -> None:
    """A plain withdrawal is written as it was read."""
    assert Withdrawal.from_bytes(data).to_bytes() == data


def public(data: bytes) -> None:
    """A log, then an opening: what is opened is in the log it is checked against."""
    try:
        lines = list(public_log.read_lines(data))
    except BlocklistError:
        each_form(Opening.from_bytes)(data)
        head = merkle.Frontier.from_json(vector("log")["frontier"])
        public_log.verify(Opening.from_bytes(_canonical(data)), head.root().hex(), head.size)
        assert _canonical(data) == _canonical(vector("log")["opening"].encode()), "another opening verifies"
    else:
        assert b"".join(line + b"\n" for line, _ in lines) == data
        for line, read in lines:
            assert read.to_bytes() == line


def twins(data: bytes) -> None:
    """A session of clients: loaded when it is wanted, for it brings all of the resolver's core."""
    from tests.fuzz.twins import session

    session(data)


def _twins_seeds() -> list[bytes]:
    from tests.fuzz.twins import seeds

    return seeds()


def _canonical(data: bytes) -> bytes:
    try:
        return canonical.dumps(json.loads(data))
    except (ValueError, RecursionError):
        return b""


def _index_seeds() -> list[bytes]:
    attributes = Attributes(511, 0)
    records = matchfile.build((domain_token(KEY, to_wire(name)), attributes) for name in NAMES[:2])
    exempt = frozenset({host_token(KEY, to_wire(NAMES[1]))})
    image = ListImage("demo", KEY, date(2026, 10, 1), records, exempt)
    return [compile_index([], clock_offset=0.0), compile_index([image], clock_offset=1.79e9)]


def _delta_seeds() -> list[bytes]:
    known = vector("delta")
    old = bytes.fromhex(known["old"])
    made = [bytes.fromhex(each) for each in (known["delta"], *known["refused"])]
    return [len(old).to_bytes(2, "big") + old + each for each in made]


def _hex(*texts: str) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def _text(*texts: str) -> list[bytes]:
    return [text.encode() for text in texts]


_FOREIGN: Final = (
    b"# a list\nblk.example\nhttp://blk.example/a?b#c\n",
    b"0.0.0.0 blk.example www.blk.example # both\n::1 localhost\n",
    b"$ORIGIN rpz.test.\n@ SOA . . (1 2\n 3 4 5)\nblk.example CNAME .\n*.blk.example 60 IN CNAME .\n",
    b'name,type,test\nblk.example,domain,\n"b.test",host,yes\n',
)

TARGETS: Final[Mapping[str, Target]] = {
    "entry": Target(entry, lambda: _text(*(each["line"] for each in vector("entries")["entries"]))),
    "foreign": Target(foreign, lambda: [bytes([number]) + text for number, text in enumerate(_FOREIGN)]),
    "match_file": Target(
        match_file, lambda: _hex(vector("matchfile")["records"], vector("stream")["files"][1]["sealed"])
    ),
    "delta": Target(changes, _delta_seeds),
    "manifest": Target(each_form(Manifest.from_bytes), lambda: _text(*vector("manifest")["documents"])),
    "index": Target(index, _index_seeds),
    "keyring": Target(each_form(Keyring.from_bytes), lambda: _text(vector("wrap")["keys_current"])),
    "withdrawal": Target(withdrawal, lambda: _hex(vector("withdrawal")["plain"])),
    "public_log": Target(public, lambda: _text("\n".join(vector("log")["lines"]) + "\n", vector("log")["opening"])),
    **({} if native.MODULE is None else {"twins": Target(twins, _twins_seeds)}),
}
"""By the name they are called by: `python -m tests.fuzz NAME`."""
