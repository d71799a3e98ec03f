"""One way in: a transport at one listening place."""

from attrs import Factory, define

from resolver.core.clients import Client
from resolver.core.views import Chooser


@define(eq=False)
class Door:
    """`place` is the listening endpoint as the settings write it; `clients` by the salted hash of their address.

    Doors whose views make no difference share both `views` and `clients`.
    """

    transport: int
    place: str = ""
    views: Chooser = Factory(lambda: Chooser(()))
    clients: dict[int, Client] = Factory(dict)
