"""What the two ISPs' customers see, and what their operators read."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from blocklist.trust.storage import subscriber_key
from drill.looking import asked
from drill.stage import Stage

NOTICE = "192.0.2.1"  # in the tutorial's resolver.yaml
MAMORI = str(Path(sys.executable).parent / "mamori")


class Isp:
    """One resolver of the drill, asked over UDP as a customer would."""

    def __init__(self, stage: Stage, letter: str) -> None:
        self.name, self._stage = letter, stage
        self._port = int(stage.ports[f"DNS_{letter.upper()}"])
        self._config = stage.folder / f"isp-{letter}.yaml"

    def address(self, name: str) -> str | None:
        """Return the first A record of an answer; None without an answer or without one."""
        return asked(self._port, name)

    def blocks(self, names: Iterable[str]) -> bool:
        """Return whether all of the names lead to the notice."""
        return all(self.address(name) == NOTICE for name in names)

    def passes(self, names: Iterable[str]) -> bool:
        """Return whether all of the names get an answer that is not the notice."""
        return all(self.address(name) not in (None, NOTICE) for name in names)

    def status(self) -> dict[str, Any]:
        """Return the list's part of `mamori status --json`."""
        command = [MAMORI, "status", "--json", "--config", str(self._config)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        found: dict[str, Any] = json.loads(done.stdout)["lists"][0]
        return found

    def private_key(self) -> bytes:
        """Return the key this ISP opens the list with."""
        return subscriber_key.load_or_create(self._stage.folder / f"state-{self.name}")
