"""Who can read and write what the resolver keeps and reads: modes and owners."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from blocklist.trust.local.preflight import Finding
from resolver.edge.users import user_name
from resolver.preflight.case import Case
from resolver.preflight.wording import finding

STATE_FORBIDS: Final = 0o077  # nobody but the owner
SECRET_FORBIDS: Final = 0o037  # a group may read: keys are often renewed by another user
SETTINGS_FORBID: Final = 0o022  # anybody may read
SHOWN_MOST: Final = 5


def file_checks(case: Case) -> Iterator[Finding]:
    """The state folder, secrets outside it, the files that say what is done."""
    yield _state(case.settings.state)
    secrets = [path for path in _secrets(case) if path.exists()]
    yield _none_open("secret_files", secrets, SECRET_FORBIDS)
    told = (case.config, case.attestations.path)
    yield _none_open("settings_files", [path for path in told if path is not None and path.exists()], SETTINGS_FORBID)


def _state(state: Path) -> Finding:
    if not state.is_dir():
        return finding("state_files", "none", folder=str(state))
    found = list(_below(state))
    owner = found[0][1].st_uid
    if foreign := [path for path, seen in found if seen.st_uid != owner]:
        return finding("state_files", "foreign", files=_shown(foreign), folder=str(state), owner=user_name(owner))
    opened = [path for path, seen in found if seen.st_mode & STATE_FORBIDS and not stat.S_ISLNK(seen.st_mode)]
    if opened:
        return finding("state_files", "open", files=_shown(opened), folder=str(state))
    return finding("state_files", "closed", folder=str(state))


def _below(state: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The folder and all in it; a running resolver replaces files meanwhile."""
    for folder, folders, files in os.walk(state):
        inside = [Path(folder, name) for name in (*folders, *files)]
        for path in [state, *inside] if folder == os.fspath(state) else inside:
            with suppress(FileNotFoundError):
                yield path, path.lstat()


def _secrets(case: Case) -> Iterator[Path]:
    settings = case.settings
    if settings.tls is not None:
        yield settings.tls.key
    if settings.cookies.secrets is not None:
        yield settings.cookies.secrets
    yield from (each.tls.key for each in settings.lists if each.tls is not None and each.tls.key is not None)


def _none_open(check: str, paths: list[Path], forbidden: int) -> Finding:
    if opened := [path for path in paths if path.stat().st_mode & forbidden]:
        return finding(check, "open", files=_shown(opened))
    return finding(check, "closed", count=len(paths))


def _shown(paths: list[Path]) -> list[str]:
    more = ["…"] if len(paths) > SHOWN_MOST else []
    return [os.fspath(path) for path in paths[:SHOWN_MOST]] + more
