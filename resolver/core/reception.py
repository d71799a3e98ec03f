"""From a client's bytes to a question that may be answered, or to what is said at once.

In order: read it strictly, options too (row 14); the client's rate; serve it at all (row 6); cookies and identity; ANY
(row 5). What passes is remembered, so that the hot path knows the next query of this form from this client.
"""

from collections.abc import Callable, Sequence
from weakref import WeakValueDictionary

from resolver.core import codes
from resolver.core.access import Access, host_of
from resolver.core.answer import ANY_ANSWER, COME_OVER_TCP
from resolver.core.client_table import ClientTable
from resolver.core.clients import AnyClient
from resolver.core.config import CoreConfig
from resolver.core.cookies import Cookies
from resolver.core.counters import Counters
from resolver.core.door import Door
from resolver.core.extras import OptionFault, Options
from resolver.core.flights import Waiting
from resolver.core.hit_path import HitPath
from resolver.core.identity import identity_answer
from resolver.core.local import answer_locally, refusal
from resolver.core.pending import Waiter
from resolver.core.query import BadQuery, Query, bare_answer, query_of_form, read_query
from resolver.core.views import Views


class Reception:
    """One worker's door-keeper; all ways in share what it remembers of clients."""

    def __init__(
        self, config: CoreConfig, counters: Counters, unix_time: Callable[[], float], hit_path: HitPath
    ) -> None:
        self._config = config
        self._counters = counters
        self._access = Access(config.allow, config.allow_rd0)
        self._views = Views(config)
        self._hit_path = hit_path
        self._clients = ClientTable(config, self._access, self._views, hit_path)
        self._unix_time = unix_time
        self._doors: WeakValueDictionary[int, Door] = WeakValueDictionary()
        self._options = Options(config.nsid, None, config.limits)

    def use_cookie_secrets(self, secrets: Sequence[bytes]) -> None:
        """Make and take server cookies under these, newest first; without any, no cookies."""
        cookies = Cookies(secrets, self._unix_time, self._config.limits) if secrets else None
        self._options = Options(self._config.nsid, cookies, self._config.limits)
        self._hit_path.use_cookie_secrets(secrets)

    def door(self, transport: int, place: str) -> Door:
        """Return a way in."""
        views = self._views.at(place)
        door = Door(transport, place, views, *self._clients.hosts(views))
        self._hit_path.open_door(door)
        self._doors[door.number] = door
        return door

    def waiter(self, waiting: Waiting) -> Waiter:
        """Return who has waited for a question that is handed over; its query was read and counted when it came."""
        packet, address, name, source, number, asked = waiting
        door = self._doors[number]
        query = self._read(packet, address, door)
        assert isinstance(query, Query)
        return Waiter(query, door, (door.sink, (name, source)), asked)

    def receive(self, data: bytes, address: bytes, door: Door, now: float) -> Query | bytes | None:
        """Return the question to be answered, the message that answers already, or None for what is dropped."""
        client = self._clients.find(address, door, now)
        if not client.allow(now):
            return self._receive_over_limit(data, address, client, door, now)
        query = self._read(data, address, door)
        return self._drop() if query is None else self._receive_read(query, data, address, client, door)

    def _receive_read(
        self, query: Query | BadQuery, data: bytes, address: bytes, client: AnyClient, door: Door
    ) -> Query | bytes:
        if isinstance(query, BadQuery):
            return self._say(query, door, query.rcode)
        if not client.admitted:
            return self._refuse(query, door)
        if not query.question:
            return self._cookie_only(query, address, door)
        if query.qclass != codes.IN:
            return self._identity(query, door)
        query.form = query.form.under(client.view)
        self._remember(query, data, client)
        if query.form.qtype == codes.ANY:
            return answer_locally(self._counters, query, door, ANY_ANSWER)
        return query

    def next_deadline(self) -> float | None:
        """Return when `forget` is due."""
        return self._clients.next_deadline()

    def forget(self, now: float) -> None:
        """Forget clients that were not met for a while."""
        self._clients.forget(now)

    def admits(self, host: str) -> bool:
        """Whether this client is served at all."""
        return self._access.admits(host)

    def may_recurse(self, query: Query, address: bytes) -> bool:
        """Whether a query is answered in full: with RD, or from where monitoring asks (row 6)."""
        return query.form.rd or self._access.admits_rd0(host_of(address))

    def _read(self, data: bytes, address: bytes, door: Door) -> Query | BadQuery | None:
        """Read a message with its options."""
        query: Query | BadQuery | None
        try:
            query = read_query(data)
        except BadQuery as bad:
            query = bad.with_traceback(None)
        if query is None or query.edns is None:
            return query
        try:
            query.extras = self._options.read(query.edns.options, address, door.transport)
        except OptionFault:
            return BadQuery(query.ident, query.flags, codes.FORMERR, query.question, query.edns)
        return query

    # --- over the limit ---------------------------------------------------------------------------------

    def _receive_over_limit(
        self, data: bytes, address: bytes, client: AnyClient, door: Door, now: float
    ) -> Query | bytes | None:
        """Serve those who proved their address, up to a limit of their own. Streams are refused beyond it.

        Over UDP queries are dropped, but every other well-formed one is told how to be answered (`slips`): with the
        cookie sent along, where one is missing, or else over TCP. The most part of a flood has no option and a form met
        before: that is not even read, for it shall cost less than an answer.
        """
        slips, is_udp = client.slip(), door.transport == codes.UDP
        if is_udp and not client.admitted:
            return self._drop_over_limit()
        if is_udp and (form := client.form_of(data)) is not None:
            return self._send_to_tcp(query_of_form(data, _name_end(data), form) if slips else None, door)
        query = self._read(data, address, door)
        if query is None:
            return self._drop()
        is_proven = not is_udp or self._options.proves(query.extras, address)
        if is_proven and client.allow_proven(now):
            return self._receive_read(query, data, address, client, door)
        if is_udp and (isinstance(query, BadQuery) or not slips):
            return self._drop_over_limit()
        if isinstance(query, Query) and is_udp and (is_proven or not (query.extras and query.extras.cookie)):
            return self._send_to_tcp(query, door)
        self._counters.add(self._counters.layout.rate_limited)
        return self._say(query, door, codes.BADCOOKIE if is_udp else codes.REFUSED)

    def _send_to_tcp(self, query: Query | None, door: Door) -> bytes | None:
        if query is None or not query.question:  # who asks for a cookie only has nothing to bring to TCP
            return self._drop_over_limit()
        self._counters.add(self._counters.layout.rate_limited)
        query.extras = query.extras and query.extras.of_error()
        return answer_locally(self._counters, query, door, COME_OVER_TCP)

    def _drop_over_limit(self) -> bytes | None:
        self._counters.add(self._counters.layout.rate_limited)
        return self._drop()

    def _drop(self) -> bytes | None:
        self._counters.add(self._counters.layout.dropped)
        return None

    # --- what is said at once ---------------------------------------------------------------------------

    def _say(self, query: Query | BadQuery, door: Door, rcode: int) -> bytes:
        self._counters.book_local(door.transport, rcode)
        return bare_answer(query, rcode, query.extras and query.extras.of_error())

    def _refuse(self, query: Query, door: Door) -> bytes:
        """A stranger. Over UDP its address may be forged: what is sent there is no larger than what came."""
        if door.transport == codes.UDP or not query.question:
            return self._say(query, door, codes.REFUSED)
        query.extras = query.extras and query.extras.of_error()
        return answer_locally(self._counters, query, door, refusal(self._config))

    def _cookie_only(self, query: Query, address: bytes, door: Door) -> bytes:
        """No question: a server cookie is asked for, or to be confirmed (RFC 7873 section 5.4)."""
        if query.extras is None or not query.extras.cookie:
            return self._say(query, door, codes.FORMERR)  # cookies are off
        is_good = query.extras.brings_none or self._options.proves(query.extras, address)
        return self._say(query, door, codes.NOERROR if is_good else codes.BADCOOKIE)

    def _identity(self, query: Query, door: Door) -> bytes:
        answer = identity_answer(query.name, self._config.nsid)
        if answer is None:
            return self._say(query, door, codes.REFUSED)
        return answer_locally(self._counters, query, door, answer)

    def _remember(self, query: Query, data: bytes, client: AnyClient) -> None:
        """Note the form of the query for the hot path; the table starts anew when full."""
        limits = self._config.limits
        if query.memorable and query.form.qtype != codes.ANY:
            if len(client.forms) >= limits.forms_max:
                client.forms.clear()
            client.forms[data[2:12] + data[12 + len(query.name) :]] = query.form


def _name_end(data: bytes) -> int:
    """Return where the name ends in a message of a known form."""
    return data.find(0, codes.HEADER_BYTES) + 1
