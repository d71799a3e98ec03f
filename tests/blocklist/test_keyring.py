"""Wrapping of epoch secrets."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PublicKey, Suite

from blocklist.errors import OperatorFault, PublisherFault
from blocklist.keyring import (
    MATCH_PROFILE,
    Keyring,
    WrappedKey,
    generate_private,
    public_bytes,
    subscriber_id,
    unwrap,
    wrap,
)
from blocklist.tokens import encode_fields, number_field

PRIVATE = generate_private()
PUBLIC = public_bytes(PRIVATE)
SECRET = b"e" * 32
WRAPPED = wrap(SECRET, PUBLIC, list_id="demo", epoch=1)
KEY = WrappedKey(1, MATCH_PROFILE, subscriber_id(PUBLIC), WRAPPED)
KEYRING = Keyring("demo", (KEY,))


def test_lengths_are_those_of_the_format() -> None:
    """96, 1,216 and 1,168 bytes."""
    assert (len(PRIVATE), len(PUBLIC), len(WRAPPED)) == (96, 1216, 1168)


def test_the_subscriber_opens_its_secret_and_nobody_else_does() -> None:
    """The right key opens it; another key finds a fault of the publisher, not a crash."""
    assert unwrap(WRAPPED, PRIVATE, list_id="demo", epoch=1) == SECRET
    with pytest.raises(PublisherFault, match="does not open"):
        unwrap(WRAPPED, generate_private(), list_id="demo", epoch=1)


def nameless(_: bytes) -> str:
    """Keys are drawn anew in each process, and a test has one name in all of them."""
    return "data"


@pytest.mark.parametrize(
    "place",
    [{"list_id": "x", "epoch": 1}, {"list_id": "demo", "epoch": 2}, {"list_id": "demo", "epoch": 1, "profile": "c"}],
)
def test_a_wrapped_secret_opens_only_in_its_own_place(place: dict[str, Any]) -> None:
    """List, epoch and profile are part of the wrapping."""
    with pytest.raises(PublisherFault):
        unwrap(WRAPPED, PRIVATE, **place)


@pytest.mark.parametrize(
    "wrapped", [b"", WRAPPED[:-1], bytes(1168), WRAPPED[:-1] + bytes((WRAPPED[-1] ^ 1,))], ids=nameless
)
def test_a_damaged_wrapping_is_the_publishers_fault(wrapped: bytes) -> None:
    """No foreign exception comes through."""
    with pytest.raises(PublisherFault):
        unwrap(wrapped, PRIVATE, list_id="demo", epoch=1)


def test_a_secret_of_another_length_is_the_publishers_fault() -> None:
    """A body that wraps something else is found out before any key is derived from it."""
    info = encode_fields(b"mamori/1 wrap", b"demo", number_field(1), b"match", subscriber_id(PUBLIC).encode())
    mlkem, x25519 = MLKEM768PublicKey.from_public_bytes(PUBLIC[:1184]), X25519PublicKey.from_public_bytes(PUBLIC[1184:])
    suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    wrapped = suite.encrypt(b"short", MLKEM768X25519PublicKey(mlkem, x25519), info)
    with pytest.raises(PublisherFault, match="wrong length"):
        unwrap(wrapped, PRIVATE, list_id="demo", epoch=1)


def test_keys_of_the_wrong_shape_are_the_operators_fault() -> None:
    """A cut private or public key is named as such."""
    with pytest.raises(OperatorFault, match="private key"):
        public_bytes(PRIVATE[:-1])
    with pytest.raises(OperatorFault, match="public key"):
        wrap(SECRET, PUBLIC[:-1], list_id="demo", epoch=1)
    with pytest.raises(OperatorFault, match="public key"):
        wrap(SECRET, PUBLIC[:1184] + bytes(32), list_id="demo", epoch=1)  # a curve point of low order
    with pytest.raises(ValueError, match="32 bytes"):
        wrap(b"short", PUBLIC, list_id="demo", epoch=1)


def test_the_keyring_survives_its_file_and_finds_its_own() -> None:
    """Each secret is found by epoch, profile and subscriber only."""
    keyring = Keyring.from_bytes(KEYRING.to_bytes())
    assert keyring == KEYRING
    assert keyring.find(1, MATCH_PROFILE, subscriber_id(PUBLIC)) == WRAPPED
    assert keyring.find(2, MATCH_PROFILE, subscriber_id(PUBLIC)) is None
    assert keyring.find(1, MATCH_PROFILE, "0" * 64) is None


def changed(**changes: object) -> bytes:
    document = json.loads(KEYRING.to_bytes())
    key = document["keys"][0]
    for name, value in changes.items():
        (document if name in document else key)[name] = value
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        KEYRING.to_bytes() + b"\n",
        changed(format=2),
        changed(list_id=1),
        changed(keys={}),
        changed(keys=[1]),
        changed(epoch=0),
        changed(epoch="1"),
        changed(subscriber="AB" * 32),
        changed(wrapped="AA=="),
        changed(wrapped="*"),
        changed(extra=1),
        Keyring("demo", (KEY, KEY)).to_bytes(),
    ],
    ids=nameless,
)
def test_a_malformed_keyring_is_refused(data: bytes) -> None:
    """Unknown, missing, mistyped, double and non-canonical content is the publisher's fault."""
    with pytest.raises(PublisherFault):
        Keyring.from_bytes(data)
