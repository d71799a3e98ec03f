"""`log`: the public record, for anybody to check, and opened entry by entry for whoever it concerns."""

import json
from pathlib import Path
from typing import Any

import click

from blocklist.canonical import format_instant
from blocklist.errors import PublisherFault
from blocklist.public_log import Opening
from blocklist.public_log import verify as verify_opening
from blocklist.publish.cli.door import Door, Session
from blocklist.publish.cli.options import FILE, as_editor, json_option
from blocklist.publish.cli.showing import tell
from blocklist.publish.faults import Refusal
from blocklist.publish.files import read_file
from blocklist.publish.keys.keyfiles import EditorKeys
from blocklist.publish.publication import record_check
from blocklist.publish.publication.record_check import Record
from blocklist.publish.versions.opening import DNS_LABEL, WELL_KNOWN

RECORD = click.Path(path_type=Path, exists=True)
root_option = click.option("--root", "root_file", type=FILE, help="The root.json ISPs pin: check the signed head, too.")


@click.group()
def log() -> None:
    """The public record: one line a version, append-only."""


@log.command("verify")
@click.argument("record", metavar="FILE|OUT", type=RECORD)
@root_option
@click.option("--earlier", metavar="FILE|OUT", type=RECORD, help="A copy kept from before: nothing in it may be gone.")
@json_option
@click.pass_context
def verify_log(
    ctx: click.Context, /, *, record: Path, root_file: Path | None, earlier: Path | None, as_json: bool
) -> None:
    """Check log.jsonl, or the one of a published folder OUT; with --root against the head two editors signed."""
    read, signed = _record(ctx, record, root_file)
    if earlier is not None:
        record_check.check_extends(read, record_check.read_record(earlier))
    last, head = read.said[-1], read.head()
    facts: dict[str, Any] = {
        "list_id": last.list_id,
        "versions": head.size,
        "last_version": last.version,
        "last_signed_at": format_instant(last.signed_at),
        "root": head.root,
        "signed": signed,
    }
    tell(facts, as_json=as_json)


@log.command("open")
@as_editor
@click.argument("entry_id", metavar="ID")
@click.option("--ticket", required=True, help="The objection this is about.")
@click.option("--seen", metavar="TEXT", help="What you yourself saw at the name, as proof of control.")
@click.option("--version", type=click.IntRange(1), help="The version to prove it for [the newest with the entry].")
@json_option
def open_log(
    here: Session,
    keys: EditorKeys,
    *,
    entry_id: str,
    ticket: str,
    seen: str | None,
    version: int | None,
    as_json: bool,
) -> None:
    """Tell a name's owner what was listed: print a proof of this entry's place in the record, and of no other.

    Without --seen it prints what the owner must publish first to show control of the name.
    """
    if seen is None:
        _tell_control(here.desk.control_word(entry_id, ticket, keys), as_json)
        return
    click.echo(here.desk.open_entry(entry_id, ticket, seen, keys, version).to_bytes())


def _tell_control(word: str, as_json: bool) -> None:
    lines = (
        "ask the owner to publish, at the listed name itself, one of",
        f"  DNS: a TXT record at {DNS_LABEL} below the name",
        f"  Web: a file {WELL_KNOWN} at the name",
        f"with exactly this content: {word}",
        "look yourself, over a path that does not filter, then run again with --seen and what stood there",
    )
    facts = {"control": word, "dns_label": DNS_LABEL, "well_known": WELL_KNOWN}
    tell(facts, as_json=as_json, lines=lines)


@log.command("check")
@click.argument("opening", type=FILE)
@click.argument("record", metavar="FILE|OUT", type=RECORD)
@root_option
@json_option
@click.pass_context
def check_opening(ctx: click.Context, /, *, opening: Path, record: Path, root_file: Path | None, as_json: bool) -> None:
    """Check what `log open` printed against the public record: that this entry was in that version of the list."""
    read, signed = _record(ctx, record, root_file)
    head = read.head()
    try:
        opened = Opening.from_bytes(read_file(opening, "opening").strip())
        line = verify_opening(opened, head.root, head.size)
    except PublisherFault as fault:
        raise Refusal("opening", f"{opening}: {fault}") from None
    entry = json.loads(opened.entry)
    facts = {
        "list_id": line.list_id,
        "version": line.version,
        "signed_at": format_instant(line.signed_at),
        "entry": entry["id"],
        "not_after": entry["not_after"],
        "signed": signed,
    }
    tell(facts, as_json=as_json)


def _record(ctx: click.Context, path: Path, root_file: Path | None) -> tuple[Record, bool]:
    """The record, and whether it was checked against a signed head."""
    record = record_check.read_record(path)
    if root_file is None:
        return record, False
    if not path.is_dir():
        raise click.UsageError("--root needs the published folder, not the record alone")
    root, now = read_file(root_file, "root metadata"), ctx.ensure_object(Door).now()
    record_check.check_against(record, record_check.signed_head(path, root, now))
    return record, True
