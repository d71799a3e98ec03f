"""The door of every child process: `python -m resolver.app.child {worker|updater|notice}`, its channel on descriptor 3.

The kind's module has `main(channel)`, which sets `channel.on_message` (and `on_closed` if it must do more than leave)
and returns; reading and the reactor start here. A child ends by the supervisor's word, or when the channel closes;
SIGINT and SIGTERM of a terminal or service manager are the supervisor's to handle.
"""

import importlib
import os
import signal
import sys

from twisted.internet import reactor

from resolver.edge import fault_log
from resolver.edge.channel import Channel
from resolver.edge.hardening import HardeningFault, harden_process
from resolver.edge.steady_time import use_steady_time

KINDS = {
    "worker": "resolver.edge.serving.worker",
    "updater": "resolver.edge.updating.updater",
    "notice": "resolver.edge.notice.server",
}
EXIT_ORPHANED = 0


def main() -> None:
    """Run one child to its end."""
    kind = sys.argv[1]
    fault_log.install(kind)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        harden_process()
    except HardeningFault as fault:  # whether that forbids running is the supervisor's to say: it went through the same
        fault_log.write(f"mamori {kind}: {fault}")
    use_steady_time(reactor)
    channel = Channel.inherited(reactor)
    channel.on_closed = _leave
    importlib.import_module(KINDS[kind]).main(channel)
    channel.startReading()
    reactor.run(installSignalHandlers=False)  # type: ignore[call-arg]  # IReactorCore does not tell of it


def _leave() -> None:
    """Without a supervisor there is nothing to finish; threads are not waited for."""
    os._exit(EXIT_ORPHANED)


if __name__ == "__main__":
    main()
