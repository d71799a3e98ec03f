"""What `_dns.resolver.arpa` says of the encrypted ways in (RFC 9462): all of it follows from `dot`, `doh` and `tls`."""

from collections.abc import Iterator

from resolver.core.ddr import Designated
from resolver.settings.addresses import Endpoint
from resolver.settings.model import Settings


def designated(settings: Settings) -> tuple[Designated, ...]:
    """Return the services in order of preference; those at one port are one."""
    if settings.tls is None:
        return ()
    name, doh = settings.tls.name, settings.doh
    return (
        *_services(name, "dot", "", settings.dot.listen),
        *_services(name, "h2", doh.path + "{?dns}", doh.listen),
    )


def _services(name: str, alpn: str, path: str, places: tuple[Endpoint, ...]) -> Iterator[Designated]:
    for port in dict.fromkeys(place.port for place in places):
        addresses = tuple(place.ip for place in places if place.port == port)
        told = () if any(address.is_unspecified for address in addresses) else addresses
        yield Designated(name, alpn, port, path, told)
