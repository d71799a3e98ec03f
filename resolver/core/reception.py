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


class Reception:
    """One worker's door-keeper; all ways in share what it remembers of clients."""

    def __init__(self, config: CoreConfig, counters: Counters) -> None:
        self._config = config
        self._counters = counters
        self._access = Access(config.allow, config.allow_rd0)
        self._clients: dict[int, Client] = {}
        self._everybody = Client()

    def door(self, transport: int, place: str) -> Door:
        """Return a way in."""
        return Door(transport, place, self._clients)

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
        self._remember(query, data, host, door)
        if query.form.qtype == codes.ANY:
            return answer_locally(self._counters, query, door, ANY_ANSWER)
        return query

    def may_recurse(self, query: Query, host: str) -> bool:
        """Whether a query is answered in full: with RD, or from where monitoring asks (row 6)."""
        return query.form.rd or self._access.admits_rd0(host)

    def _remember(self, query: Query, data: bytes, host: str, door: Door) -> None:
        """Note the form of the query and the (hashed) client for the hot path; both tables start anew when full."""
        limits = self._config.limits
        if len(door.clients) >= limits.hosts_max:
            door.clients.clear()
        client = door.clients[hash(host)] = self._everybody  # str hashes are salted per process: no address is kept
        if query.memorable and query.form.qtype != codes.ANY:
            if len(client.forms) >= limits.forms_max:
                client.forms.clear()
            client.forms[data[2:12] + data[12 + len(query.name) :]] = query.form
