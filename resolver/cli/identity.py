"""Commands that write into the state folder do so as its owner: files of root would lock the resolver out."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resolver.cli.faults import CliFault
from resolver.edge.users import user_name


@contextmanager
def as_owner_of(state: Path) -> Iterator[None]:
    """Act as the folder's owner while root runs the command; CliFault when this user may not use the folder."""
    uid, gid = _ids_of(state)
    switch = os.geteuid() == 0 and uid != 0
    if switch:
        os.setegid(gid)
        os.seteuid(uid)
    try:
        yield
    except PermissionError:
        raise CliFault(
            f"the state folder {state} belongs to {user_name(uid)}: run this as that user, or root"
        ) from None
    finally:
        if switch:
            os.seteuid(0)
            os.setegid(0)


def caller() -> str:
    """Who runs the command."""
    return user_name(os.getuid())


def _ids_of(state: Path) -> tuple[int, int]:
    """The owner of the folder; who runs the command, while it does not exist."""
    try:
        stat = state.stat()
    except FileNotFoundError:
        return os.geteuid(), os.getegid()
    return stat.st_uid, stat.st_gid
