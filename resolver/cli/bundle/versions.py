"""What runs here: our version, Python, the libraries, the system. Nothing that names the machine or its owner."""

import platform
import re
import ssl
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any, Final

_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")


def versions() -> dict[str, Any]:
    """Return it as JSON data."""
    return {
        "mamori": version("mamori"),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "openssl": ssl.OPENSSL_VERSION,
        "libraries": {name: _version(name) for name in _libraries()},
        "system": {
            "kernel": f"{platform.system()} {platform.release()}",
            "machine": platform.machine(),
            "libc": " ".join(platform.libc_ver()),
            "distribution": _distribution(),
        },
    }


def _libraries() -> list[str]:
    """The packages we name ourselves; tools of developers are left out."""
    needed = (_NAME.match(line) for line in requires("mamori") or () if "extra ==" not in line)
    return sorted({found[0] for found in needed if found}, key=str.lower)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return "unknown"
