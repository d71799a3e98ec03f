"""Whether the rules on clients can be meant: no open resolver by accident, no burst that is forgotten too soon."""

from collections.abc import Iterator
from typing import Final

from resolver.core.limits import Limits
from resolver.core.special_use import NEVER_FORWARDED
from resolver.settings.access import LOCAL_PREFIXES, Access
from resolver.settings.addresses import Network
from resolver.settings.faults import Fault
from resolver.settings.model import Settings

WIDEST_PREFIX: Final = {4: 8, 6: 16}
"""Bits of the widest public prefix that can be somebody's customers."""
MOST_ADDRESSES: Final = {4: 2**28, 6: 2**120}
"""Public addresses that all prefixes together may hold: sixteen IPv4 /8, 256 IPv6 /16."""
_HELP = "name your customers' prefixes; to answer the whole Internet, write access.open_resolver: true"


def openings(access: Access) -> Iterator[str]:
    """Say what in `allow` makes an open resolver."""
    public = [prefix for prefix in access.allow if not _is_local(prefix)]
    wide = [prefix for prefix in public if prefix.prefixlen < WIDEST_PREFIX[prefix.version]]
    yield from (f"{prefix} is wider than /{WIDEST_PREFIX[prefix.version]}" for prefix in wide)
    for version, most in MOST_ADDRESSES.items():
        if not wide and sum(prefix.num_addresses for prefix in public if prefix.version == version) > most:
            yield f"its IPv{version} prefixes hold more than 2^{most.bit_length() - 1} addresses"


def is_open(access: Access) -> bool:
    """Whether strangers are answered, as the operator said."""
    return any(openings(access))


def is_answered(clients: Network, access: Access) -> bool:
    """Whether any of these clients is."""
    return any(clients.version == each.version and clients.overlaps(each) for each in access.allow)


def access_faults(settings: Settings) -> Iterator[Fault]:
    """Yield what is refused."""
    if not settings.access.open_resolver:
        yield from (Fault("access.allow", f"{opening}: {_HELP}") for opening in openings(settings.access))
    rate, seconds = settings.rate_limit, int(Limits().forget_seconds)
    if rate.enabled and rate.burst > rate.queries * seconds:
        yield Fault("rate_limit.burst", f"takes more than {seconds} s to fill again at rate_limit.queries: lower it")
    for name in sorted(NEVER_FORWARDED):
        if settings.special_use.get(name) is False:
            yield Fault(f"special_use.{name}", "is about this resolver itself (RFC 9462, 6.4): leave it out")


def access_warnings(settings: Settings) -> Iterator[Fault]:
    """Yield what works, but is seldom meant."""
    if is_open(settings.access):
        yield Fault("access.open_resolver", "anybody on the Internet is answered: expect to be used in attacks")
        if not settings.rate_limit.enabled:
            yield Fault("rate_limit.enabled", "is off on an open resolver: switch it on")
    elif settings.access.open_resolver:
        yield Fault("access.open_resolver", "is true, but access.allow is not that wide: take it out")
    for number, each in enumerate(settings.access.allow_rd0):
        if not is_answered(each, settings.access):
            why = f"{each} is not answered at all (access.allow): add it there, too"
            yield Fault(f"access.allow_rd0[{number}]", why)


def _is_local(prefix: Network) -> bool:
    """Whether no stranger can be in it."""
    within = [local for local in LOCAL_PREFIXES if local.version == prefix.version]
    return any(prefix.prefixlen >= local.prefixlen and prefix.network_address in local for local in within)
