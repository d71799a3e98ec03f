"""`hsm`: an online key in a PKCS#11 token. The PIN is typed, or read from `--passphrase-file pin=FILE`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from blocklist.publish.cli.door import Passphrases
from blocklist.publish.cli.options import FILE, FOLDER, Verb, json_option, passphrase_option
from blocklist.publish.cli.showing import tell
from blocklist.publish.files import make_folder, write_atomically
from blocklist.publish.keys import hsm as tokens
from blocklist.publish.keys.online import PIN
from blocklist.publish.keys.publickeys import ONLINE_KINDS, PublicKeys, check_key_name

DEFAULT_NUMBER = 2  # securesystemslib's own default: the PIV slot for signatures


@click.group()
def hsm() -> None:
    """An online key in a PKCS#11 token."""


def _in_token(verb: Verb) -> Verb:
    options: tuple[Callable[[Verb], Verb], ...] = (
        click.argument("keys_folder", metavar="KEYS", type=FOLDER),
        click.argument("kind", type=click.Choice(ONLINE_KINDS)),
        click.option("--name", help="Name of the key's files [KIND]."),
        click.option("--module", type=FILE, required=True, help="The token's PKCS#11 library."),
        click.option("--token", metavar="LABEL", required=True, help="The token's label."),
        click.option(
            "--number", type=click.IntRange(1, 255), default=DEFAULT_NUMBER, show_default=True, help="Key id."
        ),
        passphrase_option,
        json_option,
    )
    for option in reversed(options):
        verb = option(verb)
    return verb


@hsm.command("make")
@_in_token
def make(*, module: Path, token: str, number: int, passphrase_files: tuple[str, ...], **options: Any) -> None:
    """Make a key in the token that never leaves it, and the two public files that name it."""
    _keep(tokens.make_key(module, token, number, Passphrases.read(passphrase_files).get(PIN)), **options)


@hsm.command("import")
@_in_token
def import_key(*, module: Path, token: str, number: int, passphrase_files: tuple[str, ...], **options: Any) -> None:
    """Use a key that is in the token already."""
    _keep(tokens.import_key(module, token, number, Passphrases.read(passphrase_files).get(PIN)), **options)


def _keep(key: tokens.TokenKey, *, keys_folder: Path, kind: str, name: str | None, as_json: bool) -> None:
    name = check_key_name(kind, name or kind)
    make_folder(keys_folder)
    key.save(keys_folder / f"{name}{tokens.SUFFIX}")
    public = PublicKeys(kind, name, key.public)
    path = keys_folder / f"{name}.pub.json"
    write_atomically(path, public.to_bytes())
    lines = [f"hand over {path} for the ceremony", f"tell its fingerprint: {public.fingerprint}"]
    tell(
        {"file": str(path), "keyid": key.public.keyid, "fingerprint": public.fingerprint}, as_json=as_json, lines=lines
    )
