"""`mamori subscriber-key`."""

from __future__ import annotations

import base64
from pathlib import Path

from blocklist.keyring import PUBLIC_BYTES, subscriber_id
from tests.resolver.cli.at_terminal import Terminal


def test_the_public_key_is_written_and_stays_the_same(terminal: Terminal, tmp_path: Path) -> None:
    """The first call makes the pair, later ones show it; the id to tell goes to stderr."""
    out = tmp_path / "subscriber.pub"
    result = terminal.with_config("subscriber-key", "--out", str(out))
    public = out.read_bytes()
    assert len(public) == PUBLIC_BYTES
    assert result.stderr == f"subscriber id {subscriber_id(public)}\n"
    assert base64.b64decode(terminal.with_config("subscriber-key").stdout) == public


def test_it_works_before_the_list_body_has_sent_anything(terminal: Terminal, tmp_path: Path) -> None:
    """The list body needs this key first, so root.json is not looked for."""
    (tmp_path / "root.json").unlink()
    assert terminal.with_config("subscriber-key").exit_code == 0


def test_a_place_that_cannot_be_written_is_told(terminal: Terminal, tmp_path: Path) -> None:
    """Which file and why."""
    result = terminal.with_config("subscriber-key", "--out", str(tmp_path / "none" / "x"))
    assert result.exit_code == 1
    assert "No such file or directory" in result.stderr
