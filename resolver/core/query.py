"""Reading a client's question from wire bytes (answers.md rows 6 and 14)."""

from struct import Struct

from attrs import define, evolve, frozen

from resolver.core import codes
from resolver.core.edns import COOKIE_OPTION, Edns, make_opt, read_opt
from resolver.core.extras import Extras
from resolver.core.limits import Limits
from resolver.core.names import ROOT, WireFault, plain_name_end, skipped_name_end

_COUNTS = Struct(">HHHHH")  # flags, QDCOUNT, ANCOUNT, NSCOUNT, ARCOUNT
_RR = Struct(">HHIH")  # type, class, TTL, RDLENGTH
_QUESTION = Struct(">HH")
_UDP_BYTES_WITHOUT_EDNS = 512
_LIMITS = Limits()
_BYTES = tuple(bytes([value]) for value in range(256))


@frozen(eq=False)
class Form:
    """How one client wants to be answered: everything of a query but its id and its name.

    `tail` is QTYPE, QCLASS and one byte for `view`, DO and CD: appended to the lower-case name it is the cache key,
    since DO and CD change what an upstream answers, and the view what becomes of it. `slot` numbers the forms an
    answer can be rendered in.
    """

    qtype: int
    tail: bytes
    copied_flags: int
    wants_ad: bool
    has_opt: bool
    do: bool
    cd: bool
    udp_bytes: int
    slot: int
    view: int = 0
    """Number of the policy this client meets (`core/views.py`)."""

    @classmethod
    def of(cls, flags: int, qtype: int, qclass: int, edns: Edns | None) -> "Form":
        """Build the form of a query from its flags word, question and OPT."""
        do, cd = edns is not None and edns.do, bool(flags & codes.CD)
        wants_ad = do or bool(flags & codes.AD)
        size = edns.size if edns else _UDP_BYTES_WITHOUT_EDNS
        rd = bool(flags & codes.RD)
        return cls(
            qtype=qtype,
            tail=_QUESTION.pack(qtype, qclass) + bytes([do << 1 | cd]),
            copied_flags=flags & (codes.RD | codes.CD),
            wants_ad=wants_ad,
            has_opt=edns is not None,
            do=do,
            cd=cd,
            udp_bytes=max(_UDP_BYTES_WITHOUT_EDNS, min(size, _LIMITS.client_udp_bytes)),
            slot=rd | cd << 1 | wants_ad << 2 | do << 3 | (edns is not None) << 4,
        )

    def under(self, view: int) -> "Form":
        """Return the form of a client that meets this policy."""
        return self if view == self.view else evolve(self, view=view, tail=key_under(self.tail, view))

    @property
    def rd(self) -> bool:
        """Whether the client asked for recursion."""
        return bool(self.copied_flags & codes.RD)


def key_under(key: bytes, view: int) -> bytes:
    """Return the cache key of the same question under a view's policy."""
    last = key[-1]
    return key if last >> 2 == view else key[:-1] + _BYTES[view << 2 | last & 3]


@define(eq=False)
class Query:
    """One well-formed question: id and question in the client's own bytes, the name also in lower case."""

    ident: bytes
    question: bytes
    name: bytes
    form: Form
    memorable: bool
    """Whether the bytes behind the name may be remembered as a key of this form (no client-chosen options)."""
    flags: int = 0
    """The flags word; `edns` as read. Both are for the door only and stand in no query of a remembered form."""
    edns: Edns | None = None
    extras: Extras | None = None
    """What its options ask for."""

    @property
    def qclass(self) -> int:
        """QCLASS: IN, or CH for TXT."""
        return int.from_bytes(self.form.tail[2:4])

    @property
    def key(self) -> bytes:
        """The cache key: lower-case name, type, class, view, DO and CD."""
        return self.name + self.form.tail

    @property
    def asked(self) -> bytes:
        """What is asked of an upstream: the key whatever the view, so that clients of all views wait together."""
        return key_under(self.key, 0)


class BadQuery(Exception):
    """A client's message that is answered with an error; carries no text, only what the error answer repeats."""

    def __init__(self, ident: bytes, flags: int, rcode: int, question: bytes, edns: Edns | None) -> None:
        super().__init__("bad_query")
        self.ident = ident
        self.flags = flags
        self.rcode = rcode
        self.question = question
        self.edns = edns
        self.extras: Extras | None = None


def bare_answer(query: Query | BadQuery, rcode: int, extras: Extras | None = None) -> bytes:
    """Return an answer without records: header, the question if exactly one was read, our OPT if theirs was (row 14).

    Of the query's flags opcode, RD and CD are copied.
    """
    question, edns, opt = query.question, query.edns, b""
    if edns is not None:
        options = extras.close(b"", codes.HEADER_BYTES + len(question)) if extras else b""
        opt = make_opt(_LIMITS.client_udp_bytes, do=edns.do, rcode_high=rcode >> 4, options=options)
    kept = query.flags & (codes.OPCODE | codes.RD | codes.CD)
    word = codes.QR | codes.RA | kept | rcode & codes.RCODE
    return query.ident + _COUNTS.pack(word, bool(question), 0, 0, bool(opt)) + question + opt


def read_query(data: bytes) -> Query | None:
    """Return the question in `data`, or None when no answer may be sent (a response, or under 12 bytes).

    Raises BadQuery for everything row 14 answers with an error. A query for a server cookie has an empty question.
    """
    if len(data) < codes.HEADER_BYTES or data[2] & 0x80:
        return None
    flags, qdcount, ancount, nscount, arcount = _COUNTS.unpack_from(data, 2)
    reading = _Reading()
    if qdcount <= 1:
        reading.read(data, qdcount, ancount + nscount, arcount)
    qtype, qclass = _QUESTION.unpack(reading.question[-4:]) if reading.question else (0, codes.IN)
    rcode = _judge(flags, qtype, qclass, reading, ancount + nscount)
    if rcode:
        raise BadQuery(data[:2], flags, rcode, reading.question, reading.edns)
    form = Form.of(flags, qtype, qclass, reading.edns)
    name = reading.question[:-4].lower()
    plain = arcount == 0 or (arcount == 1 and reading.edns is not None and not reading.edns.options)
    memorable = plain and form.rd and qclass == codes.IN and name.find(0) == len(name) - 1
    return Query(data[:2], reading.question, name, form, memorable, flags, reading.edns)


def query_of_form(data: bytes, name_end: int, form: Form) -> Query | None:
    """Return the question of a message that differs from a remembered one in its name; None if that is unsound."""
    try:
        if plain_name_end(data, codes.HEADER_BYTES) != name_end:
            return None
    except WireFault:
        return None
    name = data[codes.HEADER_BYTES : name_end].lower()
    return Query(data[:2], data[codes.HEADER_BYTES : name_end + 4], name, form, True)


def _judge(flags: int, qtype: int, qclass: int, reading: "_Reading", records: int) -> int:
    """Return the rcode of the first rule of row 14 that a message breaks; NOERROR when it breaks none."""
    edns = reading.edns
    rules = (
        (bool(flags & codes.OPCODE), codes.NOTIMP),
        (not reading.whole, codes.FORMERR),
        (edns is not None and edns.version != 0, codes.BADVERS),
        (qclass != codes.IN and (qclass, qtype) != (codes.CH, codes.TXT), codes.REFUSED),
        (qtype in codes.META_QTYPES, codes.NOTIMP),
        (records != 0, codes.FORMERR),
    )
    return next((rcode for broken, rcode in rules if broken), codes.NOERROR)


@define(eq=False)
class _Reading:
    """How far a message could be read: an error answer repeats what was readable."""

    question: bytes = b""
    edns: Edns | None = None
    whole: bool = False

    def read(self, data: bytes, questions: int, others: int, additional: int) -> None:
        """Read the question, then walk every record up to the last byte; sets `whole` when all of it is sound.

        None is sound in a query that is for a server cookie only (RFC 7873 section 5.4).
        """
        try:
            end = self._read_question(data) if questions else codes.HEADER_BYTES
            for number in range(others + additional):
                end = self._read_record(data, end, number >= others)
            self.whole = end == len(data) and (bool(questions) or self._has_cookie)
        except WireFault:
            self.whole = False

    @property
    def _has_cookie(self) -> bool:
        return self.edns is not None and any(code == COOKIE_OPTION for code, _ in self.edns.options)

    def _read_question(self, data: bytes) -> int:
        end = plain_name_end(data, codes.HEADER_BYTES) + 4
        if end > len(data):
            raise WireFault("question_cut")
        self.question = data[codes.HEADER_BYTES : end]
        return end

    def _read_record(self, data: bytes, offset: int, additional: bool) -> int:
        owner_end = skipped_name_end(data, offset)
        start = owner_end + _RR.size
        if start > len(data):
            raise WireFault("record_cut")
        rtype, rclass, ttl, length = _RR.unpack_from(data, owner_end)
        end: int = start + length
        if end > len(data):
            raise WireFault("record_cut")
        if rtype == codes.OPT:
            if not additional or self.edns is not None or data[offset:owner_end] != ROOT:
                raise WireFault("opt_misplaced")
            self.edns = read_opt(rclass, ttl, data[start:end])
        return end
