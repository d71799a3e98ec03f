"""Local exemptions: names this ISP does not block, whatever a list says, for at most 30 days.

Names are sealed at rest under the host key, because they must be tokenised again for each list and epoch. `list` shows
ids, reasons, tickets and ends, never a name. The file is replaced whole; two writers wait for each other. Beside it
lies a reserve of disk space, given up when the disk is full: a wrongly listed name can be unblocked then, too.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from attrs import asdict, define, field, frozen

from blocklist.disk import PRIVATE_FILE
from blocklist.errors import OperatorFault, TransferFault
from blocklist.names import canonical_name, is_ip_literal, to_wire
from blocklist.trust.clock import Clock, SystemClock
from blocklist.trust.limits import DAY
from blocklist.trust.storage.files import make_folder
from blocklist.trust.storage.reserve import Reserve
from blocklist.trust.storage.sealed import read_sealed, write_sealed

EXEMPTIONS_NAME: Final = "exemptions.sealed"
MATCHES: Final = ("host", "domain")
MAX_LIFE: Final = 30 * DAY
MAX_TEXT: Final = 200  # characters of a reason or ticket
MAX_EXEMPTIONS: Final = 10_000
_PURPOSE: Final = "exemptions"


@frozen
class Exemption:
    """One exempt name: `host` is exactly it, `domain` it and all below. `wire` is its lower-case wire form."""

    id: str
    match: str
    wire: bytes = field(repr=False)
    not_after: float  # POSIX


@frozen
class ExemptionNote:
    """What may be shown of an exemption."""

    id: str
    match: str
    reason: str
    ticket: str
    added: float  # POSIX
    not_after: float  # POSIX


@frozen
class _Row:
    note: ExemptionNote
    name: str = field(repr=False)


@define
class Exemptions:
    """The sealed file `<state>/exemptions.sealed`."""

    path: Path
    host_key: bytes = field(repr=False)
    clock: Clock = field(factory=SystemClock)

    def add(self, name: str, *, match: str, reason: str, ticket: str, not_after: float) -> ExemptionNote:
        """Exempt a name until `not_after` (POSIX). Raises OperatorFault, or EntryFault for what is no name."""
        now = self.clock.now()
        if match not in MATCHES:
            raise OperatorFault("exemption", f"an exemption matches {' or '.join(MATCHES)}")
        if not all(0 < len(text.strip()) <= MAX_TEXT for text in (reason, ticket)):
            raise OperatorFault("exemption", f"an exemption needs a reason and a ticket of 1 to {MAX_TEXT} characters")
        if not now < not_after <= now + MAX_LIFE:
            raise OperatorFault("exemption", "an exemption ends in the future, at most 30 days from now")
        if is_ip_literal(name):
            raise OperatorFault("exemption", "an exemption is for a name, not for an address")
        note = ExemptionNote(os.urandom(4).hex(), match, reason.strip(), ticket.strip(), now, not_after)
        with self._locked():
            rows = self._read()
            if len(rows) >= MAX_EXEMPTIONS:
                raise OperatorFault("exemption", f"there are {MAX_EXEMPTIONS} exemptions already: remove some")
            self._write((*rows, _Row(note, canonical_name(name))))
        return note

    def list(self) -> tuple[ExemptionNote, ...]:
        """Return what may be shown, ended ones too."""
        return tuple(row.note for row in self._read())

    def remove(self, exemption_id: str) -> None:
        """End an exemption. Raises OperatorFault for an unknown id."""
        with self._locked():
            rows = self._read()
            kept = tuple(row for row in rows if row.note.id != exemption_id)
            if len(kept) == len(rows):
                raise OperatorFault("exemption", "there is no exemption of this id: see `mamori exempt list`")
            self._write(kept)

    def settle(self, now: float, told: Callable[[ExemptionNote], object]) -> None:
        """Take out those ended at `now` (POSIX), after each was `told`; what that raises keeps them all in the file.

        Raises TransferFault `disk` while another writes, too.
        """
        if not any(note.not_after <= now for note in self.list()):
            return
        with self._locked(waits=False):
            rows = self._read()
            for row in rows:
                if row.note.not_after <= now:
                    told(row.note)
            self._write(tuple(row for row in rows if row.note.not_after > now))

    def active(self, now: float) -> tuple[Exemption, ...]:
        """Return those in force at `now` (POSIX). Raises OperatorFault `sealed` for a file that does not open."""
        rows = (row for row in self._read() if now < row.note.not_after)
        return tuple(Exemption(row.note.id, row.note.match, to_wire(row.name), row.note.not_after) for row in rows)

    def _read(self) -> tuple[_Row, ...]:
        try:
            data = read_sealed(self.path, self.host_key, _PURPOSE)
        except OperatorFault as fault:
            raise OperatorFault(
                fault.code, f"{self.path}: {fault}; restore it, or move it away, which ends every exemption"
            ) from None
        return tuple(_Row(ExemptionNote(**row["note"]), row["name"]) for row in json.loads(data or b"[]"))

    def _write(self, rows: tuple[_Row, ...]) -> None:
        data = json.dumps([asdict(row) for row in rows]).encode()
        reserve = Reserve(self.path.with_name(self.path.name + ".reserve"))
        try:
            write_sealed(self.path, data, self.host_key, _PURPOSE)
        except TransferFault:
            if not reserve.give_up():
                raise
            write_sealed(self.path, data, self.host_key, _PURPOSE)
        reserve.keep()

    @contextmanager
    def _locked(self, *, waits: bool = True) -> Iterator[None]:
        lock = make_folder(self.path.parent) / (self.path.name + ".lock")
        with ExitStack() as stack:
            try:
                descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
                stack.callback(os.close, descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise TransferFault("disk", f"cannot lock {lock}: {error.strerror}") from None
            yield
