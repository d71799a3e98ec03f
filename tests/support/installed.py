"""An installation of its own, as a package manager leaves one: an environment whose code is changed under way."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import twisted

ROOT = Path(__file__).parents[2]
PACKAGES = ("resolver", "blocklist", "native")
LIBRARIES = Path(twisted.__file__).parents[1]


class Installed:
    """`mamori` is the command; `install` puts another version in the place of the one before."""

    def __init__(self, folder: Path) -> None:
        self.mamori = str(folder / "bin" / "mamori")
        self.site = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
        self.code = folder / "code"
        self.site.mkdir(parents=True)
        (folder / "bin").mkdir()
        python = folder / "bin" / "python"
        python.symlink_to(Path(sys.executable).resolve())
        (folder / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).resolve().parent}\n")
        (self.site / "code.pth").write_text(f"{self.code}\n{LIBRARIES}\n")
        Path(self.mamori).write_text(f"#!{python}\nfrom resolver.cli import main\nmain()\n")
        Path(self.mamori).chmod(0o755)

    def install(self, version: str) -> None:
        """The code of this work tree, called another version; at no moment is there none: a process may be starting."""
        made = self.code.with_suffix(f".{version}")
        for package in PACKAGES:
            shutil.copytree(ROOT / package, made / package)  # compiled already: times stay
        facts = made / f"mamori-{version}.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: mamori\nVersion: {version}\n")
        link = self.code.with_suffix(".new")
        link.symlink_to(made)
        link.replace(self.code)

    def damage(self, module: str) -> None:
        """Leave a module that cannot be loaded."""
        (self.code / module).write_text("import no_such_library\n")
