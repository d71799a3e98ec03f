"""Answers as the hot path serves them: head and OPT are rendered once per form of query, then joined with the rest."""

from collections.abc import Sequence
from struct import Struct

from resolver.core import codes
from resolver.core.counters import rcode_cell
from resolver.core.edns import OPT_BYTES, make_ede, make_opt
from resolver.core.limits import Limits
from resolver.core.query import Form, Query

_HEAD = Struct(">HHHHH")
_TTL = Struct(">I")
_CLIENT_UDP_BYTES = Limits().client_udp_bytes
_QUESTION_POINTER = b"\xc0\x0c"
_POLICY_FLAGS = codes.QR | codes.RA
_ZONE_FLAGS = codes.QR | codes.AA | codes.RA
_ANY_TTL = 3600


class Answer:
    """One answer without id, question and OPT; `sections` may point into the question, whose length is fixed.

    Flags hold QR, AA, AD, RA and the rcode (12 bits of it: `rcode_high` goes into OPT). Nothing here names anybody.
    `rendered` has head and OPT by the slot of a form; answers that differ in their TTLs only share it.
    """

    __slots__ = ("cell", "counts", "flags", "options", "rcode", "rendered", "sections")

    def __init__(
        self,
        flags: int,
        rcode: int = codes.NOERROR,
        counts: tuple[int, int, int] = (0, 0, 0),
        sections: bytes = b"",
        options: bytes = b"",
        rendered: dict[int, tuple[bytes, bytes]] | None = None,
    ) -> None:
        self.flags = flags
        self.rcode = rcode
        self.cell = rcode_cell(rcode)
        self.counts = counts
        self.sections = sections
        self.options = options
        self.rendered: dict[int, tuple[bytes, bytes]] = {} if rendered is None else rendered

    def render(self, form: Form) -> tuple[bytes, bytes]:
        """Return the ten bytes before the question and the OPT for this kind of client, remembered."""
        known = self.rendered.get(form.slot)
        if known is None:
            an, ns, ar = self.counts
            head = _HEAD.pack(self._flags_for(form), 1, an, ns, ar + form.has_opt)
            known = self.rendered[form.slot] = (head, self._opt_for(form, self.options))
        return known

    def _cut(self, form: Form, question: bytes, transport: int, more: bytes = b"") -> tuple[bytes, bytes]:
        """Return the same where it is too large. A stream is the last resort: there options go before records do."""
        room = _most(form, transport) - codes.HEADER_BYTES - len(question)
        if transport == codes.UDP or len(self.sections) + OPT_BYTES > room:
            return self._truncated(form, room, more)
        head, _ = self.render(form)
        return head, self.sections + self._opt_for(form, b"")

    def _truncated(self, form: Form, room: int, more: bytes) -> tuple[bytes, bytes]:
        """Return the same with TC set and no records: the client comes back over TCP.

        Behind the question are `room` bytes: the options of this answer are left out where they do not fit.
        """
        fits = OPT_BYTES + len(self.options) + len(more) <= room
        opt = self._opt_for(form, self.options + more if fits else more)
        return _HEAD.pack(self._flags_for(form) | codes.TC, 1, 0, 0, form.has_opt), opt

    def _flags_for(self, form: Form) -> int:
        flags = self.flags | form.copied_flags | self.rcode & codes.RCODE
        return flags if form.wants_ad else flags & ~codes.AD

    def _opt_for(self, form: Form, options: bytes) -> bytes:
        if not form.has_opt:
            return b""
        return make_opt(_CLIENT_UDP_BYTES, do=form.do, rcode_high=self.rcode >> 4, options=options)

    def reply(self, query: Query, transport: int) -> bytes:
        """Return the whole message for one query, with what its options ask for."""
        extras, form = query.extras, query.form
        if extras is None:
            return self.message(query.ident, query.question, form, transport)
        an, ns, ar = self.counts
        others = codes.HEADER_BYTES + len(query.question) + len(self.sections)
        options = extras.close(self.options, others)
        if others + OPT_BYTES + len(options) > _most(form, transport):
            head, tail = self._cut(form, query.question, transport, extras.options)
        else:
            head = _HEAD.pack(self._flags_for(form), 1, an, ns, ar + 1)
            tail = self.sections + self._opt_for(form, options)
        return query.ident + head + query.question + tail

    def message(self, ident: bytes, question: bytes, form: Form, transport: int) -> bytes:
        """Return the whole message for one client; over UDP cut to what the client can take (TC)."""
        head, opt = self.render(form)
        if codes.HEADER_BYTES + len(question) + len(self.sections) + len(opt) > _most(form, transport):
            head, tail = self._cut(form, question, transport)
            return ident + head + question + tail
        return b"".join((ident, head, question, self.sections, opt))


def _most(form: Form, transport: int) -> int:
    """Return how many bytes a message to this client may have."""
    return form.udp_bytes if transport == codes.UDP else codes.MESSAGE_BYTES_MAX


def record(rtype: int, ttl: int, rdata: bytes, owner: bytes = _QUESTION_POINTER, *, rclass: int = codes.IN) -> bytes:
    """Return one record; the default owner is QNAME in the client's own case."""
    return owner + rtype.to_bytes(2) + rclass.to_bytes(2) + _TTL.pack(ttl) + len(rdata).to_bytes(2) + rdata


def policy_soa(ttl: int) -> bytes:
    """Return the constant SOA of policy answers: owner QNAME, names `.`, serial 1, TTL = MINIMUM."""
    numbers = b"".join(_TTL.pack(number) for number in (1, 3600, 600, 86_400, ttl))
    return record(codes.SOA, ttl, b"\0\0" + numbers)


def nodata(ttl: int, options: bytes = b"") -> Answer:
    """Return NODATA with the policy SOA."""
    return Answer(_POLICY_FLAGS, counts=(0, 1, 0), sections=policy_soa(ttl), options=options)


def positive(rtype: int, ttl: int, rdata: bytes, options: bytes = b"") -> Answer:
    """Return one record owned by QNAME."""
    return Answer(_POLICY_FLAGS, counts=(1, 0, 0), sections=record(rtype, ttl, rdata), options=options)


def zone_answer(
    rcode: int, answers: Sequence[bytes], authority: Sequence[bytes], additional: Sequence[bytes] = ()
) -> Answer:
    """Return an authoritative answer of a zone served here, from encoded records."""
    sections = b"".join((*answers, *authority, *additional))
    return Answer(_ZONE_FLAGS, rcode, (len(answers), len(authority), len(additional)), sections)


def failure(*ede_codes: int, rcode: int = codes.SERVFAIL) -> Answer:
    """Return an answer without records, with the reasons as EDE."""
    return Answer(codes.QR | codes.RA, rcode, options=make_ede(*ede_codes))


COME_OVER_TCP = Answer(codes.QR | codes.RA | codes.TC)
"""Nothing, and TC: whoever sent the query comes back over TCP."""
ANY_ANSWER = positive(codes.HINFO, _ANY_TTL, b"\x07RFC8482\x00")
"""The whole truth about ANY (RFC 8482), for every name."""
