"""The verbs of `mamori`."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

from tests.resolver.cli.at_terminal import Terminal


def test_help_names_every_verb_and_exit_code(terminal: Terminal) -> None:
    """What an operator needs to know is one `--help` away."""
    text = terminal.type("--help").stdout
    for verb in ("run", "demo", "check-config", "status", "exempt", "list", "subscriber-key", "ask", "version"):
        assert verb in text
    assert "3 no resolver answers" in text


def test_version(terminal: Terminal) -> None:
    """The installed version."""
    assert terminal.type("version").stdout == f"mamori {version('mamori')}\n"


def test_a_verb_loads_no_others_libraries() -> None:
    """`status` is asked every minute: it does without what makes reports and keys."""
    script = "import sys; from resolver.cli import main; main.get_command(None, 'status'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert {"jinja2", "tuf.ngclient", "resolver.reporting"}.isdisjoint(done.stdout.split())
