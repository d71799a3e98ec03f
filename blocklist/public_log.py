"""The public record: one line a version in ``log.jsonl``, append-only, and proofs out of it.

A line is RFC 8785 JSON and a line feed; the leaf of the log's Merkle tree is the line without it. A line tells counts
and a commitment: the Merkle root over the version's entries in order of id, each behind a salt only the list body can
compute. So the log shows no entry and lets none be guessed, yet the body can open the membership of a single one.
"""

import hmac
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from attrs import field, frozen

from blocklist import canonical, merkle
from blocklist.entries import Entry
from blocklist.errors import PublisherFault
from blocklist.limits import LIMITS
from blocklist.tokens import encode_fields, number_field

LOG_FILE: Final = "log.jsonl"
KEY_BYTES: Final = 32
FORMAT: Final = 1
_SIDES: Final = {"L": True, "R": False}


@frozen(kw_only=True)
class LogLine:
    """What the public learns about one version. ``signed_at`` is aware UTC, whole seconds.

    ``count`` is the number of match records (as in ``index.json``), ``adds`` and ``removals`` are against the version
    before; a rekey has none.
    """

    list_id: str
    version: int
    signed_at: datetime
    count: int
    adds: int
    removals: int
    commitment: str  # lower hex

    def to_bytes(self) -> bytes:
        """Return the RFC 8785 bytes, without the line feed."""
        return canonical.dumps({"format": FORMAT} | canonical.to_json(self))

    @classmethod
    def from_bytes(cls, line: bytes) -> "LogLine":
        """Read a line without its line feed. Raises PublisherFault ``log``."""
        if len(line) > LIMITS.log_line_bytes:
            raise PublisherFault("log", f"a line of the public log is longer than {LIMITS.log_line_bytes} bytes")
        fields = _reader(line, "log")
        read = cls(
            list_id=fields.take("list_id", str),
            version=fields.number("version", 1),
            signed_at=fields.instant("signed_at"),
            count=fields.number("count", 1),
            adds=fields.number("adds"),
            removals=fields.number("removals"),
            commitment=fields.hex_digest("commitment"),
        )
        fields.done()
        return read


def read_lines(data: bytes) -> Iterator[tuple[bytes, LogLine]]:
    """Yield each line of a log or its tail, as bytes without the line feed and read. Raises PublisherFault ``log``."""
    if data and not data.endswith(b"\n"):
        raise PublisherFault("log", "the public log ends within a line")
    for line in data.split(b"\n")[:-1]:
        yield line, LogLine.from_bytes(line)


def salt(key: bytes, list_id: str, version: int, entry_id: str) -> bytes:
    """Return the 32 bytes that hide one entry in one version's commitment; ``key`` is the body's log key."""
    info = encode_fields(b"mamori/1 leaf", list_id.encode(), number_field(version), entry_id.encode())
    return hmac.digest(key, info, "sha256")


def commitment(entries: Iterable[Entry], key: bytes, *, list_id: str, version: int) -> str:
    """Return the root (lower hex) over a version's entries, in whatever order they come; none is held."""
    return merkle.root(leaf for _, leaf in _leaves(entries, key, list_id, version)).hex()


@frozen(kw_only=True)
class Opening:
    """Proof that one entry is in one version of the list, for whoever proved control of its name."""

    entry: bytes = field(repr=False)  # RFC 8785
    salt: bytes = field(repr=False)
    path: tuple[tuple[bool, bytes], ...]  # from the entry up to the commitment: (is to the left, hash)
    line: bytes  # of the log, without line feed
    log_place: int  # of the line, from 0
    log_path: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """Return the RFC 8785 bytes."""
        return canonical.dumps(
            {
                "format": FORMAT,
                "entry": self.entry.decode(),
                "salt": self.salt.hex(),
                "path": ["RL"[left] + sibling.hex() for left, sibling in self.path],
                "line": self.line.decode(),
                "log_place": self.log_place,
                "log_path": [sibling.hex() for sibling in self.log_path],
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Opening":
        """Read the document. Raises PublisherFault ``opening``."""
        fields = _reader(data, "opening")
        texts = {name: fields.take(name, str) for name in ("entry", "line")}
        hidden = fields.hex_digest("salt")
        steps, place, hashes = fields.strings("path"), fields.number("log_place"), fields.strings("log_path")
        fields.done()
        if not all(step[:1] in _SIDES and canonical.is_hex_digest(step[1:]) for step in steps):
            raise fields.fault("path")
        if not all(map(canonical.is_hex_digest, hashes)):
            raise fields.fault("log_path")
        return cls(
            entry=texts["entry"].encode(),
            salt=bytes.fromhex(hidden),
            path=tuple((_SIDES[step[0]], bytes.fromhex(step[1:])) for step in steps),
            line=texts["line"].encode(),
            log_place=place,
            log_path=tuple(map(bytes.fromhex, hashes)),
        )


def open_entry(
    entry_id: str, entries: Iterable[Entry], key: bytes, *, lines: Sequence[bytes], place: int
) -> Opening | None:
    """Prove that an entry is in the version whose line is ``lines[place]``; None if it is not among ``entries``.

    ``entries`` are that version's, ``lines`` the whole log without line feeds.
    """
    line = LogLine.from_bytes(lines[place])
    wanted: list[Entry] = []
    leaves = _leaves(_noting(entries, entry_id, wanted), key, line.list_id, line.version)
    if not wanted:
        return None
    at = bisect_left(leaves, (entry_id,))
    path = merkle.inclusion_path((leaf for _, leaf in leaves), at)
    return Opening(
        entry=wanted[0].to_bytes(),
        salt=salt(key, line.list_id, line.version, entry_id),
        path=tuple(zip(merkle.sides(at, len(leaves)), path, strict=True)),
        line=lines[place],
        log_place=place,
        log_path=merkle.inclusion_path(map(merkle.leaf_hash, lines), place),
    )


def verify(opening: Opening, root: str, size: int) -> LogLine:
    """Check an opening against a signed log head (``index.log``) and return the line of the version it is about.

    Raises PublisherFault ``opening``, or ``log`` for a line that is none.
    """
    line = LogLine.from_bytes(opening.line)
    if merkle.root_from_steps(merkle.leaf_hash(opening.salt + opening.entry), opening.path).hex() != line.commitment:
        raise PublisherFault("opening", "the entry is not in this version")
    leaf = merkle.leaf_hash(opening.line)
    if not merkle.verify_inclusion(leaf, opening.log_place, size, opening.log_path, bytes.fromhex(root)):
        raise PublisherFault("opening", "this version is not in the log")
    return line


def _noting(entries: Iterable[Entry], entry_id: str, wanted: list[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if entry.id == entry_id:
            wanted.append(entry)
        yield entry


def _leaves(entries: Iterable[Entry], key: bytes, list_id: str, version: int) -> list[tuple[str, bytes]]:
    """Return the leaf hashes of a version's tree, each with its entry's id, in order of id."""
    return sorted(
        (entry.id, merkle.leaf_hash(salt(key, list_id, version, entry.id) + entry.to_bytes())) for entry in entries
    )


def _reader(data: bytes, what: str) -> canonical.Reader:
    fields = canonical.Reader(canonical.loads(data, what), what)
    if fields.number("format") != FORMAT:
        raise fields.fault("format")
    return fields
