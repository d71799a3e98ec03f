"""What the core is told: plain data with defaults, no YAML and no files."""

from ipaddress import ip_network
from typing import Literal

from attrs import field, frozen

from resolver.core.access import Network as Network
from resolver.core.codes import EDE_BLOCKED
from resolver.core.ddr import Designated
from resolver.core.limits import Limits
from resolver.core.rate_limit import Rate
from resolver.core.special_use import ALL_ZONES

_DEFAULT_ALLOW = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)


def default_allow() -> tuple[Network, ...]:
    """Loopback, private, shared and link-local prefixes: nobody from outside is served by default."""
    return tuple(ip_network(prefix) for prefix in _DEFAULT_ALLOW)


@frozen
class UpstreamConfig:
    """One upstream resolver; `name` is its label in metrics, `trust_ad` says whether its AD bit is passed on.

    With `tls` it is asked over TLS only.
    """

    name: str
    trust_ad: bool = False
    tls: bool = False


@frozen
class ForwardSet:
    """Zones whose names other upstreams are asked for; `upstreams` are places in `CoreConfig.upstreams`."""

    zones: tuple[str, ...]
    upstreams: tuple[int, ...]


@frozen
class ListPolicy:
    """How names of one list are answered: notice addresses as 4 and 16 raw bytes, EDE code of NODATA answers."""

    list_id: str
    notice_v4: bytes | None = None
    notice_v6: bytes | None = None
    ede: int = EDE_BLOCKED


@frozen
class ViewConfig:
    """Clients with a policy of their own: `networks` they ask from and `places` they ask at; empty stands for any.

    `lists` are those that apply, in configuration order, each with the notice addresses that this view shows.
    """

    networks: tuple[Network, ...] = ()
    places: frozenset[str] = frozenset()
    lists: tuple[ListPolicy, ...] = ()


@frozen
class RateRule:
    """How much one client prefix may ask, what makes a prefix, and which are free of it; no rate: nobody is limited."""

    rate: Rate | None = None
    ipv4_prefix: int = 32
    ipv6_prefix: int = 56
    exempt: tuple[Network, ...] = ()


@frozen
class CoreConfig:
    """All the core needs to know; list order is configuration order, TTLs are seconds."""

    upstreams: tuple[UpstreamConfig, ...]
    """All there are, each server once."""
    recursors: int | None = None
    """How many of them, from the first, are asked for names in no forward set; None: all."""
    forward: tuple[ForwardSet, ...] = ()
    lists: tuple[ListPolicy, ...] = ()
    views: tuple[ViewConfig, ...] = ()
    """The first that fits a client wins; where none fits, all lists apply."""
    answer_mode: Literal["notice", "dns-only"] = "notice"
    answer_ttl: int = 30
    relay: bool = False
    cache_enabled: bool = True
    cache_bytes: int = 67_108_864
    min_ttl: int = 0
    """Seconds an answer stays in the cache at least; the TTL shown is never raised above the upstream's."""
    max_ttl: int = 86_400
    stale: int = 86_400
    """Seconds an answer may be served after its end while no upstream has a newer one; 0: never."""
    prefetch: bool = True
    allow: tuple[Network, ...] = field(factory=default_allow)
    allow_rd0: tuple[Network, ...] = ()
    rate_limit: RateRule = field(factory=RateRule)
    nsid: str = ""
    """What this server calls itself; empty: it does not say."""
    designated: tuple[Designated, ...] = ()
    """Encrypted ways in, in order of preference, as `_dns.resolver.arpa` tells them (RFC 9462)."""
    special_use: frozenset[str] = ALL_ZONES
    """Special-use zones answered here (names of `special_use.ALL_ZONES`)."""
    limits: Limits = field(factory=Limits)

    @property
    def caching(self) -> bool:
        """Whether answers are kept: relay mode keeps none."""
        return self.cache_enabled and not self.relay
