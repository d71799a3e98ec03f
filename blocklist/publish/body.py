"""What a list body is: its list, its editors and their public keys. `desk.json`, public, written by `init`."""

import json
import re
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from attrs import evolve, frozen
from securesystemslib.signer import SSlibKey

from blocklist.errors import OperatorFault
from blocklist.publish.files import read_file, write_atomically

FILE_NAME: Final = "desk.json"
FORMAT: Final = 2
_WITHOUT_DUTIES: Final = 1  # the format before: no duty officers
PURPOSE: Final = "csam"
LIST_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
MIN_EDITORS: Final = 3
EDITORS_NEEDED: Final = 2  # of the editors: for an approval to count, for targets and for the keyring


@frozen
class Editor:
    """One editor as the others know her: public halves only."""

    name: str
    signing: SSlibKey
    keyring: SSlibKey
    reading: bytes  # HPKE public key, 1,216 bytes


@frozen
class Duty:
    """One duty officer: her key signs withdrawals and nothing else."""

    name: str
    signing: SSlibKey
    reading: bytes  # HPKE public key, 1,216 bytes; an editor's own where she is one


@frozen
class FormerDuty:
    """A duty officer's key that was replaced: what it withdrew up to the serial `until` stays off until reinstated."""

    name: str
    signing: SSlibKey
    until: int


@frozen
class Body:
    """The facts of one list. The file has the first epoch; `Workbench.body` has the one in force.

    `base_date` is constant within an epoch (list.md).
    """

    list_id: str
    purpose: str
    own_domain: str | None  # self-test names live under it
    epoch: int
    base_date: date
    editors: tuple[Editor, ...]
    duties: tuple[Duty, ...] = ()
    former_duties: tuple[FormerDuty, ...] = ()

    def in_epoch(self, epoch: tuple[int, date] | None) -> Self:
        """The same list in another (epoch, base date); None: in its first."""
        return self if epoch is None else evolve(self, epoch=epoch[0], base_date=epoch[1])

    def readers(self) -> dict[str, bytes]:
        """Reading key by holder: everybody who works with the epoch's secret."""
        editors = {editor.name: editor.reading for editor in self.editors}
        return editors | {duty.name: duty.reading for duty in self.duties}

    def duty(self, name: str) -> Duty:
        """The duty officer called `name`, or `OperatorFault` with the names there are."""
        self.check_duties()
        for duty in self.duties:
            if duty.name == name:
                return duty
        known = ", ".join(duty.name for duty in self.duties)
        raise OperatorFault("duty_unknown", f"no duty officer {name!r} at this desk; its duty officers are {known}")

    def duty_keys(self, name: str, serial: int) -> tuple[SSlibKey, ...]:
        """The keys that could withdraw under this name with this serial."""
        now = (duty.signing for duty in self.duties if duty.name == name)
        return (*now, *(one.signing for one in self.former_duties if one.name == name and serial <= one.until))

    def check_duties(self) -> None:
        """Refuse a desk made before there were duty officers, with what to do."""
        if not self.duties:
            raise OperatorFault(
                "duties_missing",
                "this desk has no duty officer yet, so nothing could be withdrawn in a hurry:"
                " make one with `mamori-list duty add DESK NAME --editor …`",
            )

    def editor(self, name: str) -> Editor:
        """The editor called `name`, or `OperatorFault` with the names there are."""
        for editor in self.editors:
            if editor.name == name:
                return editor
        known = ", ".join(editor.name for editor in self.editors)
        raise OperatorFault("editor_unknown", f"no editor {name!r} at this desk; its editors are {known}")

    def to_bytes(self) -> bytes:
        """The file, indented for people."""
        plain = {
            "format": FORMAT,
            "list_id": self.list_id,
            "purpose": self.purpose,
            "own_domain": self.own_domain,
            "epoch": self.epoch,
            "base_date": self.base_date.isoformat(),
            "editors": [_editor_to_plain(editor) for editor in self.editors],
            "duties": [_duty_to_plain(duty) for duty in self.duties],
            "former_duties": [
                {"name": one.name, "signing": _key_to_plain(one.signing), "until": one.until}
                for one in self.former_duties
            ],
        }
        return (json.dumps(plain, indent=2, ensure_ascii=False) + "\n").encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read the file back; `ValueError`, `KeyError` or `TypeError` when it is not one."""
        plain = json.loads(data)
        if plain["format"] not in (FORMAT, _WITHOUT_DUTIES):
            raise ValueError("another format")
        return cls(
            list_id=plain["list_id"],
            purpose=plain["purpose"],
            own_domain=plain["own_domain"],
            epoch=plain["epoch"],
            base_date=date.fromisoformat(plain["base_date"]),
            editors=tuple(_editor_from_plain(editor) for editor in plain["editors"]),
            duties=tuple(_duty_from_plain(duty) for duty in plain["duties"]) if plain["format"] == FORMAT else (),
            former_duties=tuple(
                FormerDuty(one["name"], _key_from_plain(one["signing"]), int(one["until"]))
                for one in plain.get("former_duties", ())
            ),
        )

    @property
    def digest(self) -> str:
        """Lower-hex SHA-256 of the file: who holds which key."""
        return sha256(self.to_bytes()).hexdigest()

    def save(self, folder: Path) -> None:
        """Write the file into the desk folder; with it the desk exists."""
        write_atomically(folder / FILE_NAME, self.to_bytes())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the desk's file."""
        path = folder / FILE_NAME
        if not path.exists():
            raise OperatorFault("desk_missing", f"{folder} is no desk: make one with `mamori-list init {folder} …`")
        try:
            return cls.from_bytes(read_file(path, "desk file"))
        except (ValueError, KeyError, TypeError):
            raise OperatorFault("desk_damaged", f"{path} is damaged: restore it from the body's backup") from None


def check_list(list_id: str, purpose: str, editors: int) -> None:
    """The rules of a new list: its id, its one purpose, enough editors for a threshold."""
    if not LIST_ID.fullmatch(list_id):
        raise OperatorFault("list_id", f"list id {list_id!r}: use a-z, 0-9 and -, at most 32 characters")
    if purpose != PURPOSE:
        raise OperatorFault("purpose", f"purpose {purpose!r}: the only purpose of this software is {PURPOSE!r}")
    if editors < MIN_EDITORS:
        raise OperatorFault("editors_few", f"{editors} editors named: a list needs {MIN_EDITORS} or more")


def _editor_to_plain(editor: Editor) -> dict[str, Any]:
    return {
        "name": editor.name,
        "signing": _key_to_plain(editor.signing),
        "keyring": _key_to_plain(editor.keyring),
        "reading": editor.reading.hex(),
    }


def _editor_from_plain(plain: Mapping[str, Any]) -> Editor:
    return Editor(
        name=plain["name"],
        signing=_key_from_plain(plain["signing"]),
        keyring=_key_from_plain(plain["keyring"]),
        reading=bytes.fromhex(plain["reading"]),
    )


def _duty_to_plain(duty: Duty) -> dict[str, Any]:
    return {"name": duty.name, "signing": _key_to_plain(duty.signing), "reading": duty.reading.hex()}


def _duty_from_plain(plain: Mapping[str, Any]) -> Duty:
    return Duty(plain["name"], _key_from_plain(plain["signing"]), bytes.fromhex(plain["reading"]))


def _key_to_plain(key: SSlibKey) -> dict[str, Any]:
    return {"keyid": key.keyid, **key.to_dict()}


def _key_from_plain(plain: Mapping[str, Any]) -> SSlibKey:
    fields = dict(plain)
    return SSlibKey.from_dict(fields.pop("keyid"), fields)
