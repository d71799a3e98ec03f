"""The command as an editor types it, at a fixed time."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import define
from click.testing import CliRunner, Result

from blocklist.publish.cli import main
from blocklist.publish.cli.door import Door
from tests.blocklist.publish.support import NOW, PASSPHRASE

CODES = ("--criterion", "dns_cumulative", "--basis", "law", "--last-resort", "hosted_abroad")


@define
class Shell:
    """Runs verbs on the desk in `folder`; passphrases come from a file."""

    folder: Path
    terminal: bool = False
    now: datetime = NOW

    @property
    def desk(self) -> str:
        return str(self.folder / "desk")

    @property
    def out(self) -> str:
        return str(self.folder / "out")

    def run(self, *words: str, typed: str | bytes = "", code: int = 0) -> Result:
        """Run, and insist on the exit code."""
        secret = self.folder / "passphrase"
        secret.write_bytes(PASSPHRASE + b"\n")
        door = Door(now=lambda: self.now, is_terminal=lambda: self.terminal)
        environment = {"MAMORI_PASSPHRASE_FILE": str(secret)}
        result = CliRunner().invoke(main, words, input=typed, obj=door, env=environment)
        assert result.exit_code == code, result.output
        return result

    def json(self, *words: str, **how: Any) -> Any:
        """Run with `--json`."""
        return json.loads(self.run(*words, "--json", **how).stdout)

    def add(self, *names: str, editor: str = "alice", more: tuple[str, ...] = ("--approve",)) -> list[str]:
        """Add names; returns the ids."""
        typed = "".join(f"{name}\n" for name in names)
        found = self.json("add", self.desk, "--editor", editor, *CODES, *more, typed=typed)
        return [str(entry_id) for entry_id in found["added"]]
