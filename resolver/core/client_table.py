"""From a client's address to what is remembered of its prefix, bounded and forgotten in time.

Addresses and prefixes stand here as hashes, which Python salts anew in every process. Prefixes that are not served have
a small table of their own, so that strangers cannot push customers out.
"""

from attrs import define, field

from resolver.core.access import Access, Prefixes, client_address, host_of
from resolver.core.clients import AnyClient, Client
from resolver.core.config import CoreConfig
from resolver.core.door import Door
from resolver.core.hit_path import HitPath
from resolver.core.query import Form
from resolver.core.rate_limit import Allowance, Budget, Rate
from resolver.core.views import Chooser, Views


@define
class Ages:
    """A table in two halves: what was used since the last turn, and what was not; the next turn forgets that."""

    most: int
    """Entries of each half."""
    _young: dict[int, AnyClient] = field(factory=dict)
    _old: dict[int, AnyClient] = field(factory=dict)

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    @property
    def full(self) -> bool:
        """Whether the next one forces a turn."""
        return len(self._young) >= self.most

    def get(self, key: int) -> AnyClient | None:
        """Find an entry, which makes it young while there is room."""
        client = self._young.get(key) or self._old.get(key)
        if client is not None and key in self._old and not self.full:
            self._young[key] = self._old.pop(key)
        return client

    def put(self, key: int, client: AnyClient) -> None:
        """Add one."""
        self._young[key] = client

    def turn(self) -> None:
        """Forget what was not used since the last turn."""
        self._old, self._young = self._young, {}


class ClientTable:
    """All clients of one worker; the hit path is told of those that are served."""

    def __init__(self, config: CoreConfig, access: Access, views: Views, hit_path: HitPath) -> None:
        limits = self._limits = config.limits
        self._hit_path = hit_path
        self._access = access
        self._rule = config.rate_limit
        self._exempt = Prefixes(config.rate_limit.exempt)
        self._refusals = Rate(limits.refusals_per_second, limits.refusals_burst)
        self._forms: tuple[dict[bytes, Form], ...] = tuple({} for _ in views.policies)
        rate = config.rate_limit.rate
        self._allowance = Allowance(rate, limits.rate_proven_factor, limits.rate_step) if rate else None
        self._hosts: dict[Chooser, dict[int, AnyClient]] = {}
        self._refused: dict[int, AnyClient] = {}
        self._served, self._strangers = Ages(limits.prefixes_max), Ages(limits.strangers_max)
        self._due: float | None = None

    def hosts(self, views: Chooser) -> tuple[dict[int, AnyClient], int]:
        """Return the table the hot path looks into, clients by the hash of their address, and its number."""
        hosts = self._hosts.setdefault(views, {})
        return hosts, list(self._hosts).index(views)

    def next_deadline(self) -> float | None:
        """Return when `forget` is due, None while nobody is remembered."""
        return self._due

    def forget(self, now: float) -> None:
        """Forget, when it is due, who was not met for a while: also where nobody asks any more."""
        if self._due is not None and now >= self._due:
            self._turn(self._served)
            self._turn(self._strangers)
            some = len(self._served) + len(self._strangers)
            self._due = now + self._limits.forget_seconds if some else None

    def find(self, address: bytes, door: Door, now: float) -> AnyClient:
        """Return what is remembered of an address's prefix; those that are served are noted for the hot path."""
        self.forget(now)
        known = hash(address)
        client = door.clients.get(known) or self._refused.get(known)
        if client is None:
            client = self._of_prefix(host_of(address), door, now)
            if client.admitted:
                self._remember(address, client, door)
            else:
                if len(self._refused) >= self._limits.strangers_max:
                    self._refused.clear()
                self._refused[known] = client
        return client

    def _remember(self, address: bytes, client: AnyClient, door: Door) -> None:
        if len(door.clients) >= self._limits.hosts_max:
            door.clients.clear()
            self._hit_path.forget(door.table)
        door.clients[hash(address)] = client
        self._hit_path.remember(door.table, address, client)

    def _of_prefix(self, host: str, door: Door, now: float) -> AnyClient:
        admitted = self._access.admits(host)
        table = self._served if admitted else self._strangers
        view = door.views.choose(host) if admitted else 0
        limited = self._rule.rate is not None and host not in self._exempt
        key = hash(f"{self._prefix(host)} {view} {limited}")
        client = table.get(key)
        if client is None:
            if table.full:
                self._turn(table)
            if self._due is None:
                self._due = now + self._limits.forget_seconds
            client = self._new(view, now, limited=limited) if admitted else self._stranger(now)
            table.put(key, client)
        return client

    def _prefix(self, host: str) -> str:
        address = client_address(host)
        if address is None:
            return ""
        kept = self._rule.ipv4_prefix if address.version == 4 else self._rule.ipv6_prefix
        return f"{address.version} {int(address) >> address.max_prefixlen - kept}"

    def _new(self, view: int, now: float, *, limited: bool) -> AnyClient:
        return self._hit_path.new_client(self._forms[view], view, self._allowance if limited else None, now)

    def _stranger(self, now: float) -> AnyClient:
        """No forms: the hot path never knows it."""
        return Client(admitted=False, budget=Budget.full(self._refusals, 1.0, 1, now))

    def _turn(self, table: Ages) -> None:
        """Whoever is still there is found again; else the hot path would go on with what is forgotten here."""
        table.turn()
        if table is self._strangers:
            self._refused.clear()
            return
        for number, hosts in enumerate(self._hosts.values()):
            hosts.clear()
            self._hit_path.forget(number)
