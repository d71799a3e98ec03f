"""Pages on loopback, for looking at: by the code that serves visitors."""

import socket
from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet import reactor as installed

from resolver.cli.notice.pages import Page
from resolver.edge.notice.entrance import Entrance
from resolver.edge.notice.server import NoticeFactory, NoticeLimits
from resolver.edge.notice.visitors import Visitors
from resolver.settings.addresses import Endpoint

LOOPBACK = "127.0.0.1"


def serve(pages: Sequence[Page], say: Callable[[str], None], reactor: Any = installed) -> None:
    """Serve each page on a port of its own until the process is interrupted."""
    limits = NoticeLimits()
    for page in pages:
        factory = NoticeFactory(reactor, limits, Visitors(limits.connections))
        factory.responses = page.responses
        listening = socket.create_server((LOOPBACK, 0))
        Entrance(reactor, listening, factory)
        say(f"{page}: http://{Endpoint(*listening.getsockname())}/")
    say("Ctrl-C ends it.")
    reactor.run()
