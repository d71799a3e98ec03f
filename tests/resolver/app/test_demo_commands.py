"""The commands the demo prints."""

from __future__ import annotations

import shlex
from pathlib import Path

from resolver.app.demo_commands import as_text, commands
from resolver.app.demo_places import Places
from resolver.settings.addresses import Endpoint


def test_each_command_stands_below_what_it_shows() -> None:
    """A reader copies a line and knows what to expect; paths with spaces are quoted."""
    pairs = commands(Places(5301, 8081, 9154), Path("/tmp/a b/resolver.yaml"))
    lines = as_text(pairs).splitlines()
    assert lines[::2] == [f"  # {shows}" for _, shows in pairs]
    assert any("5301" in command and "blk.example" in command for command, _ in pairs)
    settings = [shlex.split(command)[-1] for command, _ in pairs if " status " in command]
    assert settings == ["/tmp/a b/resolver.yaml"]


def test_a_real_upstream_is_asked_for_no_demo_names() -> None:
    """Only what the resolver answers itself is printed then."""
    places = Places(5300, 8080, 9153, upstream=Endpoint("192.0.2.53", 53))
    text = as_text(commands(places, Path("/tmp/resolver.yaml")))
    assert "blk.example" in text
    assert "notblk.example" not in text
