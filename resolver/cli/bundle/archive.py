"""Files as one archive whose bytes depend on the files alone: POSIX tar, not compressed, so that it can be searched."""

import io
import tarfile
from collections.abc import Mapping
from typing import Final

FOLDER: Final = "mamori-support"
MODE: Final = 0o600


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return the archive, in order of names; no owner, no host and no time of a file is in it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(f"{FOLDER}/{name}")
            member.size, member.mode = len(content), MODE
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the files of an archive by name."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        members = ((member, archive.extractfile(member)) for member in archive)
        return {member.name.removeprefix(f"{FOLDER}/"): file.read() for member, file in members if file is not None}
