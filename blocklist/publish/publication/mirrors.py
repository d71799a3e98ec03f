"""Several published folders with the same bytes: signed once, copied to the others, each timestamp last.

Signing for each folder by itself would give one version number to different bytes, and a client that goes from one
mirror to the other would see the list change behind its back.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from blocklist.disk import ASIDE_SUFFIX
from blocklist.publish.files import PUBLIC_FILE, PUBLIC_FOLDER, make_folder, only_one, read_file, write_atomically
from blocklist.publish.publication.outlet import LOG_FILE, write_timestamp

_TIMESTAMP: Final = Path("metadata") / "timestamp.json"
_CHANGING: Final = (Path(LOG_FILE), _TIMESTAMP)  # all other files never change once written


def copy(leader: Path, follower: Path) -> int:
    """Make `follower` lead to what `leader` leads to; returns how many files were written.

    A kill at any point leaves a folder that leads to its old list or to the new one. Raises `OperatorFault`, `OSError`.
    """
    with only_one(make_folder(follower, PUBLIC_FOLDER)):
        missing = [path for path in _fixed(leader) if not _same_size(leader / path, follower / path)]
        changed = [path for path in _CHANGING if _differs(leader / path, follower / path)]
        for path in (*missing, *changed):
            data = read_file(leader / path, "published file")
            if path == _TIMESTAMP:
                write_timestamp(follower, data)
                continue
            make_folder((follower / path).parent, PUBLIC_FOLDER)
            write_atomically(follower / path, data, PUBLIC_FILE)
            date = (leader / path).stat().st_mtime_ns
            os.utime(follower / path, ns=(date, date))  # a Web server's ETag is made of it
        return len(missing) + len(changed)


def _fixed(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if path.is_file() and relative not in _CHANGING and path.suffix != ASIDE_SUFFIX:
            yield relative


def _same_size(one: Path, other: Path) -> bool:
    return other.is_file() and one.stat().st_size == other.stat().st_size


def _differs(one: Path, other: Path) -> bool:
    return one.is_file() and not (other.is_file() and one.read_bytes() == other.read_bytes())
