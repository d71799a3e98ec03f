"""How answers are made and to whom they are given."""

from ipaddress import ip_network
from typing import Annotated

from attrs import frozen

from resolver.settings.addresses import Endpoint, EndpointAt, Network, Prefix
from resolver.settings.fields import setting
from resolver.settings.kinds import Choice, Number, Switch

_ON = Annotated[bool, Switch()]

# Loopback, private (RFC 1918, RFC 4193), shared by carrier NAT (RFC 6598) and link-local: never an open resolver.
LOCAL_PREFIXES: tuple[Network, ...] = tuple(
    ip_network(prefix)
    for prefix in (
        "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
        "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip


@frozen(kw_only=True)
class Answer:
    """What a client gets for a listed name."""

    mode: Annotated[str, Choice(("notice", "dns-only"))] = setting(
        "notice: the address of a notice page · dns-only: no data, with an extended DNS error.", default="notice"
    )
    ttl: Annotated[int, Number(1, 60, "seconds")] = setting("Time to live of these answers, seconds.", default=30)


@frozen(kw_only=True)
class Access:
    """Who may ask."""

    allow: tuple[Prefix, ...] = setting(
        "Clients that are answered: add your customers' prefixes.", default=LOCAL_PREFIXES
    )
    allow_rd0: tuple[Prefix, ...] = setting("Monitoring that may look into the cache (queries without RD).", default=())


@frozen(kw_only=True)
class Cache:
    """The answer cache of each worker."""

    enabled: _ON = setting("Keep answers at all.", default=True)
    bytes: Annotated[int, Number(1 << 20, 1 << 40, "bytes")] = setting("Memory for it, a worker.", default=64 << 20)
    min_ttl: Annotated[int, Number(0, 3600, "seconds")] = setting("Keep answers at least so long.", default=0)
    max_ttl: Annotated[int, Number(1, 604800, "seconds")] = setting("Keep answers at most so long.", default=86400)


@frozen(kw_only=True)
class Metrics:
    """Where /metrics and /ready are served."""

    listen: EndpointAt = setting(
        "Address and port; keep it inside your own network.", default=Endpoint("127.0.0.1", 9153)
    )


@frozen(kw_only=True)
class SpecialUse:
    """Special-use names answered here, as their RFCs say; false sends them upstream like any other."""

    localhost: _ON = setting("localhost (RFC 6761): loopback addresses.", default=True)
    test: _ON = setting("test (RFC 6761): does not exist.", default=True)
    invalid: _ON = setting("invalid (RFC 6761): does not exist.", default=True)
    example: _ON = setting(
        "example (RFC 6761): does not exist; off by default, as it is a name like any other.", default=False
    )
    onion: _ON = setting("onion (RFC 7686): does not exist.", default=True)
    alt: _ON = setting("alt (RFC 9476): does not exist.", default=True)
    home_arpa: _ON = setting("home.arpa (RFC 8375): does not exist here.", default=True)
    resolver_arpa: _ON = setting("resolver.arpa (RFC 9462): no data.", default=True)
    private_reverse: _ON = setting("Reverse zones of private addresses (RFC 6303): empty.", default=True)
