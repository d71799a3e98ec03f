"""The resolvers Mamori asks."""

from typing import Annotated

from attrs import frozen

from resolver.settings.addresses import EndpointAt
from resolver.settings.fields import setting
from resolver.settings.kinds import Switch


@frozen(kw_only=True)
class Upstream:
    """One resolver that answers what Mamori does not answer itself; asked over UDP, and TCP where needed."""

    address: EndpointAt = setting("Address and port of the resolver to ask.", why="write the resolver's address:port")
    trust_ad: Annotated[bool, Switch()] | None = setting(
        "Believe its AD bit (DNSSEC validated). Left out: only for a loopback address, where nobody is in between.",
        default=None,
    )

    @property
    def believes_ad(self) -> bool:
        """The AD rule in force."""
        return self.address.is_loopback if self.trust_ad is None else self.trust_ad

    @property
    def label(self) -> str:
        """Its name in metrics and status: `ip:port`."""
        return str(self.address)
