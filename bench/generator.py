"""The generator as a child: what it is told, and the line of JSON it tells."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from attrs import frozen

CORE = 1  # of the generator; the server has core 0
SERVER_CORE = 0
SHARED = 0.1  # share of the counted time in which others had the server's core: more than this is told
SATURATED = 0.97  # share of the counted time that the server's core must not have been idle
WINDOW, SEGMENTS = 512, 16


class LoadFault(Exception):
    """The generator could not do its work."""


@frozen
class Target:
    """A server under load: where, and whose processor time counts."""

    name: str
    address: str
    port: int
    pid: int
    is_echo: bool = False


@frozen
class Load:
    """What is asked. A `rate` of 0 is as fast as the window allows; `once` asks so many questions and ends."""

    questions: Path
    seconds: float = 1.0
    rate: float = 0.0
    clients: int = 1
    start: int = 0
    unique: int = 0
    once: int = 0
    window: int = WINDOW
    segments: int = SEGMENTS
    idle_us: int = 30


@frozen
class Measured:
    """What came back. `cpu_ns` is the server's processor time for one answer.

    `busy` is the share of time in which its core was not idle, `others` that in which other processes had it.
    """

    qps: float
    answered: int
    sent: int
    lost: int
    wrong: int
    cpu_ns: float
    cpu_share: float
    own_cpu_ns: float
    busy: float
    others: float
    next_unique: int
    p50_us: float
    p99_us: float
    p999_us: float
    most_us: float


def command(program: Path, target: Target, load: Load) -> list[str]:
    """The generator's command line, on its own core."""
    options = {
        "-a": target.address, "-p": target.port, "-f": load.questions, "-t": load.seconds, "-r": load.rate,
        "-c": load.clients, "-o": load.start, "-u": load.unique, "-n": load.once, "-w": load.window,
        "-g": load.segments, "-i": load.idle_us, "-P": target.pid, "-C": SERVER_CORE,
    }  # fmt: skip
    flags = ["-E"] if target.is_echo else []
    settle = ["-s", "0"] if load.once else []
    told = [text for option, value in options.items() for text in (option, str(value))]
    return ["taskset", "-c", str(CORE), str(program), *told, *settle, *flags]


def run(program: Path, target: Target, load: Load) -> Measured:
    """Ask; LoadFault where the generator fails."""
    done = subprocess.run(command(program, target, load), capture_output=True, text=True, check=False)
    if done.returncode:
        raise LoadFault(f"the generator failed at {target.name}: {done.stderr}")
    return parse(done.stdout)


def parse(line: str) -> Measured:
    """Read the generator's line; lost are also those it found no room for."""
    told = json.loads(line)
    wrong = sum(told[kind] for kind in ("wrong_question", "wrong_rcode", "wrong_answer"))
    same = ("qps", "answered", "sent", "cpu_ns", "cpu_share", "own_cpu_ns", "busy", "others", "next_unique")
    times = ("p50_us", "p99_us", "p999_us", "most_us")
    return Measured(lost=told["lost"] + told["unsent"], wrong=wrong, **{name: told[name] for name in same + times})
