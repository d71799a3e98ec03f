"""Merkle trees of RFC 6962 (RFC 9162 section 2.1): the public log and the commitments in it.

SHA-256 over 0x00 and the data for a leaf, over 0x01 and both children for a node; the empty tree is SHA-256 of nothing.
A level's last node without a sibling goes up as it is, which gives the same tree as the RFC's recursion.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from blocklist import canonical
from blocklist.errors import PublisherFault

HASH_BYTES = 32
_EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\0" + data).digest()


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes, in order."""
    level = list(leaf_hashes)
    while len(level) > 1:
        level = _level_above(level)
    return level[0] if level else _EMPTY


def inclusion_path(leaf_hashes: Iterable[bytes], place: int) -> tuple[bytes, ...]:
    """Return the siblings on the way from the leaf at ``place`` (from 0) to the root (RFC 9162 section 2.1.3.1)."""
    level = list(leaf_hashes)
    if not 0 <= place < len(level):
        raise IndexError("no such leaf")
    path = []
    while len(level) > 1:
        if place ^ 1 < len(level):
            path.append(level[place ^ 1])
        level, place = _level_above(level), place >> 1
    return tuple(path)


def sides(place: int, size: int) -> Iterator[bool]:
    """Yield for each hash of a path whether it stands to the left."""
    last = size - 1
    while last > 0:
        if place & 1:
            yield True
        elif place < last:
            yield False
        place, last = place >> 1, last >> 1


def root_from_steps(leaf: bytes, steps: Iterable[tuple[bool, bytes]]) -> bytes:
    """Return the root that a leaf hash and its path, each hash with its side (True: left), lead to."""
    node = leaf
    for left, sibling in steps:
        node = _parent(sibling, node) if left else _parent(node, sibling)
    return node


def root_from_path(leaf: bytes, place: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that a leaf hash leads to. Raises PublisherFault ``merkle`` where the path cannot be one."""
    wanted = list(sides(place, size)) if 0 <= place < size else None
    if wanted is None or len(wanted) != len(path):
        raise PublisherFault("merkle", "this path does not belong into a tree of this size")
    return root_from_steps(leaf, zip(wanted, path, strict=True))


def verify_inclusion(leaf: bytes, place: int, size: int, path: Sequence[bytes], expected_root: bytes) -> bool:
    """Tell whether the leaf hash is at ``place`` of the tree of ``size`` leaves with this root."""
    try:
        return root_from_path(leaf, place, size, path) == expected_root
    except PublisherFault:
        return False


@frozen
class Frontier:
    """The right edge of a tree: enough to append leaves and know the root, however large the tree is.

    Whoever keeps it and appends what is new has checked that the tree only grew: the root could not agree otherwise.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()  # roots of the perfect subtrees, the largest first

    def append(self, leaf: bytes) -> "Frontier":
        """Return the frontier with one more leaf hash."""
        peaks, node, left = list(self.peaks), leaf, self.size
        while left & 1:
            node = _parent(peaks.pop(), node)
            left >>= 1
        return Frontier(self.size + 1, (*peaks, node))

    def root(self) -> bytes:
        """Return the root of the whole tree."""
        if not self.peaks:
            return _EMPTY
        *larger, node = self.peaks
        for peak in reversed(larger):
            node = _parent(peak, node)
        return node

    def to_json(self) -> dict[str, object]:
        """Return ``{"size", "peaks": [lower hex]}``."""
        return {"size": self.size, "peaks": [peak.hex() for peak in self.peaks]}

    @classmethod
    def from_json(cls, value: object) -> "Frontier":
        """Read it back. Raises PublisherFault ``merkle``."""
        fields = canonical.Reader(value, "merkle")
        size, texts = fields.number("size"), fields.strings("peaks")
        fields.done()
        if len(texts) != size.bit_count() or not all(map(canonical.is_hex_digest, texts)):
            raise fields.fault("peaks")
        return cls(size, tuple(bytes.fromhex(text) for text in texts))


def _parent(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _level_above(level: list[bytes]) -> list[bytes]:
    above = [_parent(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
    return above + level[-1:] if len(level) & 1 else above
