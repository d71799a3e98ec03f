"""Tokens: what an ISP holds instead of names.

Token = BLAKE2b-128 keyed with the list's and epoch's token key, over a one-byte tag and the lower-case wire name:
tag ``H`` for an exact host, ``D`` for a domain and all below it. ``U``, ``4`` and ``6`` are reserved.
"""

import hashlib

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TOKEN_BYTES = 16
KEY_BYTES = 32
HOST_TAG = b"H"
DOMAIN_TAG = b"D"


def encode_fields(*fields: bytes) -> bytes:
    """Join fields for an HKDF or HPKE ``info``: each is a 2-byte big-endian length and its bytes."""
    return b"".join(len(field).to_bytes(2, "big") + field for field in fields)


def number_field(value: int) -> bytes:
    """Encode an epoch, version or serial for ``encode_fields``: 8 bytes big-endian."""
    return value.to_bytes(8, "big")


def derive(secret: bytes, info: bytes, salt: bytes | None = None) -> bytes:
    """Derive a 32-byte key with HKDF-SHA256 (RFC 5869); no salt is the empty salt."""
    return HKDF(SHA256(), KEY_BYTES, salt, info).derive(secret)


def token_key(secret: bytes, list_id: str, epoch: int) -> bytes:
    """Derive the 32-byte token key of one list and epoch from the epoch's match secret."""
    return derive(secret, encode_fields(b"mamori/1 token", list_id.encode(), number_field(epoch)))


def host_token(key: bytes, wire: bytes) -> bytes:
    """Token of exactly this lower-case wire name (root byte included)."""
    return hashlib.blake2b(HOST_TAG + wire, digest_size=TOKEN_BYTES, key=key).digest()


def domain_token(key: bytes, wire: bytes) -> bytes:
    """Token of this lower-case wire name (root byte included) and all names below it."""
    return hashlib.blake2b(DOMAIN_TAG + wire, digest_size=TOKEN_BYTES, key=key).digest()
