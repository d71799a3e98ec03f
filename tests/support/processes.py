"""Child processes of a test: started, waited for, and ended by their own id."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path


class Child:
    """One process with its output in a file, so that a full pipe never stops it."""

    def __init__(self, command: list[str], output: Path, **options: object) -> None:
        self.output = output
        self._sink = output.open("wb")
        self.process = subprocess.Popen(command, stdout=self._sink, stderr=subprocess.STDOUT, **options)  # type: ignore[call-overload]

    @property
    def pid(self) -> int:
        return int(self.process.pid)

    def text(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_for(self, ready: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
        """Wait until `ready()`; when it ends or the time is over, end it and fail with its output."""
        deadline = time.monotonic() + seconds
        while not ready():
            ended = self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                code = self.stop()
                why = f"ended with {code}" if ended else f"not within {seconds} s"
                raise AssertionError(f"{what}: {why}:\n{self.text()[-4000:]}")
            time.sleep(0.05)

    def stop(self, seconds: float = 15.0) -> int:
        """Ask it to end, then make it; return its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._sink.close()
        return int(self.process.returncode)
