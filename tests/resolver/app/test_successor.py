"""The installed code in the place of the one that runs, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import os, signal, sys
sys.path.insert(0, {root!r})
from resolver.app.successor import ExecSuccessor
from resolver.edge.supervision.handover import VARIABLE
successor = ExecSuccessor()
if VARIABLE not in os.environ:
    successor.hold_signals()
    os.kill(os.getpid(), signal.SIGTERM)  # would end us now, and the new code before it has handlers
    print(os.getpid(), flush=True)
    successor.begin(42)
signal.signal(signal.SIGTERM, lambda *_: print("heard", flush=True))
print(os.getpid(), os.environ[VARIABLE], sys.argv[1:], flush=True)
successor.release_signals()
"""


def test_it_is_the_same_process_and_hears_signals_that_came_meanwhile(tmp_path: Path) -> None:
    """Same id, same arguments, the hand-over's descriptor named; SIGTERM waits for the new handler."""
    script = tmp_path / "program.py"
    script.write_text(SCRIPT.format(root=str(Path(__file__).parents[3])))
    done = subprocess.run(
        [sys.executable, str(script), "run", "--config", "x"], capture_output=True, text=True, timeout=60, check=True
    )
    first, second, heard = done.stdout.splitlines()
    assert second == f"{first} 42 ['run', '--config', 'x']"
    assert heard == "heard"


def test_this_process_holds_nothing() -> None:
    """The test above did not reach out of its own process."""
    assert signal.SIGTERM not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert "MAMORI_HANDOVER" not in os.environ
