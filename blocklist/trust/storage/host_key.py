"""The host key: 32 random bytes in `<state>/host.key`, under which this host seals what it keeps at rest."""

from __future__ import annotations

import os
from pathlib import Path

from blocklist.trust.storage.files import create_file, make_folder, read_private
from blocklist.trust.storage.sealed import HOST_KEY_BYTES

FILE_NAME = "host.key"


def load_or_create(state: Path) -> bytes:
    """Return the host key of a state folder; made at the first call. Raises OperatorFault for a file that is no key."""
    path = make_folder(state) / FILE_NAME
    return load(state) or create_file(path, os.urandom(HOST_KEY_BYTES))


def load(state: Path) -> bytes | None:
    """Return the host key if there is one; nothing is made. Raises OperatorFault for a file that is no key."""
    return read_private(state / FILE_NAME, HOST_KEY_BYTES, "host key")
