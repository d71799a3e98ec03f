"""Search files and the memory of a process for names, in every form a program may hold them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

CHUNK = 1 << 24  # bytes read at a time


def forms(name: str) -> dict[str, bytes]:
    """Text, wire and UTF-16 form of a name."""
    wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return {"text": name.encode(), "wire": wire, "utf-16": name.encode("utf-16-le")}


def found_in_files(folder: Path, names: Iterable[str]) -> set[str]:
    """Names (with their form) that stand in any file under `folder`."""
    needles = _needles(names)
    hits: set[str] = set()
    for path in folder.rglob("*"):
        if path.is_file():
            hits |= _search(path.read_bytes(), needles)
    return hits


def found_in_process(pid: int, names: Iterable[str]) -> set[str]:
    """Names (with their form) that stand in the readable memory of a process; needs root."""
    needles = _needles(names)
    hits: set[str] = set()
    for chunk in read_memory(pid):
        hits |= _search(chunk, needles)
    return hits


def _needles(names: Iterable[str]) -> dict[bytes, dict[str, bytes]]:
    """By form: what the names' forms end with in common, and each by its label."""
    groups: dict[str, dict[str, bytes]] = {}
    for name in names:
        for form, needle in forms(name).items():
            groups.setdefault(form, {})[f"{name} ({form})"] = needle
    return {_common_end(group.values()): group for group in groups.values()}


def _common_end(needles: Iterable[bytes]) -> bytes:
    return os.path.commonprefix([needle[::-1] for needle in needles])[::-1]  # noqa: RUF071  # characters are meant


def _search(data: bytes, needles: dict[bytes, dict[str, bytes]]) -> set[str]:
    """One look for the common end spares hundreds where nothing is."""
    likely = [group for end, group in needles.items() if end in data]
    return {label for group in likely for label, needle in group.items() if needle in data}


def read_memory(pid: int) -> Iterator[bytes]:
    """The readable memory of a process in overlapping pieces; needs root."""
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            fields = line.split()
            if "r" not in fields[1] or fields[-1] in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
                continue
            start, end = (int(bound, 16) for bound in fields[0].split("-"))
            yield from _region(memory, start, end)


def _region(memory: object, start: int, end: int) -> Iterator[bytes]:
    for offset in range(start, end, CHUNK - 512):  # chunks overlap, so that no name is cut
        try:
            memory.seek(offset)  # type: ignore[attr-defined]
            yield memory.read(min(CHUNK, end - offset))  # type: ignore[attr-defined]
        except OSError:
            return  # a guard page or a region that went away
