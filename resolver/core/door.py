"""One way in: a transport at one listening place."""

from attrs import Factory, define

from resolver.core.clients import AnyClient
from resolver.core.views import Chooser


@define(eq=False)
class Door:
    """`place` is the listening endpoint as the settings write it; `clients` by the salted hash of their packed address.

    Doors whose views make no difference share `views`, `clients` and `table`, the number of these clients.
    """

    transport: int
    place: str = ""
    views: Chooser = Factory(lambda: Chooser(()))
    clients: dict[int, AnyClient] = Factory(dict)
    table: int = 0
    number: int = 0
    """Where the hit path knows it by one."""
    sink: object = None
    """The edge's, through which late answers to whoever came in here leave: `(sink, (sockaddr, source))` is a peer."""
