"""Two wheels: `python -m deploy.wheels DIST` (`make wheels`).

One holds the C extension for this kind of processor, built for the limited API of CPython 3.11, so that it serves every
later version too; without a C compiler it is left out, and said. The other is pure Python and installs anywhere.
Both are built from a copy of the sources: what earlier builds left lying about cannot get in.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from native import REQUIRE, SWITCH

ROOT = Path(__file__).parents[1]
SOURCES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "resolver", "blocklist", "native")
LINK = f"{os.environ.get('CC', 'cc')} -shared"
"""Python's own way to link may name a folder of the machine it was built on, where libraries would be looked for."""


class NotBuilt(Exception):
    """The build failed; the message is what it printed."""


def main() -> None:
    dist = Path(sys.argv[1])
    for settings in ({REQUIRE: "1"}, {SWITCH: "off"}):
        if REQUIRE in settings and not has_compiler():
            print("no C compiler here: no wheel with the extension", file=sys.stderr)
            continue
        try:
            print(build(dist, settings))
        except NotBuilt as fault:
            sys.exit(f"the wheel was not built: {fault}")


def has_compiler() -> bool:
    """Whether there is something to compile with."""
    return shutil.which(os.environ.get("CC", "cc").split()[0]) is not None


def build(dist: Path, settings: dict[str, str]) -> Path:
    """Build one wheel with these in the environment, beside the others in `dist`; return its path. NotBuilt."""
    with tempfile.TemporaryDirectory() as folder:
        copy_sources(Path(folder, "source"))
        arguments = ("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", f"{folder}/made")
        made = subprocess.run(
            (sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments, f"{folder}/source"),
            env={**os.environ, "LDSHARED": LINK, **settings}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode:
            raise NotBuilt(made.stderr)
        (wheel,) = Path(folder, "made").glob("*.whl")
        dist.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(wheel, dist / wheel.name))


def copy_sources(target: Path) -> None:
    """Copy what a wheel is made of, without anything compiled."""
    target.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        else:
            shutil.copy(ROOT / name, target / name)


if __name__ == "__main__":
    main()
