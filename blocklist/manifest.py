"""``index.json``: what the editors sign about one version of a list.

RFC 8785 bytes; a field not in use is null, 0 or [], never left out; an unknown field is refused within one ``format``.
"""

from datetime import date, datetime

from attrs import field, frozen

from blocklist import canonical
from blocklist.canonical import Reader
from blocklist.criteria import BasisRow
from blocklist.errors import EntryFault
from blocklist.limits import LIMITS
from blocklist.names import canonical_name

FORMAT = 1
_WHAT = "index"


def full_path(epoch: int, version: int) -> str:
    """Return the target path of a version's full file."""
    return f"match/{epoch}/{version}.full"


def delta_path(epoch: int, version: int) -> str:
    """Return the target path of the delta that leads to a version."""
    return f"match/{epoch}/{version}.delta"


@frozen
class FileRef:
    """An encrypted file: TUF target path and its length in bytes."""

    path: str
    bytes: int

    @classmethod
    def read(cls, value: object) -> "FileRef":
        """Read ``{"path", "bytes"}``."""
        fields = Reader(value, _WHAT)
        ref = cls(fields.take("path", str), fields.number("bytes", 1))
        fields.done()
        return ref


@frozen
class DeltaRef:
    """One link of the delta chain, from one version to another."""

    from_version: int = field(metadata={"json": "from"})
    to_version: int = field(metadata={"json": "to"})
    path: str
    bytes: int

    @classmethod
    def read(cls, value: object) -> "DeltaRef":
        """Read ``{"from", "to", "path", "bytes"}``."""
        fields = Reader(value, _WHAT)
        link = cls(
            fields.number("from", 1), fields.number("to", 1), fields.take("path", str), fields.number("bytes", 1)
        )
        fields.done()
        return link


@frozen
class Bulk:
    """The announcement of a bulk change: lifts the size guard for that version up to these numbers."""

    version: int
    adds: int
    removals: int

    @classmethod
    def read(cls, value: object) -> "Bulk":
        """Read ``{"version", "adds", "removals"}``."""
        fields = Reader(value, _WHAT)
        bulk = cls(fields.number("version", 1), fields.number("adds"), fields.number("removals"))
        fields.done()
        return bulk


@frozen
class LogHead:
    """Size and root (lower-hex SHA-256) of the public append-only log."""

    size: int
    root: str

    @classmethod
    def read(cls, value: object) -> "LogHead":
        """Read ``{"size", "root"}``."""
        fields = Reader(value, _WHAT)
        head = cls(fields.number("size", 1), fields.hex_digest("root"))
        fields.done()
        return head


@frozen
class RekeyOf:
    """The version of the old epoch that a rekey version repeats under new keys, and where its files are."""

    epoch: int
    version: int
    set_sha256: str
    count: int
    full: FileRef
    deltas: tuple[DeltaRef, ...]

    @classmethod
    def read(cls, value: object) -> "RekeyOf":
        """Read the JSON object."""
        fields = Reader(value, _WHAT)
        rekey = cls(
            fields.number("epoch", 1),
            fields.number("version", 1),
            fields.hex_digest("set_sha256"),
            fields.number("count", 1),
            FileRef.read(fields.take("full", dict)),
            fields.array("deltas", DeltaRef.read),
        )
        fields.done()
        if rekey.full.path != full_path(rekey.epoch, rekey.version):
            raise fields.fault("full")
        if not _is_chain(rekey.deltas, rekey.epoch, rekey.version):
            raise fields.fault("deltas")
        return rekey


@frozen(kw_only=True)
class Manifest:
    """One version of a list. ``signed_at`` is aware UTC, whole seconds; ``min_wait`` is in seconds."""

    list_id: str
    purpose: str
    version: int
    signed_at: datetime
    epoch: int
    base_date: date
    count: int
    set_sha256: str
    full: FileRef
    basis: tuple[BasisRow, ...]
    criteria_set: str
    rekey_of: RekeyOf | None = None
    deltas: tuple[DeltaRef, ...] = ()
    selftest: tuple[str, ...] = ()
    withdrawals_seen: int = 0
    log: LogHead | None = None
    bulk: Bulk | None = None
    min_wait: int = 0

    def to_bytes(self) -> bytes:
        """Return the RFC 8785 bytes."""
        return canonical.dumps({"format": FORMAT} | canonical.to_json(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Manifest":
        """Read ``index.json``. Raises PublisherFault for anything unknown, missing, mistyped or out of bounds."""
        fields = Reader(canonical.loads(data, _WHAT), _WHAT)
        if fields.number("format") != FORMAT:
            raise fields.fault("format")
        manifest = cls(
            list_id=fields.take("list_id", str),
            purpose=fields.take("purpose", str),
            version=fields.number("version", 1),
            signed_at=fields.instant("signed_at"),
            epoch=fields.number("epoch", 1),
            base_date=fields.day("base_date"),
            rekey_of=fields.optional("rekey_of", RekeyOf.read),
            count=fields.number("count", 1),
            set_sha256=fields.hex_digest("set_sha256"),
            full=FileRef.read(fields.take("full", dict)),
            deltas=fields.array("deltas", DeltaRef.read),
            basis=fields.array("basis", BasisRow.read),
            criteria_set=fields.take("criteria_set", str),
            selftest=fields.strings("selftest"),
            withdrawals_seen=fields.number("withdrawals_seen"),
            log=fields.optional("log", LogHead.read),
            bulk=fields.optional("bulk", Bulk.read),
            min_wait=fields.number("min_wait"),
        )
        fields.done()
        manifest._check(fields)
        return manifest

    def _check(self, fields: Reader) -> None:
        """Refuse what no list body can mean."""
        if self.count > LIMITS.entries:
            raise fields.fault("count")
        if self.base_date > self.signed_at.date():  # later, and no entry would ever end
            raise fields.fault("base_date")
        if self.full.path != full_path(self.epoch, self.version):
            raise fields.fault("full")
        if not _is_chain(self.deltas, self.epoch, self.version):
            raise fields.fault("deltas")
        if not 1 <= len(self.basis) <= LIMITS.basis_rows:
            raise fields.fault("basis")
        if not all(_is_canonical(name) for name in self.selftest):
            raise fields.fault("selftest")


def _is_chain(links: tuple[DeltaRef, ...], epoch: int, version: int) -> bool:
    """Tell whether links, oldest first, lead step by step up to a version, each at its own place of one epoch."""
    next_steps = [*(link.from_version for link in links), version][1:]
    return len(links) <= LIMITS.deltas and all(
        link.from_version < link.to_version == following and link.path == delta_path(epoch, link.to_version)
        for link, following in zip(links, next_steps, strict=True)
    )


def _is_canonical(name: str) -> bool:
    try:
        return canonical_name(name) == name
    except EntryFault:
        return False
