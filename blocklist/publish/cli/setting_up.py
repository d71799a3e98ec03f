"""`init` and `subscriber`: the body's own keys, and the ISPs that may read its list."""

import base64
import binascii
import json
import secrets
from pathlib import Path
from typing import Any

import click
from attrs import evolve

from blocklist import canonical
from blocklist.criteria import DEMO, CriteriaSet
from blocklist.errors import OperatorFault, PublisherFault
from blocklist.keyring import PUBLIC_BYTES
from blocklist.publish.body import EDITORS_NEEDED
from blocklist.publish.cli.door import ONLINE, Door, Passphrases, Session
from blocklist.publish.cli.options import (
    FILE,
    as_editor,
    desk_argument,
    json_option,
    keys_option,
    on_desk,
    passphrase_option,
)
from blocklist.publish.cli.showing import tell
from blocklist.publish.desk import Desk
from blocklist.publish.files import read_file, write_atomically
from blocklist.publish.keys import setup
from blocklist.publish.keys.keyfiles import EditorKeys
from blocklist.publish.publication.outlet import ONLINE_ROLES

PASSPHRASE_RANDOM_BYTES = 18


@click.command()
@desk_argument
@click.option("--list-id", required=True, help="Short name of the list, pinned by every ISP (a-z, 0-9, -).")
@click.option("--purpose", default="csam", show_default=True, help="The one purpose there is.")
@click.option("--editor", "editors", metavar="NAME", multiple=True, required=True, help="An editor; three or more.")
@click.option("--own-domain", metavar="DOMAIN", help="The body's domain, under which its self-test names live.")
@click.option("--criteria", type=FILE, help="Criteria set (JSON); without it the built-in demo set.")
@click.option("--small", is_flag=True, help="Small body: root 2 of 3 keys instead of 3 of 5.")
@click.option("--subscriber", "subscribers", type=FILE, multiple=True, help="Public key of a first subscriber.")
@click.option(
    "--make-passphrase", metavar="FILE", type=FILE, help="For a trial: one random passphrase for all keys, put in FILE."
)
@keys_option
@passphrase_option
@click.option("--duty", "duties", metavar="NAME", multiple=True, help="A duty officer, who may withdraw [the editors].")
@json_option
@click.pass_context
def init(
    ctx: click.Context,
    /,
    *,
    folder: Path,
    subscribers: tuple[Path, ...],
    make_passphrase: Path | None,
    keys_folder: Path | None,
    passphrase_files: tuple[str, ...],
    as_json: bool,
    **told: Any,
) -> None:
    """Make a desk: keys for every holder, root.json, and the empty master.

    Every holder types her own passphrase. Afterwards give each holder her key files and take them off this machine.
    """
    keys_of_subscribers = [(path.stem, read_public_key(path)) for path in subscribers]
    planned = _planned(**told)
    setup.check(folder, planned)
    if make_passphrase:
        _make_passphrase(make_passphrase)
        passphrase_files = (str(make_passphrase),)
    new = _with_passphrases(planned, Passphrases.read(passphrase_files))
    desk = Desk.create(folder, new, ctx.ensure_object(Door).now(), keys_folder)
    first, second = (desk.unlock(name, new.passphrases[name]) for name in new.editors[:2])
    for label, public in keys_of_subscribers:
        desk.approve(second, [desk.register_subscriber(public, label, first)])
    desk.close()
    _tell_made(desk, new, as_json)


def _planned(*, criteria: Path | None, small: bool, **told: Any) -> setup.NewDesk:
    return setup.NewDesk(
        criteria=_read_criteria(criteria) if criteria else DEMO,
        root=setup.SMALL_ROOT if small else setup.FULL_ROOT,
        passphrases={},
        **told,
    )


def _with_passphrases(new: setup.NewDesk, passphrases: Passphrases) -> setup.NewDesk:
    typed = {name: passphrases.get(name, new=True) for name in (*new.holders, ONLINE)}
    return evolve(new, passphrases=typed | dict.fromkeys(ONLINE_ROLES, typed[ONLINE]))


def _tell_made(desk: Desk, new: setup.NewDesk, as_json: bool) -> None:
    root, pinned = new.root, desk.folder / setup.ROOT_FILE
    duties = new.duties or new.editors
    facts = {
        "list_id": new.list_id,
        "root": {"needed": root.needed, "keys": root.keys, "file": str(pinned)},
        "editors": list(new.editors),
        "duties": list(duties),
        "keys_folder": str(desk.keys_folder),
    }
    lines = (
        f"list {new.list_id}: root {root.needed} of {root.keys}, targets and keyring 2 of {len(new.editors)} editors,"
        f" withdraw 1 of {len(duties)} duty officers",
        f"ISPs pin {pinned}; key files are in {desk.keys_folder}: hand them to their holders",
    )
    tell(facts, as_json=as_json, lines=lines)


@click.group()
def subscriber() -> None:
    """The ISPs that may read the list."""


@subscriber.command("add")
@as_editor
@click.argument("public_key", type=FILE)
@click.option("--label", required=True, help="What the body calls this ISP.")
@click.option("--id", "expected", metavar="HEX", help="The subscriber id the ISP gave by another way than the file.")
@json_option
def add_subscriber(
    here: Session, keys: EditorKeys, *, public_key: Path, label: str, expected: str | None, as_json: bool
) -> None:
    """Register an ISP's public key. A second editor approves it by its id; the next build wraps the secret for it."""
    known = here.desk.register_subscriber(read_public_key(public_key), label, keys, expected)
    tell({"subscriber": known}, as_json=as_json, lines=[known])


@subscriber.command("remove")
@as_editor
@click.argument("subscriber_id", metavar="HEX")
@json_option
def remove_subscriber(here: Session, keys: EditorKeys, *, subscriber_id: str, as_json: bool) -> None:
    """Let an ISP go. With a second editor's word and a rekey it reads no later version."""
    count = here.desk.remove_subscriber(subscriber_id.lower(), keys)
    enough = count >= EDITORS_NEEDED
    text = "now rekey: `mamori-list rekey`" if enough else "another editor says so, too, then rekey"
    tell({"subscriber": subscriber_id, "words": count}, as_json=as_json, lines=[f"{count} editors: {text}"])


@subscriber.command("list")
@on_desk
@json_option
def list_subscribers(here: Session, *, as_json: bool) -> None:
    """Show every ISP ever registered: id, approvals, label, and the last epoch it reads if it was let go."""
    found = [
        {"id": one.subscriber.id, "label": one.subscriber.label, "approvals": one.approvals, "left_in": one.left_in}
        for one in here.desk.memberships()
    ]
    tell({"subscribers": found}, as_json=as_json, lines=map(_subscriber_line, found))


def _subscriber_line(one: dict[str, Any]) -> str:
    left = f"  let go in epoch {one['left_in']}" if one["left_in"] else ""
    return f"{one['id']}  {one['approvals']} approvals  {one['label']}{left}"


def read_public_key(path: Path) -> bytes:
    """A subscriber's public key from a file: its 1,216 bytes, or their base64."""
    data = read_file(path, "subscriber public key")
    if len(data) != PUBLIC_BYTES:
        try:
            data = base64.b64decode(b"".join(data.split()), validate=True)
        except binascii.Error:
            data = b""
    if len(data) != PUBLIC_BYTES:
        raise OperatorFault(
            "subscriber_key",
            f"{path} is no subscriber public key: an ISP makes one with `mamori subscriber-key`",
        )
    return data


def _make_passphrase(path: Path) -> None:
    if path.exists():
        raise OperatorFault("passphrase_file", f"{path} exists: it may open other keys; name a new file")
    write_atomically(path, secrets.token_urlsafe(PASSPHRASE_RANDOM_BYTES).encode() + b"\n")


def _read_criteria(path: Path) -> CriteriaSet:
    try:
        return CriteriaSet.from_bytes(canonical.dumps(json.loads(read_file(path, "criteria set"))))
    except ValueError:
        raise OperatorFault("criteria_set", f"{path} is not JSON") from None
    except PublisherFault as fault:
        raise OperatorFault("criteria_set", f"{path}: {fault}") from None
