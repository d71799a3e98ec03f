"""A verb typed as an operator types it, and what others on the machine could see of it meanwhile.

Python tells of each file it opens for writing, each program it starts and each variable it sets before that happens
(audit hooks, PEP 578); the kernel shows command line and environment in /proc.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

from attrs import frozen

TOLD = (
    "tempfile.",
    "subprocess.",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.putenv",
    "os.rename",
    "os.link",
    "os.symlink",
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
HOOK = f"""
import os, runpy, sys
def hook(event, args):
    opens = event == "open" and isinstance(args[2], int) and args[2] & {WRITING}
    if opens or event.startswith({TOLD!r}):
        os.write(FD, (event + " " + repr(args) + "\\n").encode(errors="replace"))
sys.addaudithook(hook)
"""


@frozen
class Seen:
    """What a verb left to be seen: `proc` is its command line and environment, `told` what Python announced."""

    code: int
    stdout: str
    stderr: str
    proc: bytes
    told: str

    def written(self) -> list[str]:
        """The files it opened for writing, by their paths."""
        opens = (line.removeprefix("open ") for line in self.told.splitlines() if line.startswith("open "))
        paths = (ast.literal_eval(args)[0] for args in opens)
        return [path for path in paths if isinstance(path, str)]  # a number: what is open already


def typed(module: str, words: list[str], stdin: str, folder: Path, **environment: str) -> Seen:
    """Run `module`'s `main` with these words, and look at it while it works; temporary files would be in `folder`."""
    log = folder / "told"
    fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    code = f"FD = {fd}\n{HOOK}\nsys.argv[1:] = {words!r}\nfrom {module} import main\nmain()"
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"TMPDIR": str(folder / "tmp"), "HOME": str(folder)} | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=[fd],
        text=True,
    )
    assert child.stdin is not None
    child.stdin.write(stdin)
    child.stdin.close()
    child.stdin = None
    proc = b""
    while child.poll() is None:
        proc += _shown(child.pid)
        time.sleep(0.02)
    stdout, stderr = child.communicate()
    os.close(fd)
    told = log.read_text()
    log.unlink()
    return Seen(child.returncode, stdout, stderr, proc, told)


def _shown(pid: int) -> bytes:
    """What `ps` could show of a process and of those it started."""
    try:
        folders = [Path(f"/proc/{pid}")]
        folders += [Path(f"/proc/{each}") for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return b"".join((each / name).read_bytes() for each in folders for name in ("cmdline", "environ"))
    except OSError:
        return b""  # it ended, or may not be read without root
