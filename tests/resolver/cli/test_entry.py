"""The verbs of `mamori`."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

from resolver.cli import main
from tests.resolver.cli.at_terminal import Terminal
from tests.support.verbs import verbs_of


def test_help_names_every_verb_and_exit_code(terminal: Terminal) -> None:
    """What an operator needs to know is one `--help` away."""
    text = terminal.type("--help").stdout
    for verb in ("run", "demo", "check-config", "status", "exempt", "list", "subscriber-key", "ask", "version"):
        assert verb in text
    assert "3 no resolver answers" in text


def test_version(terminal: Terminal) -> None:
    """The installed version."""
    assert terminal.type("version").stdout == f"mamori {version('mamori')}\n"


def test_every_verb_is_found_under_its_own_name() -> None:
    """The table of verbs names what is there: a verb that moved would be missed only when somebody types it."""
    assert {name: verb.name for name, verb in verbs_of(main).items()} == {name: name for name in verbs_of(main)}


def test_a_verb_loads_no_others_libraries() -> None:
    """`status` is asked every minute: it does without what makes reports and keys."""
    script = "import sys; from resolver.cli import main; main.get_command(None, 'status'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert {"jinja2", "tuf.ngclient", "resolver.reporting"}.isdisjoint(done.stdout.split())
