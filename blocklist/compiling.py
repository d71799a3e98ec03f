"""From the lists to be enforced to one packed index: the buffer that `blocklist/index.py` reads.

Made for this machine (native byte order): header, one descriptor a list, then per list a directory of 65,537 record
numbers (by the first two token bytes), the numbers of the fresh records, the enforced records and the tokens of the
local exemptions.
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from struct import Struct
from typing import Final

from attrs import field, frozen

from blocklist.errors import OperatorFault
from blocklist.record_tables import BUCKETS, RECORD_BYTES
from blocklist.records import TABLES
from blocklist.tokens import KEY_BYTES, TOKEN_BYTES

MAX_LIST_ID = 64  # bytes of UTF-8

MAGIC: Final = b"MAMORI\0I"
HEADER: Final = Struct("=8sdQQ")  # magic, clock offset, number of lists, length of the whole
DESCRIPTOR: Final = Struct(
    f"=Q{MAX_LIST_ID}s{KEY_BYTES}siIII"
)  # section offset, id, token key, base day, fresh records, records, exemptions
NUMBER_BYTES: Final = 4
DIRECTORY_BYTES: Final = (BUCKETS + 1) * NUMBER_BYTES
ALIGNMENT: Final = 8

_POSIX_DAY_0: Final = date(1970, 1, 1).toordinal()


@frozen
class ListImage:
    """What to enforce of one list now; ``records`` are sorted match records, possibly none.

    ``fresh`` are the sorted 16-byte tokens, joined, that this host began to enforce a short while ago; one that is not
    among the records counts for nothing.
    """

    list_id: str
    token_key: bytes = field(repr=False)
    base_date: date
    records: bytes = field(repr=False)
    exempt_tokens: frozenset[bytes] = field(
        repr=False
    )  # host and domain tokens of the local exemptions under this list's key
    fresh: bytes = field(default=b"", repr=False, eq=False)


def compile_index(images: Sequence[ListImage], *, clock_offset: float) -> bytes:
    """Pack lists, in configuration order, into one index.

    ``clock_offset`` is the POSIX time at monotonic 0, so that trusted time = ``now`` + ``clock_offset``.
    Raises OperatorFault for a list id longer than 64 bytes.
    """
    descriptors: list[bytes] = []
    sections: list[bytes] = []
    start = first = _aligned(HEADER.size + len(images) * DESCRIPTOR.size)
    for image in images:
        directory = TABLES.directory(image.records)
        fresh = _fresh_numbers(image, memoryview(directory).cast("I"))
        section = (directory, fresh, image.records, *sorted(image.exempt_tokens))
        length = sum(map(len, section))
        descriptors.append(_descriptor(image, start, len(fresh) // NUMBER_BYTES))
        sections += [*section, bytes(_aligned(length) - length)]
        start += _aligned(length)
    head = HEADER.pack(MAGIC, clock_offset, len(images), start) + b"".join(descriptors)
    return b"".join([head.ljust(first, b"\0"), *sections])  # nothing large is copied twice


def _descriptor(image: ListImage, start: int, fresh: int) -> bytes:
    list_id = image.list_id.encode()
    if len(list_id) > MAX_LIST_ID:
        raise OperatorFault("list_id", f"a list id is longer than {MAX_LIST_ID} bytes: choose a shorter one")
    base_day = image.base_date.toordinal() - _POSIX_DAY_0
    entries, exemptions = len(image.records) // RECORD_BYTES, len(image.exempt_tokens)
    return DESCRIPTOR.pack(start, list_id, image.token_key, base_day, fresh, entries, exemptions)


def _fresh_numbers(image: ListImage, directory: memoryview) -> bytes:
    """Return the native 32-bit numbers of the fresh records, in order."""

    def token_at(number: int) -> bytes:
        return image.records[number * RECORD_BYTES : number * RECORD_BYTES + TOKEN_BYTES]

    fresh = array("I")
    for start in range(0, len(image.fresh), TOKEN_BYTES):
        token = image.fresh[start : start + TOKEN_BYTES]
        prefix = token[0] << 8 | token[1]
        bucket = range(directory[prefix], directory[prefix + 1])
        place = bisect_left(bucket, token, key=token_at)
        if place < len(bucket) and token_at(bucket[place]) == token:
            fresh.append(bucket[place])
    return fresh.tobytes()


def _aligned(length: int) -> int:
    return length + -length % ALIGNMENT
