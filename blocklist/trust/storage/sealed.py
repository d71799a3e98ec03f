"""Sealed files: what this host keeps at rest, readable with its host key only and proof against damage.

File = 8-byte magic, 32 random bytes, then ChaCha20-Poly1305 over chunks of 1 MiB as in `blocklist.stream`, so that a
large list is never held twice to be written. The key is derived from the host key with those random bytes as salt and
the file's purpose as info, so no key meets two plaintexts and no file opens in another's place. Release 0.1 sealed a
whole file as one piece under a nonce of zeros; that is still read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from blocklist.errors import OperatorFault
from blocklist.stream import TAG_BYTES, chunks
from blocklist.tokens import derive, encode_fields
from blocklist.trust.storage.files import write_file

HOST_KEY_BYTES = 32
CHUNK_BYTES = 1024 * 1024  # plaintext of one chunk
_MAGIC = b"MAMORI\0T"
_MAGIC_BEFORE = b"MAMORI\0S"
_SALT_BYTES = 32
_HEADER_BYTES = len(_MAGIC) + _SALT_BYTES


def seal(plain: Iterable[bytes], host_key: bytes, purpose: str) -> Iterator[bytes]:
    """Encrypt what comes in pieces for this host and purpose; yield the file in pieces, never all of it at once."""
    header = _MAGIC + os.urandom(_SALT_BYTES)
    cipher = _cipher(header, host_key, purpose)
    yield header
    for number, (chunk, last) in enumerate(_chunked(plain)):
        yield cipher.encrypt(number.to_bytes(11, "big") + bytes((last,)), chunk, header)


def unseal(data: bytes, host_key: bytes, purpose: str) -> bytes:
    """Open what `seal` made. Raises OperatorFault `sealed` for damage, another purpose or another host key."""
    header, body = data[:_HEADER_BYTES], memoryview(data)[_HEADER_BYTES:]
    plain = BytesIO()  # gives its bytes away uncopied
    try:
        if not header.startswith((_MAGIC, _MAGIC_BEFORE)) or len(header) < _HEADER_BYTES:
            raise InvalidTag
        cipher = _cipher(header, host_key, purpose)
        if header.startswith(_MAGIC_BEFORE):
            return cipher.decrypt(bytes(12), body, header)
        for nonce, start, end in chunks(len(body), CHUNK_BYTES + TAG_BYTES):
            plain.write(cipher.decrypt(nonce, body[start:end], header))
    except InvalidTag:
        raise OperatorFault("sealed", f"{purpose}: the sealed file is damaged or of another host key") from None
    return plain.getvalue()


def write_sealed(path: Path, plain: bytes | Iterable[bytes], host_key: bytes, purpose: str) -> None:
    """Replace a sealed file by what comes whole or in pieces. Raises TransferFault `disk`."""
    write_file(path, seal([plain] if isinstance(plain, bytes) else plain, host_key, purpose))


def read_sealed(path: Path, host_key: bytes, purpose: str) -> bytes | None:
    """Open a sealed file; None when there is none. Raises OperatorFault `sealed`."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OperatorFault("sealed", f"cannot read {path}: {error.strerror}") from None
    return unseal(data, host_key, purpose)


def _chunked(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield the pieces as chunks of one size, and whether each is the last; only that one may be shorter."""
    held = bytearray()
    for piece in pieces:
        for at in range(0, len(piece), CHUNK_BYTES):
            held += piece[at : at + CHUNK_BYTES]
            if len(held) > CHUNK_BYTES:
                yield bytes(held[:CHUNK_BYTES]), False
                del held[:CHUNK_BYTES]
    yield bytes(held), True


def _cipher(header: bytes, host_key: bytes, purpose: str) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(derive(host_key, encode_fields(b"mamori/1 host", purpose.encode()), header[len(_MAGIC) :]))
