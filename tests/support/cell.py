"""A cell for a program that is watched: a network and a file system of its own, of which nothing escapes notice.

The program's root is an overlay: whatever it writes, anywhere, lies in `written` or `beside`. All that it
sends goes over one wire, to a world of ours, or over its own loopback; both are heard. Its /dev/log is ours, and the
journal's sockets. Needs root, and leaves nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.support.tools import require, require_root, unmet

INSIDE = ("198.18.0.1", "2001:db8:1::1")  # the program's addresses; 198.18.0.0/15 is for tests (RFC 2544)
OUTSIDE = ("198.18.0.2", "2001:db8:1::2")  # the world's
STRANGER = "203.0.113.8"  # the name server that the C library knows: whoever asks it sends a packet over the wire
_CLONE_NEWNET = 0x40000000
_numbers = itertools.count()
_DEVICES = (
    ("null", 3),
    ("zero", 5),
    ("full", 7),
    ("random", 8),
    ("urandom", 9),
    ("kmsg", 11),
)  # minor numbers of major 1

_MOUNTS = """\
set -e
mount --make-rprivate /
mount -t tmpfs cell {work}
mkdir {work}/upper {work}/aside {work}/root {work}/beside {work}/beside/shm
mount -t overlay cell -o lowerdir=/,upperdir={work}/upper,workdir={work}/aside {work}/root
cd {work}/root
mount --rbind /proc proc
mount --rbind /sys sys
mount -t tmpfs cell dev
{devices}
ln -s /proc/self/fd dev/fd
ln -s {folder}/log dev/log
mkdir dev/shm dev/pts
mount --bind {work}/beside/shm dev/shm
{shared}
mkdir -p run/systemd/journal
ln -sf {folder}/log run/systemd/journal/socket
ln -sf {folder}/log run/systemd/journal/dev-log
rm -f etc/resolv.conf
echo nameserver {stranger} > etc/resolv.conf
echo ready
exec sleep 1000
"""
_CODE = """\
mkdir -p .{path} {work}/beside/code-{number} {work}/aside-{number}
mount -t overlay cell -o lowerdir={path},upperdir={work}/beside/code-{number},workdir={work}/aside-{number} .{path}"""


class Cell:
    """Use as a context. `clients` are addresses of the world, beside `OUTSIDE`. `folder` is seen from both sides."""

    def __init__(self, folder: Path, clients: tuple[str, ...] = ()) -> None:
        require_root()
        self._tools = require("ip", "nsenter", "unshare", "mount")
        self.folder = folder
        self._near, self._world = (f"{what}{os.getpid()}-{next(_numbers)}" for what in ("cell", "world"))
        self._clients = clients
        self._holder: subprocess.Popen[str] | None = None
        self._log: socket.socket | None = None

    def __enter__(self) -> Cell:
        try:
            self._join()
            self._hold()
            self._listen_to_log()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._holder is not None:
            self._holder.kill()
            self._holder.communicate()
        if self._log is not None:
            with contextlib.suppress(OSError):
                self._log.shutdown(socket.SHUT_RD)
            self._log.close()
        for name in (self._near, self._world):  # and with them the wire
            subprocess.run([self._tools["ip"], "netns", "del", name], capture_output=True, check=False)

    @property
    def written(self) -> Path:
        """What the program wrote outside of `folder`; a folder in which a file was made and removed stands here too."""
        return self._of_holder("upper")

    @property
    def beside(self) -> Path:
        """What it wrote to shared memory (/dev/shm), and beside the code that it runs."""
        return self._of_holder("beside")

    def command(self, *words: str) -> list[str]:
        """A command line that runs another one inside, in the root folder."""
        assert self._holder is not None
        root = f"/proc/{self._holder.pid}/root{self._work}/root"
        return [
            *(self._tools["nsenter"], f"--target={self._holder.pid}", "--mount", "--net"),
            *(f"--root={root}", f"--wd={root}", "--", *words),
        ]

    def inside(self) -> contextlib.AbstractContextManager[None]:
        """In this thread, new sockets (and those of threads begun here) are the program's neighbours on loopback."""
        return _network(self._near)

    def outside(self) -> contextlib.AbstractContextManager[None]:
        """In this thread, new sockets are the world's."""
        return _network(self._world)

    def syslog(self) -> bytes:
        """What came to /dev/log so far."""
        return bytes(self._heard)

    def _of_holder(self, name: str) -> Path:
        assert self._holder is not None
        return Path(f"/proc/{self._holder.pid}/root{self._work}/{name}")

    def _join(self) -> None:
        """Two networks with one wire; all the program sends to strangers goes over it."""
        for name in (self._near, self._world):
            self._ip("netns", "add", name)
            self._ip("-n", name, "link", "set", "lo", "up")
            with _network(name):  # addresses are ours alone: nobody waits until that is found out
                Path("/proc/sys/net/ipv6/conf/default/accept_dad").write_text("0")
        self._ip("-n", self._near, "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", self._world)
        for name, ours, theirs in ((self._near, INSIDE, OUTSIDE), (self._world, (*OUTSIDE, *self._clients), INSIDE)):
            for address in ours:
                flags = ["nodad"] if ":" in address else []
                self._ip("-n", name, "addr", "add", address + ("/64" if flags else "/15"), "dev", "wire", *flags)
            self._ip("-n", name, "link", "set", "wire", "up")
            for address in theirs:
                self._ip("-n", name, "-6" if ":" in address else "-4", "route", "add", "default", "via", address)

    def _hold(self) -> None:
        """A process that keeps the mounts."""
        self._work = self.folder / "cell"
        self._work.mkdir()
        code = sorted({str(Path(path).resolve()) for path in (Path(__file__).parents[2], sys.prefix)})
        shared = [f"mkdir -p .{self.folder}; mount --rbind {self.folder} .{self.folder}"]
        shared += [_CODE.format(work=self._work, number=number, path=path) for number, path in enumerate(code)]
        script = _MOUNTS.format(
            work=self._work,
            folder=self.folder,
            devices="\n".join(f"mknod -m 666 dev/{name} c 1 {minor}" for name, minor in _DEVICES),
            shared="\n".join(shared),
            stranger=STRANGER,
        )
        command = ["netns", "exec", self._near, self._tools["unshare"], "--mount", "sh", "-c", script]
        pipe = subprocess.PIPE
        self._holder = subprocess.Popen([self._tools["ip"], *command], stdout=pipe, stderr=pipe, text=True)
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != "ready\n":
            unmet(f"no mounts of one's own here: {self._holder.communicate()[1].strip()}")

    def _listen_to_log(self) -> None:
        self._heard = bytearray()
        log = self._log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        folder = os.open(self.folder, os.O_PATH)  # a socket's path must be short
        log.bind(f"/proc/self/fd/{folder}/log")
        os.close(folder)
        threading.Thread(target=self._hear_log, args=(log,), daemon=True).start()

    def _hear_log(self, log: socket.socket) -> None:
        """At once, or who writes would wait."""
        with contextlib.suppress(OSError):
            while data := log.recv(1 << 16):
                self._heard += data + b"\n"

    def _ip(self, *words: str) -> None:
        done = subprocess.run([self._tools["ip"], *words], capture_output=True, text=True, check=False)
        if done.returncode:
            unmet(f"no networks of one's own here: ip {' '.join(words)}: {done.stderr.strip()}")


@contextlib.contextmanager
def _network(name: str) -> Iterator[None]:
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(file: int) -> None:
        if libc.setns(file, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{name}", os.O_RDONLY)
    try:
        enter(there)
        yield
    finally:
        enter(before)
        os.close(before)
        os.close(there)
