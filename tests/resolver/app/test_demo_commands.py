"""The commands the demo prints."""

from __future__ import annotations

import shlex
from pathlib import Path

from resolver.app.demo_commands import as_text, commands
from resolver.app.demo_places import Places


def test_each_command_stands_below_what_it_shows() -> None:
    """A reader copies a line and knows what to expect; paths with spaces are quoted."""
    pairs = commands(Places(5301, 8081, 9154), Path("/tmp/a b/resolver.yaml"))
    lines = as_text(pairs).splitlines()
    assert lines[::2] == [f"  # {shows}" for _, shows in pairs]
    assert any("5301" in command and "blk.example" in command for command, _ in pairs)
    settings = [shlex.split(command)[-1] for command, _ in pairs if " status " in command]
    assert settings == ["/tmp/a b/resolver.yaml"]
