"""All the folders one list is published to: signed once in one of them, copied to the others.

The *leader* is the folder whose timestamp, signed by a key that root names or named, has the highest version; the first
one named, when several agree. A folder that cannot be written is left behind, told of, and brought up later.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from attrs import define, field
from tuf.api.metadata import Metadata, Root, Timestamp
from tuf.api.serialization import DeserializationError

from blocklist.errors import OperatorFault
from blocklist.publish.publication import mirrors
from blocklist.publish.publication.outlet import Outlet


@define
class Outlets:
    """The published folders, and the chain of root versions they hold, oldest first."""

    folders: Sequence[Path]
    roots: list[bytes]
    alarm: Callable[[str], None]
    behind: set[Path] = field(factory=set, init=False)

    def leader(self) -> Path | None:
        """The folder that is ahead; None while nothing is published in any."""
        versions = {folder: self.timestamp_version(folder) for folder in self.folders}
        best = max(self.folders, key=lambda folder: versions[folder])
        return best if versions[best] else None

    def change(self, write: Callable[[Outlet], object]) -> None:
        """Write in the leader, or where that fails in another folder that is level with it; then copy.

        Raises `OperatorFault` when no folder can be written.
        """
        leader = self.leader()
        for folder in self._in_order(leader):
            if self._tried(folder, partial(self._write, folder, leader, write)):
                self.level(folder)
                return
        raise OperatorFault("no_outlet", "none of the published folders can be written: nothing new is published")

    def level(self, leader: Path | None = None) -> None:
        """Bring every other folder up to the leader."""
        leader = leader or self.leader()
        if leader is None:
            return
        for folder in self.folders:
            if folder != leader:
                self._tried(folder, partial(mirrors.copy, leader, folder))

    def find_root(self, version: int) -> Iterator[bytes]:
        """What lies published as this version of root, in any folder; nothing of it is verified."""
        for folder in self.folders:
            path = folder / "metadata" / f"{version}.root.json"
            if path.is_file():
                yield path.read_bytes()

    def timestamp_version(self, folder: Path) -> int:
        """The version of a folder's timestamp; 0 for none, a damaged one or one that our keys did not sign."""
        try:
            metadata = Metadata[Timestamp].from_bytes((folder / "metadata" / "timestamp.json").read_bytes())
        except (OSError, DeserializationError):
            return 0
        if not isinstance(metadata.signed, Timestamp) or not any(
            Metadata[Root]
            .from_bytes(root)
            .signed.get_verification_result(Timestamp.type, metadata.signed_bytes, metadata.signatures)
            for root in self.roots
        ):
            return 0
        return metadata.signed.version

    def _write(self, folder: Path, leader: Path | None, write: Callable[[Outlet], object]) -> None:
        if leader is not None and folder != leader:
            mirrors.copy(leader, folder)
        outlet = Outlet(folder)
        for root in self.roots:
            outlet.add_root(root)
        write(outlet)

    def _in_order(self, leader: Path | None) -> list[Path]:
        return sorted(self.folders, key=lambda folder: folder != leader)

    def _tried(self, folder: Path, work: Callable[[], object]) -> bool:
        try:
            work()
        except (OperatorFault, OSError) as fault:
            if isinstance(fault, OperatorFault) and fault.code == "online_key":
                raise  # no folder's fault
            self.behind.add(folder)
            text = fault.strerror if isinstance(fault, OSError) else str(fault)
            self.alarm(f"{folder} is left behind: {text}")
            return False
        self.behind.discard(folder)
        return True
