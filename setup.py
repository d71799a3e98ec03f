"""The optional C extension; all else stands in pyproject.toml. MAMORI_NATIVE=off builds without it."""

import os
import platform
from pathlib import Path

from setuptools import Extension, setup

REQUIRED = os.environ.get("MAMORI_REQUIRE_NATIVE") == "1"
LEFT_OUT = os.environ.get("MAMORI_NATIVE") == "off"
HARDENED = ("-fstack-protector-strong", "-fstack-clash-protection", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2") + (
    ("-fcf-protection",) if platform.machine() == "x86_64" else ()
)
"""What makes a bug in C harder to use, should all the tests have missed it. Nothing a later processor is needed for."""

EXTENSION = Extension(
    "native._native",
    sources=sorted(map(str, Path("native").glob("*/*.c"))),
    depends=sorted(map(str, Path("native").glob("*/*.h"))),
    include_dirs=["native"],
    define_macros=[("Py_LIMITED_API", "0x030B0000"), ("_GNU_SOURCE", None)],
    extra_compile_args=["-std=c11", "-O2", "-Wall", "-Wextra", "-fvisibility=hidden", *HARDENED],
    extra_link_args=["-Wl,-z,relro,-z,now"],
    py_limited_api=True,
    optional=not REQUIRED,  # without a compiler the pure twins do the work
)

setup(
    ext_modules=[] if LEFT_OUT else [EXTENSION],
    options={} if LEFT_OUT else {"bdist_wheel": {"py_limited_api": "cp311"}},
)
