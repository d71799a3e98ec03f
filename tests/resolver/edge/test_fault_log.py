"""What is said about errors: type and place, never the message."""

from __future__ import annotations

import subprocess
import sys

from twisted.python.failure import Failure

from resolver.edge.fault_log import describe, describe_failure, location
from resolver.edge.supervision.sockets import ListenFault, check_free
from resolver.settings.addresses import Endpoint, Place

_SCRIPT = """
import logging, sys, threading
from twisted.internet import defer
from twisted.logger import Logger
from twisted.python import log
from resolver.edge import fault_log
fault_log.install("worker")
logging.getLogger("x").error("secret.example")
Logger().error("secret.example")
try:
    raise KeyError("secret.example")
except KeyError:
    Logger().failure("secret.example")
try:
    raise OSError("secret.example")
except OSError:
    log.err()
thread = threading.Thread(target=lambda: {}["secret.example"])
thread.start(); thread.join()
class Unraisable:
    def __del__(self): raise ValueError("secret.example")
Unraisable()
raise RuntimeError("secret.example")
"""


def test_no_message_ever_leaves_the_process() -> None:
    """Logged the newer and older way, in a thread, unraisable and fatal: told by type and place, its text nowhere."""
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, timeout=60, check=False)
    said = done.stderr.splitlines()
    assert "secret" not in done.stdout + done.stderr
    assert [line.split()[3] for line in said] == ["KeyError", "OSError", "KeyError", "ValueError", "RuntimeError"]
    assert all(line.startswith("mamori worker: fault ") for line in said)


def _fault() -> ListenFault:
    try:
        check_free([Place("udp", Endpoint("192.0.2.77", 9))])
    except ListenFault as fault:
        return fault
    raise AssertionError


def test_place_is_the_innermost_of_our_own_source() -> None:
    """The path is relative to the product and carries no user's folder."""
    fault = _fault()
    assert describe(fault).startswith("ListenFault at resolver/edge/supervision/sockets.py:")
    assert describe_failure(Failure(fault)).startswith("ListenFault at resolver/edge/supervision/sockets.py:")


def test_foreign_source_is_named_by_its_file_only() -> None:
    """An error outside our source shows a bare file name, and no traceback shows a dash."""
    try:
        int("x")
    except ValueError as error:
        assert location(error.__traceback__).startswith("test_fault_log.py:")
    assert location(None) == "-"
