"""Numbers of the DNS wire format that the core names: types, classes, flags, rcodes, EDE codes, transports."""

from typing import Final

UDP: Final = 0
TCP: Final = 1
DOT: Final = 2
DOH: Final = 3

# RR types (IANA registry). Only those the core treats in a way of their own are named.
A: Final = 1
NS: Final = 2
CNAME: Final = 5
SOA: Final = 6
PTR: Final = 12
HINFO: Final = 13
TXT: Final = 16
AAAA: Final = 28
DNAME: Final = 39
OPT: Final = 41
DS: Final = 43
RRSIG: Final = 46
NSEC: Final = 47
DNSKEY: Final = 48
NSEC3: Final = 50
SVCB: Final = 64
HTTPS: Final = 65
TKEY: Final = 249
TSIG: Final = 250
IXFR: Final = 251
AXFR: Final = 252
MAILB: Final = 253
MAILA: Final = 254
ANY: Final = 255

ADDRESS_TYPES: Final = frozenset({A, AAAA, HTTPS, SVCB})
"""The types that lead a browser to a site: these are answered by policy (answers.md rows 1-3)."""
SERVICE_TYPES: Final = frozenset({HTTPS, SVCB})
ALIAS_TYPES: Final = frozenset({CNAME, DNAME})
PROOF_TYPES: Final = frozenset({RRSIG, NSEC, NSEC3})
META_QTYPES: Final = frozenset({OPT, TKEY, TSIG, IXFR, AXFR, MAILB, MAILA})
"""Never forwarded: answered NOTIMP (row 14)."""

IN: Final = 1
CH: Final = 3

# Header flags (RFC 1035 4.1.1, RFC 4035 3.2) in the second 16-bit word of a message.
QR: Final = 0x8000
OPCODE: Final = 0x7800
AA: Final = 0x0400
TC: Final = 0x0200
RD: Final = 0x0100
RA: Final = 0x0080
AD: Final = 0x0020
CD: Final = 0x0010
RCODE: Final = 0x000F

NOERROR: Final = 0
FORMERR: Final = 1
SERVFAIL: Final = 2
NXDOMAIN: Final = 3
NOTIMP: Final = 4
REFUSED: Final = 5
YXDOMAIN: Final = 6
BADVERS: Final = 16
BADCOOKIE: Final = 23

# Extended DNS Errors (RFC 8914).
EDE_STALE_ANSWER: Final = 3
EDE_DNSSEC: Final = frozenset({*range(5, 13), 25})
"""Those that a validator gives for signatures that do not hold: from 5 (indeterminate) over 6 (bogus) to 12, and 25."""
EDE_FORGED_ANSWER: Final = 4
EDE_BLOCKED: Final = 15
EDE_PROHIBITED: Final = 18
EDE_STALE_NXDOMAIN: Final = 19
EDE_NO_REACHABLE_AUTHORITY: Final = 22
EDE_NETWORK_ERROR: Final = 23

HEADER_BYTES: Final = 12
MESSAGE_BYTES_MAX: Final = 65_535
NAME_BYTES_MAX: Final = 255
LABEL_BYTES_MAX: Final = 63
