"""Sealed files: what this host keeps at rest, readable with its host key only and proof against damage.

File = 8-byte magic, 32 random bytes, ChaCha20-Poly1305. The key is derived from the host key with those random bytes
as salt and the file's purpose as info, so no key meets two plaintexts (the nonce may be zero) and no file opens in
another's place.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from blocklist.errors import OperatorFault
from blocklist.tokens import derive, encode_fields
from blocklist.trust.files import write_file

HOST_KEY_BYTES = 32
_MAGIC = b"MAMORI\0S"
_SALT_BYTES = 32
_NONCE = bytes(12)


def seal(plain: bytes, host_key: bytes, purpose: str) -> bytes:
    """Encrypt `plain` for this host and purpose."""
    header = _MAGIC + os.urandom(_SALT_BYTES)
    return header + _cipher(header, host_key, purpose).encrypt(_NONCE, plain, header)


def unseal(data: bytes, host_key: bytes, purpose: str) -> bytes:
    """Open what `seal` made. Raises OperatorFault `sealed` for damage, another purpose or another host key."""
    header, body = data[: len(_MAGIC) + _SALT_BYTES], data[len(_MAGIC) + _SALT_BYTES :]
    try:
        if not header.startswith(_MAGIC):
            raise InvalidTag
        return _cipher(header, host_key, purpose).decrypt(_NONCE, body, header)
    except InvalidTag:
        raise OperatorFault("sealed", f"{purpose}: the sealed file is damaged or of another host key") from None


def write_sealed(path: Path, plain: bytes, host_key: bytes, purpose: str) -> None:
    """Replace a sealed file. Raises TransferFault `disk`."""
    write_file(path, seal(plain, host_key, purpose))


def read_sealed(path: Path, host_key: bytes, purpose: str) -> bytes | None:
    """Open a sealed file; None when there is none. Raises OperatorFault `sealed`."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OperatorFault("sealed", f"cannot read {path}: {error.strerror}") from None
    return unseal(data, host_key, purpose)


def _cipher(header: bytes, host_key: bytes, purpose: str) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(derive(host_key, encode_fields(b"mamori/1 host", purpose.encode()), header[len(_MAGIC) :]))
