"""The door of every child, as a real process with the test as its supervisor."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from resolver.edge.channel import CHILD_FD, channel_pair

pytestmark = pytest.mark.daemon


@contextmanager
def child(kind: str) -> Iterator[tuple[subprocess.Popen[bytes], object]]:
    ours, theirs = channel_pair()
    script = f"import os; os.dup2({theirs.fileno()}, {CHILD_FD}); os.execv({sys.executable!r}, {_command(kind)!r})"
    process = subprocess.Popen(
        [sys.executable, "-c", script], pass_fds=[theirs.fileno()], stderr=subprocess.PIPE, cwd="/"
    )
    theirs.close()
    ours.setblocking(True)
    ours.settimeout(60)
    try:
        yield process, ours
    finally:
        ours.close()
        process.communicate(timeout=60)


def _command(kind: str) -> list[str]:
    return [sys.executable, "-I", "-m", "resolver.app.child", kind]


def _send(line: object, **message: object) -> None:
    line.send(json.dumps(message).encode())  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["worker", "updater", "notice"])
def test_child_stops_when_told(kind: str) -> None:
    """`stop` ends it with code 0 and without a word."""
    with child(kind) as (process, line):
        _send(line, type="stop")
        _out, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, b"")


def test_child_never_outlives_its_supervisor() -> None:
    """A closed channel ends it at once; the signals of a terminal do not."""
    with child("worker") as (process, line):
        _send(line, type="strange")
        _wait_until_ignoring(process)
        for number in (signal.SIGINT, signal.SIGTERM):
            process.send_signal(number)
        line.close()  # type: ignore[attr-defined]
        assert process.wait(60) == 0


def _wait_until_ignoring(process: subprocess.Popen[bytes]) -> None:
    """Until the child's own signal rules are in place."""
    wanted = 1 << (signal.SIGTERM - 1)
    status = Path(f"/proc/{process.pid}/status")
    while not int(_field(status.read_text(), "SigIgn"), 16) & wanted:
        assert process.poll() is None


def _field(status: str, name: str) -> str:
    return next(line.split()[1] for line in status.splitlines() if line.startswith(name + ":"))
