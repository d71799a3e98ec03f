"""The role files being signed, and the target files they name: `stage/{targets,keyring}.json` and `stage/files/`.

A role file is replaced whole, after the files it names are in place, so that a kill at any point leaves a stage that
is the old one or the new one. What was published stays here until the next build: another mirror can be filled from it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from securesystemslib.exceptions import StorageError
from tuf.api.exceptions import LengthOrHashMismatchError
from tuf.api.metadata import Metadata, Targets
from tuf.api.serialization import DeserializationError

from blocklist.errors import OperatorFault
from blocklist.publish.files import make_folder, read_file, write_atomically
from blocklist.publish.publication.outlet import SignedRole

FOLDER: Final = "stage"
TARGETS: Final = "targets"


class Stage:
    """One desk's stage."""

    def __init__(self, desk: Path) -> None:
        self._folder = desk / FOLDER
        self._files = self._folder / "files"

    def put(self, role: str, metadata: Metadata[Targets], files: Mapping[str, bytes]) -> None:
        """Stage a freshly built role and drop the files of the one before: in this folder and behind no link."""
        for folder in (self._folder, self._files):
            if folder.is_symlink():
                raise OperatorFault("stage_damaged", f"{folder} is a link to elsewhere: delete it and build again")
        for path, target in metadata.signed.targets.items():
            for prefixed in target.get_prefixed_paths():
                place = self._files / prefixed
                make_folder(place.parent)
                write_atomically(place, files[path])
        make_folder(self._folder)
        self.save(role, metadata)
        self._sweep()

    def save(self, role: str, metadata: Metadata[Targets]) -> None:
        """Write a role file back, with the signatures it has now."""
        write_atomically(self._folder / f"{role}.json", metadata.to_bytes())

    def load(self, role: str) -> Metadata[Targets] | None:
        """The staged role, or None before its first build."""
        path = self._folder / f"{role}.json"
        if not path.is_file():
            return None
        try:
            metadata = Metadata[Targets].from_file(str(path))
        except (StorageError, DeserializationError):
            metadata = None
        if metadata is None or metadata.signed.type != Targets.type:
            raise OperatorFault("stage_damaged", f"{path} is damaged: delete it and build again")
        return metadata

    def files(self, metadata: Metadata[Targets]) -> dict[str, bytes]:
        """The target files a staged role names, each checked against the length and hash it names."""
        files = {}
        for path, target in metadata.signed.targets.items():
            place = self._files / target.get_prefixed_paths()[0]
            data = read_file(place, "staged file")
            try:
                target.verify_length_and_hashes(data)
            except LengthOrHashMismatchError:
                raise OperatorFault("stage_damaged", f"{place} is not what was staged: build again") from None
            files[path] = data
        return files

    def signed(self, role: str) -> SignedRole:
        """The staged role as the published folder takes it."""
        metadata = self.load(role)
        if metadata is None:
            raise OperatorFault("nothing_staged", f"no {role} file is staged: run `mamori-list build` first")
        return SignedRole(role, metadata.to_bytes(), self.files(metadata))

    def _sweep(self) -> None:
        staged = [metadata for role in self._folder.glob("*.json") if (metadata := self.load(role.stem)) is not None]
        wanted = {
            self._files / prefixed
            for metadata in staged
            for target in metadata.signed.targets.values()
            for prefixed in target.get_prefixed_paths()
        }
        for place in list(self._files.rglob("*")):
            if place.is_file() and place not in wanted:
                place.unlink()
