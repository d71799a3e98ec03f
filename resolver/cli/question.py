"""What an operator typed, as a question."""

from typing import Final

import click
from dnslib import EDNS0, DNSError, DNSRecord
from dnslib.label import DNSLabelError

from blocklist.errors import EntryFault
from blocklist.names import canonical_name

UDP_BYTES: Final = 1232  # offered, as resolvers' clients do (DNS flag day 2020)


def question(typed: str) -> DNSRecord:
    """The query for `NAME` or `NAME TYPE`; UsageError."""
    name, _, kind = typed.partition(" ")
    try:
        query = DNSRecord.question(name if name.isascii() else canonical_name(name), kind.strip().upper() or "A")
        query.add_ar(EDNS0(udp_len=UDP_BYTES))
        query.pack()
    except (DNSError, DNSLabelError, ValueError, EntryFault):
        raise click.UsageError("expected NAME or NAME TYPE, like: www.example AAAA") from None
    return query
