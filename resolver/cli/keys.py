"""`mamori subscriber-key`: the key a list body wraps its secrets for."""

import base64
from pathlib import Path

import click

from blocklist.keyring import subscriber_id
from blocklist.trust.storage.subscriber_key import public_key
from resolver.cli.faults import CliFault
from resolver.cli.identity import as_owner_of
from resolver.cli.options import config_option
from resolver.settings import load


@click.command("subscriber-key")
@config_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the public key (1,216 bytes) here.")
def subscriber_key(config: Path, out: Path | None) -> None:
    """Show this resolver's public key, for the list body.

    The key pair is made at the first call; the private key stays in the state folder. Tell the list body the id by
    another way than the file.
    """
    state = load(config, look_at_files=False).state
    with as_owner_of(state):
        public = public_key(state)
    if out is None:
        click.echo(base64.b64encode(public).decode())
    else:
        try:
            out.write_bytes(public)
        except OSError as error:
            raise CliFault(f"cannot write {out}: {error.strerror}") from None
    click.echo(f"subscriber id {subscriber_id(public)}", err=True)
