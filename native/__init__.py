"""The optional C extension, or its absence: chosen here and nowhere else.

Whoever has a twin of something in C asks for `MODULE` once, when it is imported. Two settings of the environment:
`MAMORI_REQUIRE_NATIVE=1` makes a missing extension an error, `MAMORI_NATIVE=off` leaves it aside.
"""

import importlib
import os
from types import ModuleType
from typing import Final

REQUIRE: Final = "MAMORI_REQUIRE_NATIVE"
SWITCH: Final = "MAMORI_NATIVE"


class NativeMissing(ImportError):
    """The extension was required and is not there; the message says what to do."""


def choose(environment: dict[str, str], name: str = "native._native") -> ModuleType | None:
    """Return the extension, None for the pure twins. NativeMissing; ValueError for settings that contradict."""
    required, off = environment.get(REQUIRE) == "1", environment.get(SWITCH) == "off"
    if required and off:
        raise ValueError(f"{REQUIRE}=1 and {SWITCH}=off in the environment contradict each other: unset one of them")
    if off:
        return None
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if required:
            raise NativeMissing(
                f"{REQUIRE}=1, but the C extension cannot be loaded ({error}): "
                "install a wheel with it, or a C compiler and the headers of Python, then install mamori again"
            ) from None
        return None


MODULE: Final = choose(dict(os.environ))


def kind() -> str:
    """Say which twin is in use: native or pure."""
    return "pure" if MODULE is None else "native"
