"""From a client's bytes to a question that may be answered, or to what is said at once.

In order: read it strictly (row 14), serve this client at all (row 6), ANY (row 5). What passes is remembered, so that
the hot path knows the next query of this form from this client.
"""

from resolver.core import codes
from resolver.core.access import Access
from resolver.core.answer import ANY_ANSWER
from resolver.core.clients import Client
from resolver.core.config import CoreConfig
from resolver.core.counters import Counters
from resolver.core.door import Door
from resolver.core.local import answer_locally, refusal
from resolver.core.query import BadQuery, Query, read_query
from resolver.core.views import Chooser, Views


class Reception:
    """One worker's door-keeper; all ways in share what it remembers of clients."""

    def __init__(self, config: CoreConfig, counters: Counters) -> None:
        self._config = config
        self._counters = counters
        self._access = Access(config.allow, config.allow_rd0)
        self._views = Views(config)
        self._clients: dict[Chooser, dict[int, Client]] = {}
        self._everybody = tuple(Client(view=number) for number, _ in enumerate(self._views.policies))

    def door(self, transport: int, place: str) -> Door:
        """Return a way in."""
        views = self._views.at(place)
        return Door(transport, place, views, self._clients.setdefault(views, {}))

    def receive(self, data: bytes, host: str, door: Door) -> Query | bytes | None:
        """Return the question to be answered, the message that answers already, or None for what is dropped."""
        try:
            query = read_query(data)
        except BadQuery as bad:
            self._counters.book_local(door.transport, bad.rcode)
            return bad.answer()
        if query is None:
            self._counters.add(self._counters.layout.dropped)
            return None
        if not self._access.admits(host):
            return answer_locally(self._counters, query, door, refusal(self._config))
        client = self._client_for(host, door)
        query.form = query.form.under(client.view)
        self._remember(query, data, client)
        if query.form.qtype == codes.ANY:
            return answer_locally(self._counters, query, door, ANY_ANSWER)
        return query

    def may_recurse(self, query: Query, host: str) -> bool:
        """Whether a query is answered in full: with RD, or from where monitoring asks (row 6)."""
        return query.form.rd or self._access.admits_rd0(host)

    def _client_for(self, host: str, door: Door) -> Client:
        """Return what is remembered of a host's like, noted for the hot path; the table starts anew when full."""
        known = hash(host)  # str hashes are salted per process: no address is kept
        client = door.clients.get(known)
        if client is None:
            if len(door.clients) >= self._config.limits.hosts_max:
                door.clients.clear()
            client = door.clients[known] = self._everybody[door.views.choose(host)]
        return client

    def _remember(self, query: Query, data: bytes, client: Client) -> None:
        """Note the form of the query for the hot path; the table starts anew when full."""
        limits = self._config.limits
        if query.memorable and query.form.qtype != codes.ANY:
            if len(client.forms) >= limits.forms_max:
                client.forms.clear()
            client.forms[data[2:12] + data[12 + len(query.name) :]] = query.form
