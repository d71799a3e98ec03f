"""How the demo's upstream answers: query bytes in, answer bytes out; no sockets.

It behaves as a validating resolver in front of one unsigned zone would (RA set, AD never, aliases followed, addresses
of mail hosts in the additional section). Names outside the zone do not exist: the demo needs no Internet.
"""

from dnslib import EDNS0, OPCODE, QTYPE, RCODE, RR, SOA, DNSError, DNSHeader, DNSLabel, DNSRecord

from resolver.app.demo_zone import Zone, redirected

LONGEST_CHAIN = 20  # aliases followed in one answer
UDP_BYTES = 1232  # largest answer over UDP, whatever the query offers
PLAIN_UDP_BYTES = 512  # largest without EDNS (RFC 1035)

_ROOT_SOA = RR(".", QTYPE.SOA, ttl=60, rdata=SOA("ns.example.", "hostmaster.example.", (1, 3600, 600, 86400, 60)))


def answer(zone: Zone, data: bytes, *, udp: bool) -> bytes | None:
    """Answer one query; None for what is no query at all."""
    try:
        query = DNSRecord.parse(data)
    except DNSError:
        return None
    if query.header.qr or len(query.questions) != 1:
        return None
    reply = _empty_reply(query)
    if query.header.opcode == OPCODE.QUERY:
        _follow(zone, reply)
        _add_addresses(zone, reply)
    else:
        reply.header.rcode = RCODE.NOTIMP
    return _fitted(reply, query, udp=udp)


def _empty_reply(query: DNSRecord) -> DNSRecord:
    header = DNSHeader(id=query.header.id, qr=1, rd=query.header.rd, ra=1)
    return DNSRecord(header, questions=query.questions)


def _follow(zone: Zone, reply: DNSRecord) -> None:
    """Fill answer and authority sections, from alias to alias."""
    name, qtype = reply.q.qname, reply.q.qtype
    for _ in range(LONGEST_CHAIN):
        step = _step(zone, reply, name, qtype)
        if step is None or any(each.rname == step for each in reply.rr):
            return
        name = step


def _step(zone: Zone, reply: DNSRecord, name: DNSLabel, qtype: int) -> DNSLabel | None:
    """Add what stands at one name; return the next name of an alias."""
    found = zone.find(name)
    if qtype in found.records:
        reply.add_answer(*found.records[qtype])
        return None
    dname = None if found.exists else zone.alias_above(name)
    if dname:
        reply.add_answer(dname)
    aliases = [redirected(name, dname)] if dname else found.records.get(QTYPE.CNAME, [])
    if not aliases:
        _deny(zone, reply, name, exists=found.exists)
        return None
    reply.add_answer(*aliases)
    target: DNSLabel = aliases[0].rdata.label
    return target


def _deny(zone: Zone, reply: DNSRecord, name: DNSLabel, *, exists: bool) -> None:
    if zone.covers(name):
        reply.add_auth(zone.soa)
    else:
        reply.add_auth(
            RR(".", QTYPE.SOA, ttl=60, rdata=SOA("ns.example.", "hostmaster.example.", (1, 3600, 600, 86400, 60)))
        )
        exists = name == DNSLabel(".")
    reply.header.rcode = RCODE.NOERROR if exists else RCODE.NXDOMAIN


def _add_addresses(zone: Zone, reply: DNSRecord) -> None:
    """Add the addresses of hosts named by MX, SRV and NS, as servers do (and as a resolver must clean)."""
    for each in reply.rr:
        target = (
            each.rdata.target if each.rtype == QTYPE.SRV else each.rdata.label if each.rtype in _NAMES_HOST else None
        )
        if target is not None:
            records = zone.find(target).records
            reply.add_ar(*(found for kind in (QTYPE.A, QTYPE.AAAA) for found in records.get(kind, ())))


_NAMES_HOST = (QTYPE.MX, QTYPE.NS)


def _fitted(reply: DNSRecord, query: DNSRecord, *, udp: bool) -> bytes:
    """Pack; over UDP an answer that is too large is cut to its question, with TC set (RFC 2181, section 9)."""
    opt = next((each for each in query.ar if each.rtype == QTYPE.OPT), None)
    if opt is not None:
        reply.add_ar(EDNS0(udp_len=UDP_BYTES))
    data = bytes(reply.pack())
    most = min(max(opt.edns_len, PLAIN_UDP_BYTES), UDP_BYTES) if opt is not None else PLAIN_UDP_BYTES
    if not udp or len(data) <= most:
        return data
    cut = _empty_reply(query)
    cut.header.tc = 1
    cut.header.rcode = reply.header.rcode
    if opt is not None:
        cut.add_ar(EDNS0(udp_len=UDP_BYTES))
    return bytes(cut.pack())
