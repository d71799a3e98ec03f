"""Looking several names up at once: each is found as the pure table finds it alone."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import native
from blocklist.attributes import DAY_SECONDS
from blocklist.compiling import DESCRIPTOR, HEADER
from blocklist.token_table import PureTokenTable
from tests.blocklist.test_token_table import BASE_DAY, NAMES, indexes, table
from tests.native.paths import NEEDS_NATIVE

pytestmark = NEEDS_NATIVE
FOLDER = Path(native.__file__).parent
TABLE_ROOM, MOST = 256, 16


class Lookup(ctypes.Structure):
    """`struct lookup`."""

    _fields_ = (
        ("table", ctypes.c_void_p),
        ("wire", ctypes.c_char_p),
        ("length", ctypes.c_size_t),
        ("found", ctypes.c_int64),
        ("state", ctypes.c_uint8 * 8),
    )


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """These files alone, as a plain library."""
    made = tmp_path_factory.mktemp("core") / "lookups.so"
    sources = [str(FOLDER / "core" / f"{name}.c") for name in ("lookups", "token_table", "blake2b", "blake2b_wide")]
    words = ("cc", "-std=c11", "-O1", "-shared", "-fPIC", f"-I{FOLDER}", "-o", str(made))
    subprocess.run((*words, *sources), check=True)
    library = ctypes.CDLL(str(made))
    library.token_table_open.restype = ctypes.c_char_p
    return library


def opened(core: ctypes.CDLL, index: bytes) -> ctypes.Array[ctypes.c_char]:
    """The only list of an index, which must outlive it."""
    start, _, key, base_day, fresh, entries, exemptions = DESCRIPTOR.unpack_from(index, HEADER.size)
    made = ctypes.create_string_buffer(TABLE_ROOM)
    numbers = (ctypes.c_int32(base_day), *map(ctypes.c_uint32, (fresh, entries, exemptions)))
    where = (index, ctypes.c_size_t(len(index)), ctypes.c_uint64(start))
    assert core.token_table_open(ctypes.byref(made), *where, key, *numbers) is None
    return made


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(indexes(), indexes(), st.lists(st.tuples(st.booleans(), NAMES), max_size=MOST - 2), st.integers(0, 4))
def test_each_of_many_is_found_as_alone(
    core: ctypes.CDLL, one: tuple[bytes, bytes], two: tuple[bytes, bytes], asked: list[tuple[bool, bytes]], day: int
) -> None:
    """Names of any length and depth, listed or not, in two lists in any order, around the day an entry ends."""
    asked += [(True, one[1]), (False, two[1])]
    in_c = [opened(core, index) for index, _ in (two, one)]
    pure = [table(PureTokenTable, index) for index, _ in (two, one)]
    trusted = float((BASE_DAY + day) * DAY_SECONDS)
    lookups = (Lookup * len(asked))(*(Lookup(ctypes.addressof(in_c[first]), wire, len(wire)) for first, wire in asked))
    core.lookups_find(lookups, ctypes.c_size_t(len(asked)), ctypes.c_double(trusted))
    assert [each.found for each in lookups] == [pure[first].find(wire, trusted) for first, wire in asked]
