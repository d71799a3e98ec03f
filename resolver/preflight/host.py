"""The machine as the checks see it; tests bring another one."""

import ctypes
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from resolver.edge.hardening import harden_process

COMMAND_SECONDS: Final = 10.0  # for a program that lists rules
PROBE_SECONDS: Final = 1.0  # "refused at once" takes less, on any network of one machine
_STA_UNSYNC, _TIME_ERROR = 0x0040, 5  # linux/timex.h
_TIMEX_BYTES, _STATUS_AT = 256, 40  # struct timex with 64-bit longs: status lies behind mode and four longs
_PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin"


def clock_is_synchronised() -> bool:
    """Whether the kernel's clock is disciplined (adjtimex(2), nothing is set)."""
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    answer = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    (status,) = struct.unpack_from("i", buffer, _STATUS_AT)
    return 0 <= answer < _TIME_ERROR and not status & _STA_UNSYNC


def run_command(command: Sequence[str]) -> str | None:
    """What a program of the system prints; None where it is missing, may not, or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603  a fixed program of the system, by a fixed path
            list(command),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=COMMAND_SECONDS,
            env={"PATH": _PATH, "LC_ALL": "C"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


@frozen
class Host:
    """Where its files are, and how it is asked. `forbid_dumps` raises HardeningFault where the kernel refuses."""

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    etc: Path = Path("/etc")
    lib: Path = Path("/usr/lib")
    forbid_dumps: Callable[[], None] = harden_process
    synchronised: Callable[[], bool] = clock_is_synchronised
    run: Callable[[Sequence[str]], str | None] = run_command
    now: Callable[[], float] = time.time
    name: str = socket.gethostname()
    stranger: str = "127.83.83.83"
    """Address on loopback that questions come from as from nobody's customer."""
    tcp_ports: tuple[int, ...] = (443, 25)
    udp_ports: tuple[int, ...] = (443,)
    """Ports of the notice address that are tried whatever listens."""

    def text(self, path: Path) -> str:
        """A small file's text; empty where there is none to read."""
        try:
            return path.read_text(errors="replace").strip()
        except OSError:
            return ""

    def processes(self) -> Iterator[tuple[str, list[str]]]:
        """Name and arguments of each program that runs, as far as we may see it."""
        for folder in self.proc.iterdir():
            if folder.name.isdecimal():
                words = self.text(folder / "cmdline").split("\0")
                yield self.text(folder / "comm"), [each for each in words if each]

    def unit_settings(self, unit: str = "mamori.service") -> dict[str, str]:
        """What systemd is told of our unit by files of this machine; a later file wins (systemd.unit(5))."""
        ours, packaged = self.etc / "systemd/system", self.lib / "systemd/system"
        main = next((each / unit for each in (ours, packaged) if (each / unit).exists()), ours / unit)
        more = [file for each in (packaged, ours) for file in sorted((each / f"{unit}.d").glob("*.conf"))]
        return _pairs(self.text(each) for each in (main, *more))

    def manager_settings(self) -> dict[str, str]:
        """What systemd is told in general."""
        folder = self.etc / "systemd"
        return _pairs(
            self.text(each) for each in [folder / "system.conf", *sorted(folder.glob("system.conf.d/*.conf"))]
        )


def _pairs(texts: Iterator[str]) -> dict[str, str]:
    lines = (line.partition("=") for text in texts for line in text.splitlines() if not line.startswith(("#", ";")))
    return {key.strip(): value.strip() for key, equals, value in lines if equals}
