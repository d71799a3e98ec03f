"""DNS over TLS and over HTTPS, the certificate both show, and how many connections a client may hold."""

import re
from ipaddress import ip_address
from typing import Annotated

from attrs import frozen

from resolver.settings.addresses import EndpointAt, FilePath
from resolver.settings.fields import setting
from resolver.settings.kinds import Json, Number, found

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
_NAME_MOST = 253
# RFC 3986: what a path holds without any escape; `{` is left out, the template of RFC 8484 puts `{?dns}` behind it.
_PATH = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]+/?)*")
_PATH_MOST = 100


@frozen
class HostName:
    """A host's name as certificates spell it: letters, digits and hyphens (an A-label where it is not ASCII)."""

    def read(self, value: object) -> str:
        """Return it in lower case; addresses and single labels are refused."""
        text = value.removesuffix(".") if isinstance(value, str) else ""
        if len(text) > _NAME_MOST or not _NAME.fullmatch(text) or _is_address(text):
            raise ValueError(f"expected a host's name like resolver.isp.example, found {found(value)}")
        return text.lower()

    def schema(self) -> Json:
        """Describe the name."""
        return {"type": "string", "format": "hostname", "maxLength": _NAME_MOST}


@frozen
class UrlPath:
    """The path of a URL: begins with a slash, without query, fragment, template or percent signs."""

    def read(self, value: object) -> str:
        """Refuse what would have to be escaped, or be cut off by a client."""
        if not isinstance(value, str) or len(value) > _PATH_MOST or not _PATH.fullmatch(value):
            raise ValueError(f"expected a path like /dns-query, found {found(value)}")
        return value

    def schema(self) -> Json:
        """Describe the path."""
        return {"type": "string", "pattern": f"^{_PATH.pattern}$", "maxLength": _PATH_MOST}


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@frozen(kw_only=True)
class Dot:
    """DNS over TLS (RFC 7858)."""

    listen: tuple[EndpointAt, ...] = setting("Addresses that answer DNS over TLS; its port is 853.", default=())


@frozen(kw_only=True)
class Doh:
    """DNS over HTTPS (RFC 8484), HTTP/2 only."""

    listen: tuple[EndpointAt, ...] = setting("Addresses that answer DNS over HTTPS; its port is 443.", default=())
    path: Annotated[str, UrlPath()] = setting("Path of the service; every other is 404.", default="/dns-query")


@frozen(kw_only=True)
class Tls:
    """What `dot` and `doh` show to prove who they are."""

    certificate: FilePath = setting(
        "PEM file: our certificate, then the intermediate ones.", why="name the file of the certificate and its chain"
    )
    key: FilePath = setting("PEM file of its private key, without a passphrase.", why="name the file of the key")
    name: Annotated[str, HostName()] = setting(
        "Our name in the certificate, which clients verify.", why="write the name customers' devices are to verify"
    )


@frozen(kw_only=True)
class Connections:
    """TCP, DoT and DoH connections of clients. A full house refuses nobody: what is quiet makes room."""

    most: Annotated[int, Number(16, 100_000)] = setting("Open at once in each worker.", default=4096)
    per_prefix: Annotated[int, Number(1, 100_000)] = setting(
        "Of them from one client prefix; hundreds of lines may share an address (CGN, MAP-E).", default=512
    )
    ipv4_prefix: Annotated[int, Number(8, 32, "bits")] = setting("Clients counted as one, IPv4.", default=32)
    ipv6_prefix: Annotated[int, Number(16, 128, "bits")] = setting("Clients counted as one, IPv6.", default=56)
