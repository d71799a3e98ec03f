"""The wheels, and an installation without a C compiler; each in a virtual environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

import abi3info
import pytest
from abi3info.models import PyVersion, Symbol

from deploy.wheels import ROOT, build, has_compiler
from native import REQUIRE, SWITCH
from tests.support.tools import require, unmet

pytestmark = pytest.mark.xdist_group("wheels")  # built once
SITE = next(path for path in sys.path if path.endswith("site-packages"))
WHICH = "import native, resolver.core.forwarder; print(native.kind(), native.__file__)"
OLDEST = PyVersion(3, 11)
NO_COMPILER = {"CC": "/bin/false", "LDSHARED": "/bin/false"}


@pytest.fixture(scope="module")
def native_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not has_compiler():
        unmet("no C compiler")
    return build(tmp_path_factory.mktemp("dist"), {REQUIRE: "1"})


@pytest.fixture(scope="module")
def pure_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("dist"), {SWITCH: "off"})


def test_a_wheel_with_the_extension_serves_every_later_python(native_wheel: Path, tmp_path: Path) -> None:
    """Its name promises the stable ABI of 3.11; installed, the extension is what is used, and can be left aside."""
    assert "-cp311-abi3-linux_" in native_wheel.name
    python = installed(native_wheel, tmp_path)
    assert which(python, {REQUIRE: "1"}) == "native"
    assert which(python, {SWITCH: "off"}) == "pure"


def test_a_pure_wheel_is_for_any_machine(pure_wheel: Path, tmp_path: Path) -> None:
    """No extension in it, and all of the rest; where the extension is required, it says what is missing."""
    assert pure_wheel.name.endswith("-py3-none-any.whl")
    python = installed(pure_wheel, tmp_path)
    assert which(python, {}) == "pure"
    with pytest.raises(subprocess.CalledProcessError) as refused:
        which(python, {REQUIRE: "1"})
    assert "install a wheel with it" in refused.value.stderr


def test_without_a_working_compiler_it_installs_and_works(tmp_path: Path) -> None:
    """From the sources, with a compiler that fails at once; where the extension is required nothing is installed."""
    assert which(installed(build(tmp_path, NO_COMPILER), tmp_path), {}) == "pure"
    places = ("--build-lib", tmp_path, "--build-temp", tmp_path)
    required = subprocess.run(
        (sys.executable, "setup.py", "--quiet", "build_ext", *places),
        env={**os.environ, **NO_COMPILER, REQUIRE: "1"}, cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    assert required.returncode


def test_only_what_runs_is_in_a_wheel(native_wheel: Path, pure_wheel: Path) -> None:
    """One extension in the one, none in the other; no source in C, no byte code, nothing of tests."""
    native_names, pure_names = (zipfile.ZipFile(wheel).namelist() for wheel in (native_wheel, pure_wheel))
    assert [name for name in native_names if name.endswith(".so")] == ["native/_native.abi3.so"]
    assert set(native_names) - {"native/_native.abi3.so"} == set(pure_names)
    assert not [name for name in native_names if name.endswith((".c", ".h", ".pyc")) or name.startswith("tests")]


def test_the_extension_asks_for_nothing_but_the_stable_abi(native_wheel: Path, tmp_path: Path) -> None:
    """Each symbol of CPython it needs was in the limited API of the oldest version served, and stays there."""
    needed = symbols(extension(native_wheel, tmp_path), "--undefined-only")
    of_python = {name for name in needed if name.lstrip("_").startswith("Py")}
    assert "PyModuleDef_Init" in of_python
    assert not {name for name in of_python if not is_stable(name)}


def test_the_extension_is_hardened(native_wheel: Path, tmp_path: Path) -> None:
    """Addresses are bound before it runs and read-only then, no stack is executable, one symbol is shown to others."""
    path = extension(native_wheel, tmp_path)
    headers, dynamic = elf(path, "--program-headers"), elf(path, "--dynamic")
    assert "GNU_RELRO" in headers
    assert "BIND_NOW" in dynamic
    assert "RUNPATH" not in dynamic
    assert [line for line in headers.splitlines() if "GNU_STACK" in line and "RWE" not in line]
    assert symbols(path, "--defined-only") == {"PyInit__native"}


def installed(wheel: Path, folder: Path) -> Path:
    """Install a wheel into a fresh environment that borrows our libraries, not our sources; return its Python."""
    home = folder / "environment"
    venv.create(home)
    (own,) = home.glob("lib/python*/site-packages")
    (own / "libraries.pth").write_text(SITE + "\n")
    python = home / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check")
    options = ("--quiet", "--no-deps", "--no-index", "--no-compile", "--ignore-installed")
    subprocess.run((*pip, "install", *options, str(wheel)), check=True)
    return python


def which(python: Path, settings: Mapping[str, str]) -> str:
    """Ask an environment which twin is in use, and that it is its own."""
    asked = subprocess.run(
        (python, "-c", WHICH), env=dict(settings), cwd=python.parent, capture_output=True, text=True, check=True
    )
    kind, place = asked.stdout.split()
    assert place.startswith(str(python.parents[1]))
    return kind


def extension(wheel: Path, folder: Path) -> Path:
    return Path(zipfile.ZipFile(wheel).extract("native/_native.abi3.so", folder))


def symbols(path: Path, which_ones: str) -> set[str]:
    tool = require("nm")["nm"]
    listed = subprocess.run(
        (tool, "--dynamic", "--format=posix", which_ones, path), capture_output=True, text=True, check=True
    )
    return {line.split()[0].split("@")[0] for line in listed.stdout.splitlines()}


def elf(path: Path, part: str) -> str:
    tool = require("readelf")["readelf"]
    return subprocess.run((tool, "--wide", part, path), capture_output=True, text=True, check=True).stdout


def is_stable(name: str) -> bool:
    known = abi3info.FUNCTIONS.get(Symbol(name)) or abi3info.DATAS.get(Symbol(name))
    return known is not None and known.added <= OLDEST
