"""The body's side of the public record: the line of each version, and its head in the index.

The line is written when a version is built and proven again by every editor who signs: from the entries she approved
and the lines before it. A version that was never handed out leaves no line.
"""

from collections.abc import Sequence

from blocklist import matchfile, merkle, public_log
from blocklist.manifest import LogHead
from blocklist.publish.versions.assemble import Assembly, Version


def line_for(assembly: Assembly, key: bytes, version: Version, before: bytes | None) -> bytes:
    """The line of a version of this set; `before` are the records it replaces, None for a rekey."""
    list_id, records = assembly.body.list_id, assembly.records
    line = public_log.LogLine(
        list_id=list_id,
        version=version.number,
        signed_at=version.signed_at,
        count=_count(records),
        adds=0 if before is None else _count(matchfile.added(before, records)),
        removals=0 if before is None else _count(matchfile.removed(before, records)),
        commitment=public_log.commitment(assembly.entries, key, list_id=list_id, version=version.number),
    )
    return line.to_bytes()


def head(lines: Sequence[bytes]) -> LogHead:
    """Size and root of the record with these lines."""
    return LogHead(len(lines), merkle.root(map(merkle.leaf_hash, lines)).hex())


def continued(record: Sequence[bytes], tail: Sequence[bytes]) -> list[bytes]:
    """The record's lines and then those of `tail`, which may begin with lines that are there already.

    So a version that was booked and never arrived is made up for by the next one.
    """
    known = next((at + 1 for at, line in enumerate(tail) if record and line == record[-1]), 0)
    return [*record, *tail[known:]]


def _count(records: bytes) -> int:
    return len(records) // matchfile.RECORD_BYTES
