"""Who may ask, and who may ask without recursion (answers.md row 6)."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from resolver.core.config import Network


def client_address(host: str) -> IPv4Address | IPv6Address | None:
    """Read a socket's peer address; scope ids are dropped and IPv4-mapped addresses become IPv4."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


class Access:
    """Two prefix lists; anything that is not an address is refused."""

    def __init__(self, allow: Sequence[Network], allow_rd0: Sequence[Network]) -> None:
        self._allow = tuple(allow)
        self._allow_rd0 = tuple(allow_rd0)

    def admits(self, host: str) -> bool:
        """Whether this client is served at all."""
        return _within(host, self._allow)

    def admits_rd0(self, host: str) -> bool:
        """Whether this client may ask with RD=0 (it is answered as if RD were set)."""
        return _within(host, self._allow_rd0)


def _within(host: str, networks: tuple[Network, ...]) -> bool:
    address = client_address(host)
    return address is not None and any(address in network for network in networks)
