"""What is wrong with a settings file: every fault at once, each with its place."""

from collections.abc import Iterable

from attrs import frozen


@frozen
class Fault:
    """One thing to put right: which setting (`lists[0].decided_by`), what to do, and the line of the file if known."""

    path: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else ""
        return ": ".join(part for part in (where, self.path, self.message) if part)


class SettingsFault(Exception):
    """The settings cannot be used; `faults` holds all that was found, so that one round of corrections is enough."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))
