"""The hash functions of native/core against other implementations."""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
import siphashc

import native

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler here")

NATIVE = Path(native.__file__).parent

LENGTHS = (*range(1, 258), 383, 384, 385, 1000)


class Keyed(ctypes.Structure):
    """`struct blake2b_keyed`."""

    _fields_ = (("chain", ctypes.c_uint64 * 8), ("wide", ctypes.c_bool))


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """These files alone, as a plain library: the extension shows nobody what is in it."""
    made = tmp_path_factory.mktemp("core") / "hashes.so"
    sources = [str(NATIVE / "core" / f"{name}.c") for name in ("siphash", "blake2b", "blake2b_wide")]
    words = ("cc", "-std=c11", "-O1", "-shared", "-fPIC", f"-I{NATIVE}", "-o", str(made))
    subprocess.run((*words, *sources), check=True)
    library = ctypes.CDLL(str(made))
    for name in ("siphash13", "siphash24"):
        function = getattr(library, name)
        function.restype, function.argtypes = ctypes.c_uint64, (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t)
    return library


def keyed(core: ctypes.CDLL, key: bytes) -> Keyed:
    state = Keyed()
    core.blake2b_key(ctypes.byref(state), key, ctypes.c_size_t(len(key)))
    return state


def test_siphash_2_4_is_that_of_siphashc(core: ctypes.CDLL) -> None:
    """For keys and messages of all lengths around the eight bytes of a word."""
    random = Random(1)
    for length in range(70):
        key, message = random.randbytes(16), random.randbytes(length)
        assert core.siphash24(key, message, length) == siphashc.siphash(key, message)


def test_siphash_1_3_is_that_of_python(core: ctypes.CDLL) -> None:
    """CPython hashes bytes with it, under a key of zeros when it is told so; the empty string it leaves out."""
    if sys.hash_info.algorithm != "siphash13" or sys.hash_info.cutoff:
        pytest.skip("this Python hashes otherwise")
    code = "for n in range(1, 40): print(hash(bytes(range(n))))"
    told = subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": "0"}, capture_output=True, check=True)
    expected = [int(line) % 2**64 for line in told.stdout.split()]
    assert [core.siphash13(bytes(16), bytes(range(n)), n) for n in range(1, 40)] == expected


@pytest.mark.parametrize("key_length", [1, 16, 32, 64])
def test_blake2b_is_that_of_hashlib(core: ctypes.CDLL, key_length: int) -> None:
    """For messages within a block, at its end and of several."""
    random, digest = Random(2), ctypes.create_string_buffer(16)
    key = random.randbytes(key_length)
    state = keyed(core, key)
    for length in LENGTHS:
        message = random.randbytes(length)
        core.blake2b_digest(ctypes.byref(state), message, ctypes.c_size_t(length), digest)
        assert digest.raw == hashlib.blake2b(message, key=key, digest_size=16).digest()


@pytest.mark.parametrize("wide", [False, None], ids=["one by one", "as this processor can"])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_several_blocks_at_once_are_each_hashed_as_alone(core: ctypes.CDLL, count: int, wide: bool | None) -> None:
    """Lanes that are not needed disturb none, and each has its own length."""
    random, digests = Random(3), ctypes.create_string_buffer(16 * count)
    key = random.randbytes(32)
    state = keyed(core, key)
    state.wide = state.wide if wide is None else wide
    for _ in range(50):
        messages = [random.randbytes(random.choice((1, 2, 64, 127, 128))) for _ in range(count)]
        blocks, lengths = b"".join(each.ljust(128, b"\0") for each in messages), bytes(map(len, messages))
        core.blake2b_digest_blocks(ctypes.byref(state), blocks, lengths, ctypes.c_size_t(count), digests)
        expected = [hashlib.blake2b(each, key=key, digest_size=16).digest() for each in messages]
        assert digests.raw == b"".join(expected)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc here")
def test_a_gcc_before_12_builds_it() -> None:
    """Those of RHEL 9 and Ubuntu 22.04 do not know clang's word for a shuffle, and would leave no extension at all."""
    unknown = ("-D__builtin_shufflevector=unknown_here", "-Werror=implicit-function-declaration")
    words = ("gcc", "-std=c11", "-fsyntax-only", *unknown, f"-I{NATIVE}", str(NATIVE / "core" / "blake2b_wide.c"))
    told = subprocess.run(words, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
