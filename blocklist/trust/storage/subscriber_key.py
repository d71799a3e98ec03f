"""The subscriber's HPKE key: 96 bytes in `<state>/subscriber.key`; its public part goes to the list body."""

from __future__ import annotations

from pathlib import Path

from blocklist import keyring
from blocklist.trust.storage.files import create_file, make_folder, read_private

FILE_NAME = "subscriber.key"


def load_or_create(state: Path) -> bytes:
    """Return the private key of a state folder; made at the first call. Raises OperatorFault for a bad file."""
    path = make_folder(state) / FILE_NAME
    known = read_private(path, keyring.PRIVATE_BYTES, "subscriber key")
    return known or create_file(path, keyring.generate_private())


def public_key(state: Path) -> bytes:
    """Return the public key (1,216 bytes) to hand to the list body; the private one is made when there is none."""
    return keyring.public_bytes(load_or_create(state))
