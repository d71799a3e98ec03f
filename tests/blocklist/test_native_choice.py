"""Which twin of the C a command uses, settled before anything else of it is loaded."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from native import REQUIRE, SWITCH
from resolver.cli.faults import Exit

COMMANDS = ("resolver.cli", "blocklist.publish.cli")


def _started(command: str, first: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    script = f"{first}\nfrom {command} import main; main()"
    usual = {name: value for name, value in os.environ.items() if name not in (REQUIRE, SWITCH)}
    words = (sys.executable, "-c", script, "--help")
    return subprocess.run(words, env=usual | environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_words_of_the_environment_that_contradict_are_a_fault_of_the_settings(command: str) -> None:
    """No traceback, and an exit code after which systemd does not try again every two seconds."""
    done = _started(command, **{REQUIRE: "1", SWITCH: "off"})
    assert (done.returncode, done.stdout) == (Exit.SETTINGS, "")
    words = f"{REQUIRE}=1 and {SWITCH}=off in the environment contradict each other: unset one of them"
    assert done.stderr == f"Error: {words}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_required_extension_that_is_not_there_is_one_too(command: str) -> None:
    """What is missing and what to install, in one line."""
    missing = "import sys; sys.modules['native._native'] = None"
    done = _started(command, missing, **{REQUIRE: "1"})
    assert (done.returncode, done.stdout) == (Exit.SETTINGS, "")
    assert done.stderr.startswith(f"Error: {REQUIRE}=1, but the C extension cannot be loaded")
    assert "install" in done.stderr and done.stderr.count("\n") == 1
