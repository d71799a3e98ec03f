"""Encryption of list files: ChaCha20-Poly1305 over 64 KiB chunks in the STREAM construction.

File = 8-byte magic, 32 random bytes, sealed chunks. The file key is derived from the epoch secret with those random
bytes as salt and the whole context as info, so that no key is ever used for two plaintexts. Nonce = 11-byte
big-endian chunk counter and 0x01 for the last chunk, else 0x00; the header is the associated data of each chunk.
An empty plaintext is one empty chunk; otherwise no chunk is empty. Encrypt, then TUF signs.
"""

from collections.abc import Iterator
from enum import Enum
from io import BytesIO

from attrs import field, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from blocklist.errors import PublisherFault
from blocklist.limits import LIMITS
from blocklist.tokens import derive, encode_fields, number_field

SALT_BYTES = 32
CHUNK_BYTES = 64 * 1024  # plaintext of one chunk
TAG_BYTES = 16
_MAGIC = b"MAMORI\0"
_HEADER_BYTES = len(_MAGIC) + 1 + SALT_BYTES


class Kind(Enum):
    """What a file holds; the value is the last byte of its magic."""

    FULL = b"F"
    DELTA = b"D"
    WITHDRAW = b"W"


@frozen
class FileContext:
    """Where a file belongs; all of it enters the key, so a file opens only in its own place. ``secret``: 32 bytes."""

    secret: bytes = field(repr=False)
    list_id: str
    purpose: str
    epoch: int
    path: str  # the TUF target path, such as ``match/3/17.full``

    def key(self, salt: bytes) -> bytes:
        """Derive the file key."""
        texts = (self.list_id.encode(), self.purpose.encode(), number_field(self.epoch), self.path.encode())
        return derive(self.secret, encode_fields(b"mamori/1 file", *texts), salt)


def seal(plain: bytes, kind: Kind, context: FileContext, salt: bytes) -> bytes:
    """Encrypt one file. ``salt`` is 32 fresh random bytes, never used before."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"salt must be {SALT_BYTES} bytes")
    header = _MAGIC + kind.value + salt
    cipher = ChaCha20Poly1305(context.key(salt))
    view = memoryview(plain)
    sealed = BytesIO()  # gives its bytes away uncopied, so that the chunks are never all there beside the whole
    sealed.write(header)
    for nonce, start, end in chunks(len(plain), CHUNK_BYTES):
        sealed.write(cipher.encrypt(nonce, view[start:end], header))
    return sealed.getvalue()


def unseal(data: bytes, kind: Kind, context: FileContext) -> bytes:
    """Decrypt one file. Raises PublisherFault: file_header, file_size, file_damaged (a wrong key or place, too)."""
    if len(data) < _HEADER_BYTES or data[: len(_MAGIC) + 1] != _MAGIC + kind.value:
        raise PublisherFault("file_header", "this is not a list file of the expected kind")
    header, body = data[:_HEADER_BYTES], memoryview(data)[_HEADER_BYTES:]
    if len(body) > LIMITS.file_bytes:
        raise PublisherFault("file_size", f"the list file is longer than {LIMITS.file_bytes} bytes")
    cipher = ChaCha20Poly1305(context.key(header[-SALT_BYTES:]))
    plain, chunk = BytesIO(), b""
    try:
        for nonce, start, end in chunks(len(body), CHUNK_BYTES + TAG_BYTES):
            chunk = cipher.decrypt(nonce, body[start:end], header)
            plain.write(chunk)
    except InvalidTag:
        raise PublisherFault(
            "file_damaged", "the list file is damaged, or made for another list, epoch or path"
        ) from None
    if plain.tell() and not chunk:
        raise PublisherFault("file_damaged", "the list file ends with an empty chunk")
    return plain.getvalue()


def chunks(length: int, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield nonce, start and end of each chunk of ``length`` bytes; at least one."""
    count = max(1, -(-length // size))
    for number in range(count):
        last = number == count - 1
        yield number.to_bytes(11, "big") + bytes((last,)), number * size, (number + 1) * size
