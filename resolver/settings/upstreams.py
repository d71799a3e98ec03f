"""The resolvers Mamori asks, and the zones it asks others for."""

from ipaddress import ip_address
from typing import Annotated

from attrs import frozen

from blocklist.errors import EntryFault
from blocklist.names import canonical_name
from resolver.settings.addresses import EndpointAt, FilePath
from resolver.settings.fields import setting
from resolver.settings.kinds import Json, Switch, found
from resolver.settings.transports import HostName

# RFC 7686 (2), RFC 6761 (6.3), RFC 9462 (4): these are never asked of any other server.
_NEVER_FORWARDED = ("onion", "localhost", "resolver.arpa")


@frozen
class CertificateName:
    """What a server's certificate must carry: a host name or an IP address."""

    def read(self, value: object) -> str:
        """Return a host name in lower case, or an address in canonical form."""
        try:
            return str(ip_address(value if isinstance(value, str) else ""))
        except ValueError:
            pass
        try:
            return HostName().read(value)
        except ValueError:
            raise ValueError(f"expected the host name or IP address in its certificate, found {found(value)}") from None

    def schema(self) -> Json:
        """Describe the text."""
        return {"type": "string", "minLength": 1, "maxLength": 253}


@frozen
class ForwardZone:
    """A zone whose names are asked of other upstreams."""

    def read(self, value: object) -> str:
        """Return the zone in A-label form, without its last dot."""
        try:
            zone = canonical_name(value if isinstance(value, str) else "")
        except EntryFault:
            raise ValueError(
                f"expected a zone like corp.example or 10.in-addr.arpa, found {found(value)}; all names: upstreams"
            ) from None
        for never in _NEVER_FORWARDED:
            if zone == never or zone.endswith(f".{never}"):
                raise ValueError(f"names in {never} are answered here and never asked of others: leave it out")
        return zone

    def schema(self) -> Json:
        """Describe the text."""
        return {"type": "string", "minLength": 1, "maxLength": 253}


@frozen(kw_only=True)
class UpstreamTls:
    """Who an upstream asked over TLS must prove to be; without that proof it is not asked at all."""

    name: Annotated[str, CertificateName()] = setting(
        "Host name or IP address that its certificate must carry (subjectAltName).",
        why="write the host name or IP address in the upstream's certificate",
    )
    ca: FilePath | None = setting("Authorities (PEM) that may vouch for it; left out: the system's.", default=None)


@frozen(kw_only=True)
class Upstream:
    """One server that answers what Mamori does not answer itself; asked over UDP, and TCP where needed, or over TLS."""

    address: EndpointAt = setting("Address and port of the resolver to ask.", why="write the resolver's address:port")
    trust_ad: Annotated[bool, Switch()] | None = setting(
        "Believe its AD bit (DNSSEC validated). Left out: only for a loopback address, where nobody is in between.",
        default=None,
    )
    tls: UpstreamTls | None = setting(
        "Ask it over TLS (RFC 7858) and nothing else; the port is then usually 853. Left out: UDP and TCP.",
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


@frozen(kw_only=True)
class Forward:
    """Zones with upstreams of their own: stub zones, reverse zones of private networks."""

    zones: tuple[Annotated[str, ForwardZone()], ...] = setting(
        "Zones whose names, with all below, these upstreams are asked for; the longest match wins.",
        why="name the zones",
    )
    upstreams: tuple[Upstream, ...] = setting("Servers to ask.", why="name at least one server to ask")
