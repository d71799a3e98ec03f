"""All settings of one resolver."""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from attrs import Factory, frozen

from resolver.settings.access import Access, Cookies, Identity, RateLimit
from resolver.settings.addresses import Endpoint, EndpointAt, FilePath, Place
from resolver.settings.fields import setting
from resolver.settings.kinds import Choice, Switch, Words, Workers
from resolver.settings.lists import ListSettings, Poll, Release, SelfTest, Start, Terms
from resolver.settings.notices import Notice
from resolver.settings.plain import to_plain
from resolver.settings.preflight import Preflight
from resolver.settings.serving import Answer, Cache, Metrics, SpecialUseName
from resolver.settings.transports import Connections, Doh, Dot, Tls
from resolver.settings.upstreams import Forward, Upstream
from resolver.settings.views import View

_NoticeName = Annotated[str, Words(r"[a-z0-9][a-z0-9_-]{0,62}", "a short lower-case name", most=63)]
_UserName = Annotated[str, Words(r"[a-z_][a-z0-9_.-]{0,31}", "a user's name", most=32)]
_ZoneName = Annotated[str, SpecialUseName()]
_DEFAULT_LISTEN = (Endpoint("127.0.0.1", 53), Endpoint("::1", 53))


@frozen(kw_only=True, slots=False)
class Settings:
    """Everything a resolver is told; made by `parse` or `load` only, so that it is known to be sound."""

    listen: tuple[EndpointAt, ...] = setting("Addresses that answer DNS, UDP and TCP on each.", default=_DEFAULT_LISTEN)
    dot: Dot = setting("DNS over TLS; needs `tls`.", default=Dot())
    doh: Doh = setting("DNS over HTTPS; needs `tls`.", default=Doh())
    tls: Tls | None = setting("The certificate DNS over TLS and over HTTPS show.", default=None)
    connections: Connections = setting("Clients' TCP, DoT and DoH connections.", default=Connections())
    upstreams: tuple[Upstream, ...] = setting("Resolvers to ask.", why="name at least one resolver to ask")
    forward: tuple[Forward, ...] = setting(
        "Zones with upstreams of their own; they go before special-use zones, never before a list.", default=()
    )
    state: FilePath = setting("Folder for keys and the last good lists.", default=Path("/var/lib/mamori"))
    workers: Annotated[int, Workers()] = setting(
        "Processes that answer; auto: one a processor.",
        default=Factory(lambda: Workers().read("auto")),
        shown_default="auto",
    )
    steering: Annotated[str, Choice(("auto", "off"))] = setting(
        "auto: UDP queries go to workers by name, where the kernel can: one cache in parts · off: one cache a worker.",
        default="auto",
    )
    mode: Annotated[str, Choice(("normal", "relay"))] = setting(
        "relay: no cache, no extended errors of our own; for finding faults only.", default="normal"
    )
    answer: Answer = setting("What a client gets for a listed name.", default=Answer())
    notices: dict[_NoticeName, Notice] = setting("Notice pages by name.", default=Factory(dict))
    lists: tuple[ListSettings, ...] = setting("Lists to enforce, in order.", default=())
    views: tuple[View, ...] = setting(
        "Groups of clients with lists or notices of their own: the first that fits wins; all others meet all lists.",
        default=(),
    )
    terms: Terms | None = setting("Terms of service; required before a list is enforced.", default=None)
    preflight: Preflight = setting("What must be answered for before enforcement begins.", default=Preflight())
    start: Start = setting("What to do at the start.", default=Start())
    poll: Poll = setting("How often lists are asked for.", default=Poll())
    self_test: SelfTest = setting("Self-test names, asked end to end.", default=SelfTest())
    access: Access = setting("Who may ask.", default=Access())
    rate_limit: RateLimit = setting("How much one client prefix may ask.", default=RateLimit())
    cookies: Cookies = setting("DNS cookies.", default=Cookies())
    identity: Identity = setting("What this resolver tells about itself.", default=Identity())
    release: Release = setting("Release of block totals.", default=Release())
    cache: Cache = setting("The answer cache.", default=Cache())
    special_use: dict[_ZoneName, Annotated[bool, Switch()]] = setting(
        "Special-use zones (RFC 6761, 6303 …) are answered here; false sends one upstream like any other name.",
        default=Factory(dict),
    )
    metrics: Metrics = setting("Metrics and readiness.", default=Metrics())
    user: _UserName | None = setting("User of the notice process when started as root; left out: nobody.", default=None)
    laptop: Annotated[bool, Switch()] = setting(
        "Run although core dumps or swap cannot be ruled out. For trying it out; never for customers.", default=False
    )

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Where queries are answered, in order."""
        plain = [Place(kind, endpoint) for endpoint in self.listen for kind in ("udp", "tcp")]
        over_tls = [Place("dot", each) for each in self.dot.listen] + [Place("doh", each) for each in self.doh.listen]
        return (*plain, *over_tls)

    @cached_property
    def servers(self) -> tuple[Upstream, ...]:
        """Every upstream once: those of `upstreams`, then those that only forward sets name."""
        named = (*self.upstreams, *(each for forward in self.forward for each in forward.upstreams))
        return tuple({each.label: each for each in named}.values())

    @cached_property
    def notice_places(self) -> tuple[tuple[str, Endpoint], ...]:
        """Where which notice is served, in order: the name of the notice and the address."""
        return tuple((name, place) for name, notice in self.notices.items() for place in notice.listen)

    @cached_property
    def raw(self) -> dict[str, Any]:
        """All of it as plain JSON data with absolute paths: `parse(settings.raw)` gives equal settings."""
        plain: dict[str, Any] = to_plain(self)
        return plain
