"""`mamori ask`: one question to a resolver, for machines without dig. The question comes from the terminal or stdin."""

import click
from dnslib import EDNS0, DNSError, DNSRecord

from resolver.cli.faults import CliFault, Exit
from resolver.cli.options import read_name
from resolver.settings.addresses import Endpoint, EndpointKind

SECONDS = 3.0  # for each transport
UDP_BYTES = 1232


@click.command()
@click.option("--server", default="127.0.0.1:53", show_default=True, help="The resolver's address:port.")
def ask(server: str) -> None:
    """Ask a resolver, for machines without dig.

    Reads NAME or NAME TYPE; asks over UDP and, where the answer is too large, TCP.
    """
    try:
        endpoint = EndpointKind().read(server)
    except ValueError as fault:
        raise click.UsageError(f"--server: {fault}") from None
    name, _, kind = read_name("Name and type").partition(" ")
    click.echo(str(_exchange(_query(name, kind.strip().upper() or "A"), endpoint)))


def _query(name: str, kind: str) -> DNSRecord:
    try:
        query = DNSRecord.question(name, kind)
        query.add_ar(EDNS0(udp_len=UDP_BYTES))
        query.pack()
    except (DNSError, ValueError):
        raise click.UsageError("expected NAME or NAME TYPE, like: www.example AAAA") from None
    return query


def _exchange(query: DNSRecord, server: Endpoint) -> DNSRecord:
    for tcp in (False, True):
        try:
            reply = DNSRecord.parse(
                query.send(server.host, server.port, tcp=tcp, timeout=SECONDS, ipv6=":" in server.host)
            )
        except (OSError, DNSError) as error:
            why = "no answer in time" if isinstance(error, TimeoutError) else "no usable answer"
            raise CliFault(f"{server}: {why}", Exit.UNREACHABLE) from None
        if not reply.header.tc:
            break
    return reply
