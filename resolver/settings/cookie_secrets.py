"""The file of cookie secrets (RFC 9018): newest first, so that nodes of one address can roll over together."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from resolver.core.cookies import SECRET_BYTES
from resolver.settings.access import Cookies
from resolver.settings.faults import Fault

_MOST_SECRETS = 2
_MOST_BYTES = 4096
_LINE = re.compile(rf"[0-9a-fA-F]{{{SECRET_BYTES * 2}}}")


class SecretsFault(Exception):
    """The file cannot be used; the message says why, and nothing of what is in it."""


def read_secrets(path: Path) -> tuple[bytes, ...]:
    """Return the secrets of a file, newest first. SecretsFault."""
    try:
        with path.open("rb") as file:
            mode, content = os.fstat(file.fileno()).st_mode, file.read(_MOST_BYTES)
    except OSError as error:
        raise SecretsFault(f"cannot read {path}: {error.strerror}") from None
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        raise SecretsFault(f"{path} is open to every user of this machine: chmod o= {path}")
    lines = content.decode("ascii", "replace").split()
    if not 1 <= len(lines) <= _MOST_SECRETS or not all(map(_LINE.fullmatch, lines)):
        raise SecretsFault(f"{path} must hold one or two lines of {SECRET_BYTES * 2} hexadecimal digits, newest first")
    return tuple(map(bytes.fromhex, lines))


def secret_faults(cookies: Cookies) -> Iterator[Fault]:
    """Yield what is wrong with the file, if one is named and used."""
    if cookies.enabled and cookies.secrets is not None:
        try:
            read_secrets(cookies.secrets)
        except SecretsFault as fault:
            yield Fault("cookies.secrets", str(fault))
