"""`mamori demo`: a list body, an upstream and the resolver on this machine, in the foreground, until Ctrl-C.

The resolver is a child process started as anybody would start it, from a settings file; no list name is in it. This
process is the list body: it made the keys and the list, serves them and re-signs the timestamp. All files are in a
temporary folder of this user alone, removed at the end.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from blocklist.trust.local.exemptions import EXEMPTIONS_NAME, Exemptions
from blocklist.trust.storage.host_key import load_or_create
from blocklist.trust.storage.subscriber_key import public_key
from resolver.app.demo_commands import as_text, commands
from resolver.app.demo_list import STAMP_SECONDS, publish
from resolver.app.demo_places import V4, DemoFault, Places, places_from, require_free
from resolver.app.demo_process import DemoProcess, say
from resolver.app.demo_settings import write_settings
from resolver.app.signals import on_stop_signal
from resolver.edge.fault_log import describe_failure
from resolver.settings.addresses import Endpoint

EXEMPT = "ex.blk.example"
EXEMPT_SECONDS = 7 * 86_400
EXIT_CANNOT_START = 1


def run_demo() -> int:
    """Run the demo to its end; the exit code is the resolver's, 1 if the demo cannot start."""
    from twisted.internet import reactor

    try:
        places = places_from(os.environ)
        require_free(places)
    except DemoFault as fault:
        sys.stderr.write(f"the demo cannot start: {fault}\n")
        return EXIT_CANNOT_START
    with tempfile.TemporaryDirectory(prefix="mamori-demo-") as folder:  # mode 0700
        return Demo(reactor, places, Path(folder)).run()


class Demo:
    """All parts of it, in the order they need each other."""

    def __init__(self, reactor: Any, places: Places, folder: Path) -> None:
        self._reactor = reactor
        self._places = places
        self._folder = folder
        self._children: list[DemoProcess] = []
        self._code = 0
        self._ending = False

    def run(self) -> int:
        """Start all, and return when the resolver has ended or somebody stopped the demo."""
        self._reactor.callWhenRunning(self._begin)
        self._reactor.callWhenRunning(on_stop_signal, self._reactor, self._end)
        self._reactor.addSystemEventTrigger("before", "shutdown", self._stop)
        self._reactor.run()
        return self._code

    def _begin(self) -> None:
        ensureDeferred(self._demonstrate()).addErrback(self._failed).addBoth(lambda _: self._end())

    async def _demonstrate(self) -> None:
        upstream = self._places.upstream or await self._own_upstream()
        settings = self._publish_and_configure(upstream)
        resolver = self._child("resolver", str(settings))
        say(await resolver.first_line)
        say("Type into another terminal (Ctrl-C here ends it all):")
        say(as_text(commands(self._places, settings)))
        self._code = await resolver.ended

    async def _own_upstream(self) -> Endpoint:
        return Endpoint(V4, int(await self._child("upstream").first_line))

    def _publish_and_configure(self, upstream: Endpoint) -> Path:
        """Make the list, the exemption and the settings file; returns its path."""
        state = self._folder / "state"
        body = publish(self._folder / "body", public_key(state), self._reactor)
        LoopingCall(body.stamp).start(STAMP_SECONDS, now=False).addErrback(self._failed)
        _exempt(state)
        return write_settings(self._folder, self._places, upstream=upstream, list_url=body.url, root=body.root)

    def _child(self, *arguments: str) -> DemoProcess:
        child = DemoProcess(self._reactor, *arguments)
        self._children.append(child)
        return child

    def _failed(self, failure: Failure) -> None:
        """Say what went wrong; of an unexpected error only its type and place, since it could carry a name."""
        self._code = EXIT_CANNOT_START
        text = failure.getErrorMessage() if failure.check(DemoFault) else f"fault {describe_failure(failure)}"
        sys.stderr.write(f"the demo ends: {text}\n")

    def _end(self) -> None:
        if not self._ending:
            self._ending = True
            self._reactor.stop()

    async def _stop_children(self) -> None:
        for child in reversed(self._children):  # the resolver first: it needs the others to the end
            await child.stop()

    def _stop(self) -> Deferred[None]:
        return ensureDeferred(self._stop_children())


def _exempt(state: Path) -> None:
    exemptions = Exemptions(state / EXEMPTIONS_NAME, load_or_create(state))
    until = time.time() + EXEMPT_SECONDS
    exemptions.add(EXEMPT, match="domain", reason="demo", ticket="T-0", not_after=until)
