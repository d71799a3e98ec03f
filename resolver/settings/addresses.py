"""Addresses, ports, prefixes, URLs and file paths as settings."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from attrs import frozen

from resolver.settings.kinds import Json, found

Network = IPv4Network | IPv6Network
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (a look-up, not a bind)
_MAPPED = IPv6Network("::ffff:0:0/96")  # RFC 4291 section 2.5.5.2


@frozen(order=True)
class Endpoint:
    """An IP address and a port; written `127.0.0.1:53` and `[::1]:53`."""

    host: str
    port: int

    @property
    def ip(self) -> IPv4Address | IPv6Address:
        """The address as an object."""
        return ip_address(self.host)

    @property
    def is_loopback(self) -> bool:
        """True when nobody but this machine can be behind it."""
        return self.ip.is_loopback

    @property
    def within(self) -> "Endpoint":
        """Where this machine itself reaches it: loopback, if all addresses are meant."""
        return Endpoint(_EVERYWHERE.get(self.host, self.host), self.port)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@frozen
class Place:
    """A way in for queries: `kind` is the transport, "udp", "tcp", "dot" or "doh"."""

    kind: str
    endpoint: Endpoint


@frozen
class EndpointKind:
    """`address:port` with both parts written out; names are refused, because a resolver cannot look itself up."""

    def read(self, value: object) -> Endpoint:
        """Return the endpoint with its address in canonical form."""
        match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})", value) if isinstance(value, str) else None
        if not match:
            raise ValueError(f"expected address:port like 127.0.0.1:53 or [::1]:53, found {found(value)}")
        try:
            address = IPv6Address(match[1]) if match[1] else IPv4Address(match[2])
        except ValueError:
            raise ValueError(f"{match[1] or match[2]} is not an IP address") from None
        if not 1 <= int(match[3]) <= 65535:
            raise ValueError(f"port {match[3]} is out of range: use 1 to 65535")
        return Endpoint(str(address), int(match[3]))

    def schema(self) -> Json:
        """Describe both spellings."""
        return {"type": "string", "pattern": r"^(?:\[[0-9a-fA-F:.]+\]|[0-9.]+):[0-9]{1,5}$"}


@frozen
class AddressKind:
    """An IP address of one version."""

    version: int

    def read(self, value: object) -> IPv4Address | IPv6Address:
        """Refuse the other version and everything else."""
        kind = IPv4Address if self.version == 4 else IPv6Address
        try:
            if not isinstance(value, str):
                raise ValueError
            return kind(value)
        except ValueError:
            raise ValueError(f"expected an IPv{self.version} address, found {found(value)}") from None

    def schema(self) -> Json:
        """Describe the address."""
        return {"type": "string", "format": f"ipv{self.version}"}


@frozen
class NetworkKind:
    """A prefix like `192.0.2.0/24`, or a single address."""

    def read(self, value: object) -> Network:
        """Refuse prefixes with host bits set: they are nearly always a slip."""
        try:
            if not isinstance(value, str):
                raise ValueError
            network = ip_network(value)
        except ValueError as fault:
            bits = "; host bits are set behind the prefix" if "host bits" in str(fault) else ""
            raise ValueError(
                f"expected a prefix like 192.0.2.0/24 or 2001:db8::/32, found {found(value)}{bits}"
            ) from None
        if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
            raise ValueError(f"{network} holds IPv4 clients, who are seen as such: write the IPv4 prefix")
        return network

    def schema(self) -> Json:
        """Describe the prefix."""
        return {"type": "string", "pattern": "^[0-9a-fA-F:.]+(?:/[0-9]{1,3})?$"}


@frozen
class UrlKind:
    """An `https://` URL; `http://` only where `plain` allows it, or to a loopback address if `plain_loopback`."""

    plain: bool = False
    plain_loopback: bool = False
    folder: bool = False

    def read(self, value: object) -> str:
        """Return the URL; a folder's gets its final slash."""
        try:
            parts = urlsplit(value) if isinstance(value, str) else None
            host = parts.hostname if parts and parts.port != 0 else None
        except ValueError:
            parts = host = None
        if not parts or not host or parts.scheme not in ("http", "https") or parts.username is not None:
            raise ValueError(f"expected a URL like https://host.example/, found {found(value)}")
        if parts.scheme == "http" and not (self.plain or (self.plain_loopback and _is_loopback(host))):
            raise ValueError("expected https://; http:// is for loopback addresses only")
        if self.folder and (parts.query or parts.fragment):
            raise ValueError("expected the URL of a folder, without ? and #")
        text = str(value)
        return text + "/" if self.folder and not text.endswith("/") else text

    def schema(self) -> Json:
        """Describe the URL's form."""
        return {"type": "string", "pattern": "^https?://" if self.plain or self.plain_loopback else "^https://"}


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@frozen
class PathKind:
    """A file or folder; relative paths start at the settings file's folder (the reader adds it)."""

    def read(self, value: object) -> Path:
        """Refuse other types and what no file system takes."""
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise ValueError(f"expected a path, found {found(value)}")
        return Path(value)

    def schema(self) -> Json:
        """Describe the path."""
        return {"type": "string", "minLength": 1}


EndpointAt = Annotated[Endpoint, EndpointKind()]
Address4 = Annotated[IPv4Address, AddressKind(4)]
Address6 = Annotated[IPv6Address, AddressKind(6)]
Prefix = Annotated[Network, NetworkKind()]
FilePath = Annotated[Path, PathKind()]
PublicUrl = Annotated[str, UrlKind(plain=True)]
ListUrl = Annotated[str, UrlKind(plain_loopback=True, folder=True)]
