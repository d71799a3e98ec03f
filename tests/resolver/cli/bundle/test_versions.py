"""What runs here."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version

from resolver.cli.bundle.versions import versions


def test_our_own_libraries_are_named_with_their_versions() -> None:
    """Those of pyproject.toml, without the tools of developers."""
    told = versions()
    assert told["mamori"] == version("mamori")
    assert told["libraries"]["Twisted"] == version("Twisted")
    assert "missing" not in told["libraries"].values()
    assert not {"pytest", "ruff", "python-pkcs11"} & set(told["libraries"])
    assert platform.python_version() in told["python"]


def test_the_machine_is_not_named() -> None:
    """A host's name may be a customer's, or lead to one."""
    told = versions()
    assert told.keys() == {"mamori", "python", "openssl", "libraries", "system"}
    assert told["system"].keys() == {"kernel", "machine", "libc", "distribution"}
    assert platform.version() not in json.dumps(told)  # may tell who built the kernel where
