"""One way in: a transport at one listening place."""

from attrs import Factory, define

from resolver.core.clients import Client


@define(eq=False)
class Door:
    """`place` is the listening endpoint as the settings write it; `clients` by the salted hash of their address."""

    transport: int
    place: str = ""
    clients: dict[int, Client] = Factory(dict)
