"""`mamori ask`: one question to a resolver, for machines without dig. The question comes from the terminal or stdin."""

import click
from dnslib import DNSError, DNSRecord

from resolver.cli.exchange import NoAnswer, Server, ask_server
from resolver.cli.faults import CliFault, Exit
from resolver.cli.options import read_name
from resolver.cli.question import question
from resolver.settings.addresses import Endpoint, EndpointKind

SECONDS = 3.0  # for each transport


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
    click.echo(str(_exchange(question(read_name("Name and type")), endpoint)))


def _exchange(query: DNSRecord, server: Endpoint) -> DNSRecord:
    for kind in ("udp", "tcp"):
        try:
            reply = DNSRecord.parse(ask_server(Server(kind, server), bytes(query.pack()), SECONDS).wire)
        except NoAnswer as fault:
            raise CliFault(f"{server}: {fault}", Exit.UNREACHABLE) from None
        except DNSError:
            raise CliFault(f"{server}: no usable answer", Exit.UNREACHABLE) from None
        if not reply.header.tc:
            break
    return reply
