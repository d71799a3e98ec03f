"""Where the command line meets the machine: the clock, the terminal, passphrases, exit codes.

Exit codes: 0 done · 1 a check, a guard or a signing tool refused · 2 wrong use, or something here is wrong ·
78 the extension in C cannot be used as the environment says (`blocklist.native_choice`).
"""

import getpass
import sqlite3
import sys
import traceback
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from attrs import define, frozen
from tuf.api.serialization import DeserializationError

from blocklist.entries import Entry
from blocklist.errors import BlocklistError, OperatorFault
from blocklist.publish.desk import Desk
from blocklist.publish.files import read_file
from blocklist.publish.keys.keyfiles import HOLDER_NAME, EditorKeys
from blocklist.verbs import LazyGroup

T = TypeVar("T")
REFUSED: Final = 1
MISUSED: Final = 2
ONLINE: Final = "online"  # holder of the snapshot and timestamp keys
LONG_WORK: Final = 2_000  # entries from which a progress bar is worth its line


class Fault(click.ClickException):
    """A fault as the shell sees it."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc]


class Verbs(LazyGroup):
    """A group whose verbs end with our exit codes; no traceback and no listed name reaches the terminal."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb."""
        try:
            return super().invoke(ctx)
        except OperatorFault as fault:
            raise Fault(str(fault), MISUSED) from None
        except BlocklistError as fault:
            raise Fault(str(fault), REFUSED) from None
        except sqlite3.Error as error:
            raise Fault(f"the master could not be read or written ({error}); nothing was changed", MISUSED) from None
        except OSError as error:
            raise Fault(f"{error.filename or 'a file'}: {error.strerror}", MISUSED) from None
        except DeserializationError:
            raise Fault(
                "a root or role file of the desk is damaged: restore it from the body's backup", MISUSED
            ) from None
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, its words and its traceback may hold a listed name
            raise Fault(_unexpected(error), MISUSED) from None


def _unexpected(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    return f"unexpected {type(error).__name__} at {place}: this is a fault of mamori-list, report it with this line"


@define
class Door:
    """What a verb may ask of the machine; tests hand in their own."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    is_terminal: Callable[[], bool] = sys.stdout.isatty


@frozen
class Passphrases:
    """From files (`[NAME=]FILE`, first line), else asked for at the terminal; never an argument's value."""

    files: dict[str, Path]

    @classmethod
    def read(cls, options: Iterable[str]) -> "Passphrases":
        """Read the values of `--passphrase-file`."""
        return cls(dict(map(_named_file, options)))

    def get(self, holder: str, *, new: bool = False) -> bytes:
        """The passphrase of a key holder; a new one is asked for twice."""
        path = self.files.get(holder, self.files.get(""))
        if path is not None:
            return read_file(path, "passphrase file").partition(b"\n")[0].rstrip(b"\r")
        prompt = f"New passphrase of {holder}" if new else f"Passphrase of {holder}"
        try:
            with warnings.catch_warnings():  # without a terminal getpass would go on to read what was piped in: names
                warnings.simplefilter("error", getpass.GetPassWarning)
                return str(click.prompt(prompt, hide_input=True, confirmation_prompt=new, err=True)).encode()
        except getpass.GetPassWarning:
            raise OperatorFault(
                "no_terminal",
                f"the passphrase of {holder} is typed at a terminal, and there is none: give --passphrase-file"
                f" {holder}=FILE",
            ) from None


def _named_file(option: str) -> tuple[str, Path]:
    name, mark, path = option.partition("=")
    return (name, Path(path)) if mark and HOLDER_NAME.fullmatch(name) else ("", Path(option))


@frozen
class Session:
    """An open desk and, for verbs of an editor, her unlocked keys."""

    desk: Desk
    door: Door
    passphrases: Passphrases

    def editor(self, name: str) -> EditorKeys:
        """Unlock an editor's keys."""
        self.desk.body.editor(name)
        return self.desk.unlock(name, self.passphrases.get(name))

    def names_editor(self, name: str | None) -> EditorKeys:
        """Unlock the editor whose key is to open names; asked for before anything is shown."""
        self.insist_on_terminal()
        if name is None:
            raise click.UsageError("--names needs --editor: names are opened with her key")
        return self.editor(name)

    def insist_on_terminal(self) -> None:
        """Refuse to show names anywhere else: a pipe or a file would keep them, and `--json` is for programs."""
        if click.get_current_context().params.get("as_json"):
            raise click.UsageError("--names is for people: leave --json out")
        if not self.door.is_terminal():
            raise OperatorFault("names_to_file", "--names shows names on a terminal only: do not pipe or store them")

    def show_names(self, keys: EditorKeys, wanted: Collection[str]) -> tuple[Entry, ...]:
        """Show entries whole, name and all: the very bytes that `approve` signs. On a terminal only."""
        self.insist_on_terminal()
        entries = tuple(self.desk.opened(sorted(wanted), keys))
        for entry in entries:
            click.echo(entry.to_bytes().decode())
        return entries


@contextmanager
def session(
    ctx: click.Context, folder: Path, keys_folder: Path | None, passphrase_files: Iterable[str]
) -> Iterator[Session]:
    """Open the desk for one verb."""
    desk = Desk.open(folder, keys_folder)
    desk.watch = watched
    try:
        yield Session(desk, ctx.ensure_object(Door), Passphrases.read(passphrase_files))
    finally:
        desk.close()


def watched(values: Iterable[T], count: int) -> Iterator[T]:
    """Show a progress bar on standard error while a long walk over entries goes on; on a terminal only."""
    if count < LONG_WORK or not sys.stderr.isatty():
        yield from values
        return
    with click.progressbar(values, length=count, label="entries", file=sys.stderr) as bar:
        yield from bar
