"""The public record as anybody can check it: line by line, and against the head that two editors signed.

Needs the record and, for the head, a copy of the published folder and the root.json an ISP pins. No key, no network.
What it does not tell: whether a newer version is out.
"""

from datetime import datetime
from itertools import pairwise
from pathlib import Path

from attrs import frozen
from tuf.api.exceptions import LengthOrHashMismatchError
from tuf.api.metadata import Metadata, Targets

from blocklist import merkle
from blocklist.errors import OperatorFault, PublisherFault
from blocklist.manifest import LogHead, Manifest
from blocklist.public_log import LogLine, read_lines
from blocklist.publish.faults import Refusal
from blocklist.publish.files import read_file
from blocklist.publish.publication import admission
from blocklist.publish.publication.outlet import LOG_FILE, Outlet
from blocklist.publish.versions.assemble import INDEX_PATH
from blocklist.publish.versions.stage import TARGETS


@frozen
class Record:
    """A record that was read: its lines as bytes, and what they say."""

    lines: tuple[bytes, ...]
    said: tuple[LogLine, ...]

    def head(self, size: int | None = None) -> LogHead:
        """Size and root over the first `size` lines [all]."""
        lines = self.lines[:size]
        return LogHead(len(lines), merkle.root(map(merkle.leaf_hash, lines)).hex())


def read_record(path: Path) -> Record:
    """Read `log.jsonl`, or that of a published folder. `Refusal` where it is no record of one list."""
    file = path / LOG_FILE if path.is_dir() else path
    try:
        read = tuple(read_lines(read_file(file, "public record")))
    except PublisherFault as fault:
        raise Refusal("record", f"{file}: {fault}") from None
    said = tuple(line for _, line in read)
    if not said or any(one.list_id != said[0].list_id for one in said):
        raise Refusal("record", f"{file} is not the record of one list")
    if any(new.version <= old.version or new.signed_at < old.signed_at for old, new in pairwise(said)):
        raise Refusal("record", f"{file}: versions or dates go back")
    return Record(tuple(line for line, _ in read), said)


def check_extends(record: Record, earlier: Record) -> None:
    """Refuse a record that does not begin with all lines of an earlier copy: history only grows."""
    if record.lines[: len(earlier.lines)] != earlier.lines:
        raise Refusal(
            "record_rewritten",
            f"the record does not begin with the {len(earlier.lines)} lines of the earlier copy: it was rewritten or"
            " cut; keep both, and ask the list body",
        )


def signed_head(out: Path, root: bytes, now: datetime) -> LogHead:
    """The head that the published index signs, verified from a pinned root.json. `Refusal` where it does not verify."""
    outlet = Outlet(out)
    roots = sorted((out / "metadata").glob("*.root.json"), key=lambda path: int(path.name.split(".")[0]))
    chain = admission.chain(root, [read_file(path, "root metadata") for path in roots])
    published = outlet.published()
    if TARGETS not in published:
        raise OperatorFault("nothing_published", f"{out} holds no list")
    admission.check_role(TARGETS, published[TARGETS], [root, *chain.values()][-1], published, now)
    target = Metadata[Targets].from_bytes(published[TARGETS]).signed.targets[INDEX_PATH]
    data = read_file(out / "targets" / target.get_prefixed_paths()[0], "published index")
    try:
        target.verify_length_and_hashes(data)
        log = Manifest.from_bytes(data).log
    except (LengthOrHashMismatchError, PublisherFault):
        raise Refusal("index", "the published index.json is not the one that was signed") from None
    if log is None:
        raise Refusal("no_record", "the published version signs no public record")
    return log


def check_against(record: Record, head: LogHead) -> None:
    """Refuse a record that is not the one signed; lines behind the signed ones are of a version on its way out."""
    if record.head(head.size) != head:
        raise Refusal("record_differs", f"the record is not the one signed: {head.size} lines with another root")
