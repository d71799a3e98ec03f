"""Who may ask, how much, and what this resolver tells about itself."""

from ipaddress import ip_network
from typing import Annotated

from attrs import frozen

from resolver.settings.addresses import FilePath, Network, Prefix
from resolver.settings.fields import setting
from resolver.settings.kinds import Number, Switch, Words

_ON = Annotated[bool, Switch()]
_NodeName = Annotated[str, Words(r"[!-~]{1,100}", "1 to 100 letters, digits or signs without spaces", most=100)]

# Loopback, private (RFC 1918, RFC 4193), shared by carrier NAT (RFC 6598) and link-local: never an open resolver.
LOCAL_PREFIXES: tuple[Network, ...] = tuple(
    ip_network(prefix)
    for prefix in (
        "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
        "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@frozen(kw_only=True)
class Access:
    """Who may ask."""

    allow: tuple[Prefix, ...] = setting(
        "Clients that are answered: add your customers' prefixes.", default=LOCAL_PREFIXES
    )
    allow_rd0: tuple[Prefix, ...] = setting("Monitoring that may look into the cache (queries without RD).", default=())
    open_resolver: _ON = setting("Take prefixes in `allow` that hold much of the Internet.", default=False)


@frozen(kw_only=True)
class RateLimit:
    """How much one client prefix may ask of each worker."""

    enabled: _ON = setting("Limit at all.", default=True)
    queries: Annotated[int, Number(1, 1_000_000, "queries")] = setting(
        "Queries a second in the long run; hundreds of lines may share an address (CGN, MAP-E).", default=1000
    )
    burst: Annotated[int, Number(10, 10_000_000, "queries")] = setting(
        "Queries at once, after a quiet time.", default=10_000
    )
    ipv4_prefix: Annotated[int, Number(8, 32, "bits")] = setting("Clients counted as one, IPv4.", default=32)
    ipv6_prefix: Annotated[int, Number(16, 128, "bits")] = setting("Clients counted as one, IPv6.", default=56)
    exempt: tuple[Prefix, ...] = setting(
        "Without limit: front ends such as dnsdist, your own mail relays.", default=LOOPBACK
    )


@frozen(kw_only=True)
class Cookies:
    """DNS cookies (RFC 7873, RFC 9018)."""

    enabled: _ON = setting("Answer cookies with cookies.", default=True)
    secrets: FilePath | None = setting(
        "File with one or two secrets of 32 hexadecimal digits a line, newest first, the same on all nodes of one "
        "address; left out: a random one at each start.",
        default=None,
    )


@frozen(kw_only=True)
class Identity:
    """What this resolver tells about itself."""

    nsid: _NodeName | None = setting(
        "Name of this node, told to whoever asks for it (NSID, id.server); left out: it is not told.", default=None
    )
