"""A copy of the product whose functions raise when a test wants them to (see `inject.py`)."""

from __future__ import annotations

import compileall
import mmap
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.secrecy import inject
from tests.support.installed import PACKAGES, Installed

_NOT_RUN = ("blocklist/publish", "blocklist/transparency", "resolver/cli")  # by the daemon


class Faulty(Installed):
    """`arm` points, and see which were `passed`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.install("1.0")
        modules = list(_modules(self.code))
        self.points = [name for _, _, names in modules for name in names]
        self._numbers = {name: number for number, name in enumerate(self.points)}
        for path, module, _ in modules:
            path.write_text(inject.changed(path.read_text(), module, self._numbers))
        compileall.compile_dir(self.code, quiet=1)
        shutil.copy(inject.__file__, self.site / "mamori_inject.py")
        (self.site / inject.CELLS).write_bytes(bytes(2 * len(self.points)))
        (self.site / "zz_inject.pth").write_text("import mamori_inject\n")
        with (self.site / inject.CELLS).open("r+b") as file:
            self._cells = mmap.mmap(file.fileno(), 0)

    def arm(self, points: Iterable[str], kind: int) -> None:
        for name in points:
            self._cells[self._numbers[name]] = kind

    def disarm(self) -> None:
        """No more exceptions, and nothing passed yet."""
        self._cells[:] = bytes(len(self._cells))

    def passed(self) -> set[str]:
        """The points that were passed since, armed or watched."""
        counts = self._cells[len(self.points) :]
        return {name for name, count in zip(self.points, counts, strict=True) if count}


def _modules(code: Path) -> Iterator[tuple[Path, str, list[str]]]:
    """Each file that the daemon may load, its module and the points in it."""
    for package in PACKAGES:
        for path in sorted((code / package).rglob("*.py")):
            short = path.relative_to(code)
            if short.as_posix().startswith(_NOT_RUN):
                continue
            parts = short.with_suffix("").parts
            module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            yield path, module, inject.points(path.read_text(), module)
