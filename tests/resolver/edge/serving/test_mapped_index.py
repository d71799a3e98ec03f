"""The index as a worker takes it up."""

from __future__ import annotations

import fcntl
import mmap
import os
from datetime import date
from pathlib import Path

import pytest

from blocklist.attributes import Attributes
from blocklist.compiling import ListImage, compile_index
from blocklist.matchfile import build
from blocklist.names import to_wire
from blocklist.tokens import domain_token
from resolver.core.newcomers import Newcomers
from resolver.edge.sealed_memory import READ_ONLY, fixed_memory, sealed_memory
from resolver.edge.serving.mapped_index import IndexRefused, map_index, map_newcomers
from tests.support.descriptors import descriptors

KEY = bytes(32)


def compiled(*, fresh: bool = False, others: int = 0) -> bytes:
    """An index that lists blk.example, maybe for the first time, and so many others."""
    attributes = Attributes(expiry_days=100, basis=0, all_types=False, test=False)
    token = domain_token(KEY, to_wire("blk.example"))
    tokens = [token, *(domain_token(KEY, to_wire(f"n{number}.example")) for number in range(others))]
    records = build([(each, attributes) for each in tokens])
    image = ListImage("demo", KEY, date(2030, 1, 1), records, frozenset(), token if fresh else b"")
    return compile_index([image], clock_offset=0.0)


def mappings() -> int:
    return Path("/proc/self/maps").read_text().count("mamori-index")


def memory(data: bytes, seals: int) -> int:
    fd = os.memfd_create("mamori-index", os.MFD_ALLOW_SEALING)
    os.write(fd, data)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd


def test_a_sealed_index_is_mapped_and_asked() -> None:
    """What the updater compiled is what the worker finds."""
    index = map_index(sealed_memory(compiled()))
    assert index.match(to_wire("www.blk.example"), 0.0) is not None
    assert index.match(to_wire("other.example"), 0.0) is None


def test_no_question_is_the_first_to_touch_a_page() -> None:
    """All of it is there when it is put in force: else this process' memory would grow by a few listed questions."""
    size = len(data := compiled(others=20_000))
    index = map_index(sealed_memory(data))
    mapping = Path("/proc/self/smaps").read_text().partition("mamori-index")[2]
    resident = next(line.split()[1] for line in mapping.splitlines() if line.startswith("Rss:"))
    assert index.match(to_wire("blk.example"), 0.0) is not None
    assert int(resident) * 1024 >= size


@pytest.mark.parametrize("missing", [fcntl.F_SEAL_WRITE, fcntl.F_SEAL_SHRINK, fcntl.F_SEAL_GROW])
def test_memory_without_one_of_the_seals_is_refused(missing: int) -> None:
    """Whoever can still cut or change it could crash or deceive every worker."""
    before = descriptors()
    with pytest.raises(IndexRefused, match="unsealed"):
        map_index(memory(compiled(), READ_ONLY & ~missing))
    assert descriptors() <= before


def test_a_plain_file_is_refused(tmp_path: Path) -> None:
    """Only anonymous memory can be sealed."""
    path = tmp_path / "index"
    path.write_bytes(compiled())
    with pytest.raises(IndexRefused, match="unsealed"):
        map_index(os.open(path, os.O_RDONLY))


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "unmappable"), (b"no index", "damaged"), (compiled()[:-9], "damaged")]
)
def test_memory_that_holds_no_index_is_refused(data: bytes, code: str) -> None:
    """Sealed or not, it must be an index, whole."""
    before, mapped = descriptors(), mappings()
    with pytest.raises(IndexRefused, match=code):
        map_index(sealed_memory(data))
    assert descriptors() <= before
    assert mappings() == mapped


def test_an_index_that_is_replaced_is_unmapped() -> None:
    """Ten lists later one mapping is left."""
    before, mapped = descriptors(), mappings()
    index = map_index(sealed_memory(compiled()))
    for _ in range(10):
        index = map_index(sealed_memory(compiled()))
    assert len(descriptors() - before) <= 1
    assert mappings() == mapped + 1
    assert index.lists[0].entries == 1
    del index
    assert descriptors() <= before
    assert mappings() == mapped


def test_memory_for_marks_is_shared_with_whoever_made_it() -> None:
    """A mark of the worker is seen by the supervisor, and the descriptor is closed."""
    index = map_index(sealed_memory(compiled(fresh=True)))
    match = index.match(to_wire("blk.example"), 0.0)
    assert match is not None and match.fresh == 0
    fd, before = fixed_memory(Newcomers.size((1,), 1)), descriptors()
    memory = mmap.mmap(fd, 0)
    map_newcomers(fd, index).marker(0)(match)
    assert memory[0] == 1
    assert len(descriptors() - before) <= 1  # of our own mapping


def test_memory_that_does_not_fit_the_index_is_refused() -> None:
    """Too short for its fresh entries, or nothing that can be mapped."""
    index = map_index(sealed_memory(compiled(fresh=True)))
    before = descriptors()
    for fd in (fixed_memory(4), fixed_memory(0)):
        with pytest.raises(IndexRefused, match="newcomers"):
            map_newcomers(fd, index)
    assert descriptors() <= before
