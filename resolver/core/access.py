"""Who may ask, and who may ask without recursion (answers.md row 6)."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def client_address(host: str) -> IPv4Address | IPv6Address | None:
    """Read a socket's peer address; scope ids are dropped and IPv4-mapped addresses become IPv4."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def packed_address(host: str) -> bytes:
    """Return the 4 or 16 bytes of a peer address; none for what is no address."""
    address = client_address(host)
    return b"" if address is None else address.packed


def host_of(address: bytes) -> str:
    """Return a packed address as text."""
    return str(ip_address(address)) if address else ""


class Prefixes:
    """Prefixes in order: one look-up for each length that occurs, however many prefixes there are."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._tables: dict[int, dict[int, dict[int, int]]] = {4: {}, 6: {}}
        for place, network in enumerate(networks):
            shift = network.max_prefixlen - network.prefixlen
            places = self._tables[network.version].setdefault(shift, {})
            places.setdefault(int(network.network_address) >> shift, place)

    def first(self, host: str) -> int | None:
        """Return the place of the first of them that a host's address lies in; what is no address lies in none."""
        address = client_address(host)
        if address is None:
            return None
        bits = int(address)
        tables = self._tables[address.version].items()
        return min((places[bits >> shift] for shift, places in tables if bits >> shift in places), default=None)

    def __contains__(self, host: str) -> bool:
        """Whether a host's address lies in one of them."""
        return self.first(host) is not None


class Access:
    """Two sets of prefixes; anything that is not an address is refused."""

    def __init__(self, allow: Iterable[Network], allow_rd0: Iterable[Network]) -> None:
        self._allow = Prefixes(allow)
        self._allow_rd0 = Prefixes(allow_rd0)

    def admits(self, host: str) -> bool:
        """Whether this client is served at all."""
        return host in self._allow

    def admits_rd0(self, host: str) -> bool:
        """Whether this client may ask with RD=0 (it is answered as if RD were set)."""
        return host in self._allow_rd0
