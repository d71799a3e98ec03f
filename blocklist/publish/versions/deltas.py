"""The chain of deltas a version names: the new one, and the published ones before it, byte for byte.

A chain is a short cut for subscribers. It is as long as it pays: at most 64 links and less than half the full file
together, within one epoch. An older link whose file is no longer there ends it.
"""

import os
from collections.abc import Callable, Mapping
from typing import Final

from attrs import frozen

from blocklist import delta
from blocklist.errors import PublisherFault
from blocklist.limits import LIMITS
from blocklist.manifest import DeltaRef, Manifest, delta_path
from blocklist.publish.faults import Refusal
from blocklist.stream import SALT_BYTES, FileContext, Kind, seal, unseal

SHARE_OF_FULL: Final = 0.5  # a chain is worth it below this share of the full file's bytes
NO_CHANGE: Final = bytes(8)  # the delta between two versions of one set: it keeps the chain whole

ContextOf = Callable[[str], FileContext]
Kept = Callable[[str], bytes | None]


@frozen
class Published:
    """The last published version, and the files kept of it and before."""

    manifest: Manifest
    records: bytes
    file: Kept


@frozen
class Chain:
    """Links from the oldest to the newest, and the file of each."""

    links: tuple[DeltaRef, ...] = ()
    files: Mapping[str, bytes] = {}


NO_CHAIN: Final = Chain()


def extend(published: Published | None, epoch: int, version: int, records: bytes, context_of: ContextOf) -> Chain:
    """Seal the delta that leads to this version and put it behind the published chain; no chain across epochs."""
    if published is None or published.manifest.epoch != epoch:
        return NO_CHAIN
    plain = _plain(published.records, records)
    if plain is None:
        return NO_CHAIN
    path = delta_path(epoch, version)
    sealed = seal(plain, Kind.DELTA, context_of(path), os.urandom(SALT_BYTES))
    link = DeltaRef(published.manifest.version, version, path, len(sealed))
    older = {each.path: published.file(each.path) for each in published.manifest.deltas}
    files = {name: data for name, data in older.items() if data is not None} | {path: sealed}
    return Chain((*published.manifest.deltas, link), files)


def trim(chain: Chain, full_bytes: int) -> Chain:
    """Keep the newest links, as many as are there, allowed, and together worth it."""
    kept: list[DeltaRef] = []
    size = 0
    for link in reversed(chain.links):
        size += link.bytes
        if link.path not in chain.files or len(kept) == LIMITS.deltas or size >= SHARE_OF_FULL * full_bytes:
            break
        kept.insert(0, link)
    return Chain(tuple(kept), {link.path: chain.files[link.path] for link in kept})


def check(
    manifest: Manifest,
    files: Mapping[str, bytes],
    published: Published | None,
    records: bytes,
    context_of: ContextOf,
) -> None:
    """Refuse a staged chain unless its last delta gives exactly `records` and the others are the published ones."""
    if not manifest.deltas:
        return
    *older, last = manifest.deltas
    if published is None or manifest.epoch != published.manifest.epoch:
        raise _refusal("deltas lead to the first version of an epoch")
    known = published.manifest.deltas
    if tuple(older) != known[len(known) - len(older) :] or any(
        files[link.path] != published.file(link.path) for link in older
    ):
        raise _refusal("an older delta is not the published one")
    ends = (last.from_version, last.to_version, last.path)
    if ends != (published.manifest.version, manifest.version, delta_path(manifest.epoch, manifest.version)):
        raise _refusal("the last delta does not lead from the published version to this one")
    sealed = files[last.path]
    if last.bytes != len(sealed) or _applied(sealed, published.records, context_of(last.path)) != records:
        raise _refusal("the last delta does not give this version's set")


def _applied(sealed: bytes, records: bytes, context: FileContext) -> bytes | None:
    try:
        return delta.apply(records, unseal(sealed, Kind.DELTA, context))
    except PublisherFault:
        return None


def _plain(old: bytes, new: bytes) -> bytes | None:
    """The plain delta; None where a removal's prefix would fit two records."""
    return NO_CHANGE if old == new else delta.make(old, new)


def _refusal(what: str) -> Refusal:
    return Refusal("deltas_differ", f"{what}: nothing was signed; build again, and ask why if it comes back")
