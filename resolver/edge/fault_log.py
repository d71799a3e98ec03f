"""What our processes say about an unexpected error: type, place in the source, nothing else.

A message or a traceback could carry packet bytes, names or addresses (secrecy of communications), so none is ever
written; the same goes for everything Twisted and the libraries would log.
"""

import logging
import sys
import threading
import warnings
from pathlib import Path
from types import TracebackType

from twisted.logger import ILogObserver, LogEvent, globalLogBeginner
from twisted.python.failure import Failure
from zope.interface import implementer

_ROOT = Path(__file__).resolve().parents[2]


def install(process: str) -> None:
    """Send every uncaught or logged error of this process to stderr in the short form; silence all other logging."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")

    def report(kind: type[BaseException], trace: TracebackType | None) -> None:
        write(f"mamori {process}: fault {kind.__name__} at {location(trace)}")

    @implementer(ILogObserver)
    def observe(event: LogEvent) -> None:
        failure = event.get("log_failure") or event.get("failure")  # the latter by Twisted's older log: its reactors'
        if isinstance(failure, Failure):
            write(f"mamori {process}: fault {describe_failure(failure)}")

    sys.excepthook = lambda kind, _error, trace: report(kind, trace)
    threading.excepthook = lambda args: report(args.exc_type, args.exc_traceback)
    sys.unraisablehook = lambda args: report(args.exc_type, args.exc_traceback)
    globalLogBeginner.beginLoggingTo([observe], redirectStandardIO=False, discardBuffer=True)


def write(line: str) -> None:
    """One line to stderr; a reader that is gone is no reason to stop answering."""
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except OSError:
        return


def describe(error: BaseException) -> str:
    """`Type at file:line` of an exception, for reports."""
    return f"{type(error).__name__} at {location(error.__traceback__)}"


def describe_failure(failure: Failure) -> str:
    """`Type at file:line` of a Twisted failure."""
    kind = failure.type.__name__ if failure.type is not None else "Exception"
    return f"{kind} at {location(failure.getTracebackObject())}"


def location(trace: TracebackType | None) -> str:
    """The innermost place in our own source, or the innermost of all; `-` when there is none."""
    place, own = "-", False
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if _is_ours(file) or not own:
            place, own = f"{_short(file)}:{trace.tb_lineno}", own or _is_ours(file)
        trace = trace.tb_next
    return place


def _is_ours(file: str) -> bool:
    return any(Path(file).is_relative_to(_ROOT / package) for package in ("resolver", "blocklist", "native"))


def _short(file: str) -> str:
    """From our own folder on, or the bare file name of somebody else's."""
    return str(Path(file).relative_to(_ROOT)) if _is_ours(file) else Path(file).name
