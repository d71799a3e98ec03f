"""`key` and `ceremony`: new keys, and how they come into force. Each holder works on her own machine."""

import sys
from pathlib import Path
from typing import Any

import click
from attrs import asdict

from blocklist.errors import OperatorFault
from blocklist.publish.cli.door import Door, Passphrases
from blocklist.publish.cli.options import FILE, FOLDER, json_option, keys_option, passphrase_option
from blocklist.publish.cli.showing import tell
from blocklist.publish.files import read_file, write_atomically
from blocklist.publish.keys import ceremony as ceremonies
from blocklist.publish.keys import rotation
from blocklist.publish.keys.keyfiles import load_editor_keys, load_signing_key
from blocklist.publish.keys.publickeys import KINDS, PublicKeys, make_keys
from blocklist.publish.keys.rotation import Change
from blocklist.publish.keys.setup import KEYS_FOLDER
from blocklist.publish.keys.takeover import take_up
from blocklist.publish.publication import drop


@click.group()
def key() -> None:
    """Keys of one holder, made on her own machine."""


@key.command("make")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name")
@click.option("--duty", "with_duty", is_flag=True, help="An editor who is a duty officer, too.")
@keys_option
@passphrase_option
@json_option
def make_key(
    *,
    kind: str,
    name: str,
    with_duty: bool,
    keys_folder: Path | None,
    passphrase_files: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make NAME's key files for a seat of this KIND, and NAME.pub.json, which she hands over for the ceremony."""
    folder = keys_folder or Path(KEYS_FOLDER)
    passphrase = Passphrases.read(passphrase_files).get(name, new=True)
    made = make_keys(folder, kind, name, passphrase, with_duty=with_duty)
    path = folder / f"{name}.pub.json"
    write_atomically(path, made.to_bytes())
    facts = {"file": str(path), "keyids": list(made.keyids), "fingerprint": made.fingerprint}
    tell(facts, as_json=as_json, lines=[f"hand over {path}", f"tell its fingerprint: {made.fingerprint}"])


@key.command("show")
@click.argument("file", type=FILE)
@json_option
def show_key(*, file: Path, as_json: bool) -> None:
    """Show what a public key file holds, with the fingerprint its holder tells."""
    public = PublicKeys.from_bytes(read_file(file, "public key file"))
    facts = {"kind": public.kind, "name": public.name, "keyids": list(public.keyids)}
    tell({**facts, "fingerprint": public.fingerprint}, as_json=as_json)


@click.group()
def ceremony() -> None:
    """Changes of keys, with minutes: a folder that goes from holder to holder."""


@ceremony.command("plan")
@click.argument("desk", type=FOLDER)
@click.argument("folder", type=FOLDER)
@click.option("--reason", type=click.Choice(ceremonies.REASONS), required=True)
@click.option("--replace", "replaced", metavar="SEAT=FILE", multiple=True, help="A seat and its new NAME.pub.json.")
@json_option
@click.pass_context
def plan(
    ctx: click.Context, *, desk: Path, folder: Path, reason: str, replaced: tuple[str, ...], as_json: bool
) -> None:
    """Plan a change of keys in the new folder FOLDER. Seats: root-1…, an editor or duty officer, snapshot, timestamp.

    Without --replace every key stays and root.json gets another year.
    """
    changes = [_change(text) for text in replaced]
    made = ceremonies.plan(folder, desk, reason, changes, ctx.ensure_object(Door).now())
    _show(made, as_json)


@ceremony.command("show")
@click.argument("folder", type=FOLDER)
@json_option
def show_ceremony(*, folder: Path, as_json: bool) -> None:
    """Show what a ceremony does, who signed, and how many signatures are missing."""
    _show(ceremonies.Ceremony.open(folder), as_json)


@ceremony.command("sign")
@click.argument("folder", type=FOLDER)
@click.option("--holder", metavar="SEAT", required=True, help="Whose key to use: SEAT.pem or SEAT.sign.pem.")
@click.option("--yes", is_flag=True, help="Do not ask: for scripts that showed it before.")
@keys_option
@passphrase_option
@json_option
@click.pass_context
def sign_ceremony(
    ctx: click.Context,
    *,
    folder: Path,
    holder: str,
    yes: bool,
    keys_folder: Path | None,
    passphrase_files: tuple[str, ...],
    as_json: bool,
) -> None:
    """Sign what a ceremony does, once this tool has worked it out for itself from the plan."""
    opened = ceremonies.Ceremony.open(folder)
    if not yes:
        click.echo(opened.minutes.text(), err=True)
        if not sys.stdin.isatty() or not click.confirm("Put your key to this?", err=True):
            raise OperatorFault("not_confirmed", "nothing was signed: answer y at the terminal, or --yes in a script")
    signer = load_signing_key(
        _key_file(keys_folder or Path(KEYS_FOLDER), holder), _passphrase(passphrase_files, holder)
    )
    _show(opened.sign(holder, signer, ctx.ensure_object(Door).now()), as_json)


@ceremony.command("finish")
@click.argument("desk", type=FOLDER)
@click.argument("folder", type=FOLDER)
@click.option("--editor", metavar="NAME", help="Who wraps the desk's secrets to a new reading key.")
@click.option("--drop", "drop_folder", metavar="DROP", type=FOLDER, help="Hand the new root to the online signer.")
@keys_option
@passphrase_option
@json_option
@click.pass_context
def finish(
    ctx: click.Context,
    *,
    desk: Path,
    folder: Path,
    editor: str | None,
    drop_folder: Path | None,
    keys_folder: Path | None,
    passphrase_files: tuple[str, ...],
    as_json: bool,
) -> None:
    """Put a ceremony in force at the desk, once enough holders signed. Run again after a fault, it goes on."""
    now = ctx.ensure_object(Door).now()
    here = keys_folder or desk / KEYS_FOLDER
    keys = None if editor is None else load_editor_keys(here, editor, _passphrase(passphrase_files, editor))
    taken = take_up(desk, ceremonies.Ceremony.open(folder), keys, now)
    if drop_folder is not None:
        drop.put(drop_folder, (), now, roots=rotation.roots(desk))
    facts = asdict(taken, value_serializer=lambda _, __, value: str(value) if isinstance(value, Path) else value)
    lines = [f"root version {taken.root_version} is in force at the desk; minutes in {taken.minutes}"]
    if taken.entries_to_approve or taken.subscribers_to_approve:
        lines.append(
            f"{taken.entries_to_approve} entries and {taken.subscribers_to_approve} subscribers need another editor's"
            " approval before the next build: `mamori-list diff`, then `mamori-list approve`"
        )
    tell(facts, as_json=as_json, lines=lines)


def _change(text: str) -> Change:
    seat, mark, path = text.partition("=")
    if not (seat and mark and path):
        raise OperatorFault("replace", f"--replace {text!r}: write SEAT=FILE")
    return Change(seat, PublicKeys.from_bytes(read_file(Path(path), "public key file")))


def _key_file(folder: Path, holder: str) -> Path:
    """A root holder's or an editor's signing key."""
    root = folder / f"{holder}.pem"
    return root if root.exists() else folder / f"{holder}.sign.pem"


def _passphrase(files: tuple[str, ...], holder: str) -> bytes:
    return Passphrases.read(files).get(holder)


def _show(shown: ceremonies.Ceremony, as_json: bool) -> None:
    before, after = shown.missing()
    facts: dict[str, Any] = {
        **shown.minutes.facts,
        "signed_by": [one.holder for one in shown.minutes.proven(shown.signers())],
        "missing_before": before,
        "missing_after": after,
    }
    need = f"signatures missing: {before} of the holders before, {after} of those after"
    tell(facts, as_json=as_json, lines=[*shown.minutes.text().splitlines(), need])
