"""The keyring: each epoch secret wrapped for each subscriber with post-quantum HPKE, and ``keys/current``.

HPKE (RFC 9180) base mode, MLKEM768_X25519, HKDF-SHA256, ChaCha20-Poly1305. HPKE of this library has no associated
data, so the whole context goes into ``info``. A private key is 96 bytes: ML-KEM-768 seed (64), X25519 scalar (32); a
public key is 1,216 bytes: ML-KEM encapsulation key (1,184), X25519 point (32); a wrapped secret is 1,168 bytes.
"""

import base64
import binascii
import hashlib

from attrs import frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from blocklist import canonical
from blocklist.errors import OperatorFault, PublisherFault
from blocklist.tokens import encode_fields, number_field

FORMAT = 1
MATCH_PROFILE = "match"
SECRET_BYTES = 32
PRIVATE_BYTES = 96
PUBLIC_BYTES = 1_216
WRAPPED_BYTES = 1_168
_MLKEM_SEED_BYTES = 64
_MLKEM_PUBLIC_BYTES = 1_184
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


def generate_private() -> bytes:
    """Make a new subscriber private key (96 bytes)."""
    return MLKEM768PrivateKey.generate().private_bytes_raw() + X25519PrivateKey.generate().private_bytes_raw()


def public_bytes(private: bytes) -> bytes:
    """Return the public key (1,216 bytes) of a private key. Raises OperatorFault for anything but a private key."""
    mlkem, x25519 = _private_parts(private)
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def subscriber_id(public: bytes) -> str:
    """Return the lower-hex SHA-256 of a public key, which names its holder in keyrings."""
    return hashlib.sha256(public).hexdigest()


def wrap(secret: bytes, public: bytes, *, list_id: str, epoch: int, profile: str = MATCH_PROFILE) -> bytes:
    """Wrap a 32-byte epoch secret for one subscriber. Raises OperatorFault for anything but a public key."""
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"an epoch secret has {SECRET_BYTES} bytes")
    try:
        return _SUITE.encrypt(secret, _public_key(public), _info(list_id, epoch, profile, subscriber_id(public)))
    except ValueError:
        raise OperatorFault(
            "subscriber_key", "this subscriber public key is damaged: no secret can be wrapped"
        ) from None


def unwrap(wrapped: bytes, private: bytes, *, list_id: str, epoch: int, profile: str = MATCH_PROFILE) -> bytes:
    """Open a wrapped secret. Raises PublisherFault when it was wrapped for another key, list, epoch or profile."""
    info = _info(list_id, epoch, profile, subscriber_id(public_bytes(private)))
    try:
        secret = _SUITE.decrypt(wrapped, MLKEM768X25519PrivateKey(*_private_parts(private)), info)
    except (InvalidTag, ValueError):
        raise PublisherFault("keyring", "a wrapped secret does not open with this subscriber key") from None
    if len(secret) != SECRET_BYTES:
        raise PublisherFault("keyring", "a wrapped secret has the wrong length")
    return secret


@frozen
class WrappedKey:
    """One line of ``keys/current``."""

    epoch: int
    profile: str
    subscriber: str  # lower-hex SHA-256 of the public key
    wrapped: bytes

    @classmethod
    def read(cls, value: object) -> "WrappedKey":
        """Read one element of ``keys``."""
        fields = canonical.Reader(value, "keyring")
        text = fields.take("wrapped", str)
        try:
            wrapped = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise fields.fault("wrapped") from None
        if len(wrapped) != WRAPPED_BYTES or base64.b64encode(wrapped).decode() != text:
            raise fields.fault("wrapped")
        key = cls(fields.number("epoch", 1), fields.take("profile", str), fields.hex_digest("subscriber"), wrapped)
        fields.done()
        return key


@frozen
class Keyring:
    """``keys/current``: the wrapped secrets of this and the previous epoch."""

    list_id: str
    keys: tuple[WrappedKey, ...]

    def to_bytes(self) -> bytes:
        """Return the RFC 8785 bytes."""
        return canonical.dumps({"format": FORMAT} | canonical.to_json(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Keyring":
        """Read ``keys/current``. Raises PublisherFault for anything unknown, missing, twice or malformed."""
        fields = canonical.Reader(canonical.loads(data, "keyring"), "keyring")
        if fields.number("format") != FORMAT:
            raise fields.fault("format")
        keyring = cls(fields.take("list_id", str), fields.array("keys", WrappedKey.read))
        fields.done()
        if len({(key.epoch, key.profile, key.subscriber) for key in keyring.keys}) != len(keyring.keys):
            raise fields.fault("keys")
        return keyring

    def find(self, epoch: int, profile: str, subscriber: str) -> bytes | None:
        """Return the secret wrapped for this subscriber, or None."""
        wanted = (epoch, profile, subscriber)
        return next((key.wrapped for key in self.keys if (key.epoch, key.profile, key.subscriber) == wanted), None)


def _info(list_id: str, epoch: int, profile: str, subscriber: str) -> bytes:
    return encode_fields(b"mamori/1 wrap", list_id.encode(), number_field(epoch), profile.encode(), subscriber.encode())


def _private_parts(private: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    if len(private) != PRIVATE_BYTES:
        raise OperatorFault("subscriber_key", f"a subscriber private key has {PRIVATE_BYTES} bytes")
    return (
        MLKEM768PrivateKey.from_seed_bytes(private[:_MLKEM_SEED_BYTES]),
        X25519PrivateKey.from_private_bytes(private[_MLKEM_SEED_BYTES:]),
    )


def _public_key(public: bytes) -> MLKEM768X25519PublicKey:
    try:
        return MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC_BYTES]),
            X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC_BYTES:]),
        )
    except ValueError:
        raise OperatorFault("subscriber_key", f"a subscriber public key has {PUBLIC_BYTES} bytes") from None
