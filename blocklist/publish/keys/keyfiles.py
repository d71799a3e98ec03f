"""Private keys of the list body: one encrypted PKCS#8 PEM file for each key, so that each holder can keep her own.

An editor holds three: `NAME.sign.pem` (targets role and approvals), `NAME.keyring.pem` (keyring role) and
`NAME.read.pem` (opens the desk; two PEM blocks, ML-KEM-768 and X25519, RFC 9935 and RFC 8410). A duty officer holds
`NAME.duty.pem` (withdraw role) and `NAME.read.pem`.
OpenSSL's PKCS#8 spends only 2,048 PBKDF2 rounds on the passphrase, so the passphrase itself must carry the strength:
a short one is refused.
"""

import re
from pathlib import Path

from attrs import field, frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner

from blocklist.errors import OperatorFault
from blocklist.publish.files import read_file, write_atomically

MIN_PASSPHRASE_CHARS = 16
HOLDER_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_MLKEM_SEED_BYTES = 64
_PEM_BLOCK = re.compile(rb"-----BEGIN ENCRYPTED PRIVATE KEY-----.+?-----END ENCRYPTED PRIVATE KEY-----\n?", re.DOTALL)


@frozen
class EditorKeys:
    """What one editor's unlocked key files give her tool for the length of one command."""

    name: str
    signing: CryptoSigner = field(repr=False)
    keyring: CryptoSigner = field(repr=False)
    reading: bytes = field(repr=False)  # HPKE private key, 96 bytes: ML-KEM seed, then X25519


@frozen
class DutyKeys:
    """What a duty officer's unlocked key files give her tool."""

    name: str
    signing: CryptoSigner = field(repr=False)
    reading: bytes = field(repr=False)


def check_holder_name(name: str) -> str:
    """A key holder's name is part of file names and reports: `a-z`, `0-9` and `-`, at most 32 characters."""
    if not HOLDER_NAME.fullmatch(name):
        raise OperatorFault("holder_name", f"key holder {name!r}: use a-z, 0-9 and -, at most 32 characters")
    return name


def check_passphrase(passphrase: bytes) -> bytes:
    """Refuse a passphrase too short to protect a stolen key file."""
    if len(passphrase.decode(errors="replace")) < MIN_PASSPHRASE_CHARS:
        raise OperatorFault(
            "passphrase_short", f"the passphrase has fewer than {MIN_PASSPHRASE_CHARS} characters: choose a longer one"
        )
    return passphrase


def new_signing_key(path: Path, passphrase: bytes) -> CryptoSigner:
    """Make an Ed25519 key and its file; an existing file is never overwritten."""
    key = Ed25519PrivateKey.generate()
    _write_new(path, _seal_pem(key, passphrase))
    return CryptoSigner(key)


def load_signing_key(path: Path, passphrase: bytes) -> CryptoSigner:
    """Open an Ed25519 key file; `OperatorFault` names the file, and says whether it or the passphrase is wrong."""
    blocks = _open_pem(path, passphrase)
    if len(blocks) != 1 or not isinstance(blocks[0], Ed25519PrivateKey):
        raise OperatorFault("key_file", f"{path} holds no Ed25519 signing key")
    return CryptoSigner(blocks[0])


def new_reading_key(path: Path, private: bytes, passphrase: bytes) -> None:
    """Write the 96-byte HPKE private key as two encrypted PEM blocks."""
    kem = MLKEM768PrivateKey.from_seed_bytes(private[:_MLKEM_SEED_BYTES])
    curve = X25519PrivateKey.from_private_bytes(private[_MLKEM_SEED_BYTES:])
    _write_new(path, _seal_pem(kem, passphrase) + _seal_pem(curve, passphrase))


def load_reading_key(path: Path, passphrase: bytes) -> bytes:
    """The 96-byte HPKE private key of a reading key file."""
    blocks = _open_pem(path, passphrase)
    if len(blocks) == 2 and isinstance(blocks[0], MLKEM768PrivateKey) and isinstance(blocks[1], X25519PrivateKey):
        return blocks[0].private_bytes_raw() + blocks[1].private_bytes_raw()
    raise OperatorFault("key_file", f"{path} holds no reading key (ML-KEM-768, then X25519)")


def load_editor_keys(folder: Path, name: str, passphrase: bytes) -> EditorKeys:
    """Unlock the three files of one editor."""
    check_holder_name(name)
    return EditorKeys(
        name=name,
        signing=load_signing_key(folder / f"{name}.sign.pem", passphrase),
        keyring=load_signing_key(folder / f"{name}.keyring.pem", passphrase),
        reading=load_reading_key(folder / f"{name}.read.pem", passphrase),
    )


def load_duty_keys(folder: Path, name: str, passphrase: bytes) -> DutyKeys:
    """Unlock the two files of one duty officer."""
    check_holder_name(name)
    return DutyKeys(
        name=name,
        signing=load_signing_key(folder / f"{name}.duty.pem", passphrase),
        reading=load_reading_key(folder / f"{name}.read.pem", passphrase),
    )


def _seal_pem(key: Ed25519PrivateKey | MLKEM768PrivateKey | X25519PrivateKey, passphrase: bytes) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(check_passphrase(passphrase)))


def _write_new(path: Path, data: bytes) -> None:
    if path.exists():
        raise OperatorFault("key_exists", f"{path} is there already: a key file is never overwritten")
    write_atomically(path, data)


def _open_pem(path: Path, passphrase: bytes) -> list[object]:
    blocks = _PEM_BLOCK.findall(read_file(path, "key file"))
    if not blocks:
        raise OperatorFault("key_file", f"{path} is not an encrypted PEM key file")
    try:
        return [load_pem_private_key(block, passphrase) for block in blocks]
    except ValueError:
        raise OperatorFault("passphrase_wrong", f"{path} does not open: wrong passphrase or a damaged file") from None
