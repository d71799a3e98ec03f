"""How answers are made."""

from typing import Annotated, Literal

from attrs import frozen

from resolver.core.special_use import ALL_ZONES
from resolver.settings.addresses import Endpoint, EndpointAt
from resolver.settings.fields import setting
from resolver.settings.kinds import Choice, Duration, Json, Number, Switch, found, suggestion

# `example` is looked up like any other name (RFC 6761, 6.5); its switch exists so that this can be written down.
NEVER_LOCAL = "example"
SPECIAL_USE_NAMES = ALL_ZONES | {NEVER_LOCAL}

_ON = Annotated[bool, Switch()]


@frozen(kw_only=True)
class Answer:
    """What a client gets for a listed name."""

    mode: Annotated[Literal["notice", "dns-only"], Choice(("notice", "dns-only"))] = setting(
        "notice: the address of a notice page · dns-only: no data, with an extended DNS error.", default="notice"
    )
    ttl: Annotated[int, Number(1, 60, "seconds")] = setting("Time to live of these answers, seconds.", default=30)


@frozen(kw_only=True)
class Cache:
    """The answer cache of each worker."""

    enabled: _ON = setting("Keep answers at all.", default=True)
    bytes: Annotated[int, Number(1 << 20, 1 << 40, "bytes")] = setting("Memory for it, a worker.", default=64 << 20)
    min_ttl: Annotated[int, Number(0, 3600, "seconds")] = setting("Keep answers at least so long.", default=0)
    max_ttl: Annotated[int, Number(1, 604800, "seconds")] = setting("Keep answers at most so long.", default=86400)
    stale: Annotated[int, Duration(0, 604800)] = setting(
        "How long an answer may be given after its end while no upstream has a newer one; 0: never.", default=86400
    )
    prefetch: _ON = setting("Ask again for answers in use shortly before they end.", default=True)


@frozen(kw_only=True)
class Metrics:
    """Where /metrics and /ready are served."""

    listen: EndpointAt = setting(
        "Address and port; keep it inside your own network.", default=Endpoint("127.0.0.1", 9153)
    )


@frozen
class SpecialUseName:
    """A special-use zone this resolver can answer itself."""

    def read(self, value: object) -> str:
        """Refuse others, with the nearest known one."""
        if value in SPECIAL_USE_NAMES:
            return str(value)
        near = suggestion(value, sorted(SPECIAL_USE_NAMES))
        raise ValueError(f"expected a special-use zone like home.arpa or 10.in-addr.arpa, found {found(value)}.{near}")

    def schema(self) -> Json:
        """List the zones."""
        return {"enum": sorted(SPECIAL_USE_NAMES)}
