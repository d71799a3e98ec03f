"""A token in software: SoftHSM2 with a folder of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from attrs import frozen

from tests.support.tools import require, unmet

LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
PIN = b"a pin for tests"
CONFIGURATION = "SOFTHSM2_CONF"


@frozen
class SoftToken:
    """One token; its library reads `SOFTHSM2_CONF` when it is loaded, once in a process."""

    module: Path
    label: str
    configuration: Path

    @property
    def environment(self) -> dict[str, str]:
        """For a child that uses the token."""
        return {**os.environ, CONFIGURATION: str(self.configuration)}


def make_token(folder: Path, label: str = "mamori") -> SoftToken:
    """Make an empty token; skip the test where SoftHSM2 is missing."""
    tool = require("softhsm2-util")["softhsm2-util"]
    module = next((Path(path) for path in LIBRARIES if Path(path).exists()), None)
    if module is None:
        unmet("SoftHSM2's library is not where Debian puts it")
    assert module is not None
    (folder / "tokens").mkdir(parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    token = SoftToken(module, label, configuration)
    words = ["--init-token", "--free", "--label", label, "--so-pin", "so pin of tests", "--pin", PIN.decode()]
    subprocess.run([tool, *words], check=True, capture_output=True, env=token.environment)
    return token
