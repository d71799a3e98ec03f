"""`build`, `sign`, `publish` and `submit`: from approved entries to static files."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from attrs import asdict

from blocklist.canonical import format_instant
from blocklist.errors import OperatorFault
from blocklist.manifest import Bulk, Manifest
from blocklist.publish.cli.door import Session
from blocklist.publish.cli.options import FOLDER, Verb, as_editor, json_option, on_desk
from blocklist.publish.cli.review_verbs import report_lines
from blocklist.publish.cli.showing import tell
from blocklist.publish.desk import Desk
from blocklist.publish.faults import Refusal
from blocklist.publish.keys.keyfiles import DutyKeys, EditorKeys
from blocklist.publish.records import RoleState
from blocklist.publish.review.checks import SIZE_GUARDS
from blocklist.publish.versions.departures import counted
from blocklist.publish.versions.rekey import OUT_ALONE
from blocklist.publish.versions.stage import TARGETS

officer_option = click.option(
    "--duty", metavar="NAME", help="Sign withdraw/current anew with this duty officer's key, and send it along."
)


def handed_over(verb: Verb) -> Verb:
    """Options that send out at once what a verb completed: `out`, `drop_folder`, `duty`."""
    out = click.option("--publish", "out", metavar="OUT", type=FOLDER, help="Publish into OUT, if it is complete.")
    drop = click.option("--drop", "drop_folder", metavar="DROP", type=FOLDER, help="Hand over into DROP instead.")
    return out(drop(officer_option(verb)))


@click.command()
@as_editor
@click.option("--sign", "sign_too", is_flag=True, help="Sign it with this editor's keys at once.")
@click.option("--waive", multiple=True, type=click.Choice(SIZE_GUARDS), help="Build although the size guard was hit.")
@click.option("--announce", metavar="ADDS,REMOVALS", help="Announce the size of the next version's change.")
@json_option
def build(
    here: Session, keys: EditorKeys, *, sign_too: bool, waive: tuple[str, ...], announce: str | None, as_json: bool
) -> None:
    """Stage the next version from the entries two editors approved. A guard that is hit refuses it."""
    now = here.door.now()
    _guard(here.desk, keys, now, waive, as_json=as_json)
    bulk = _bulk(here.desk.next_version(), announce)
    out_for = here.desk.rekey_out_for(now)
    if out_for is not None and out_for < OUT_ALONE:
        hours = out_for // timedelta(hours=1)
        click.echo(
            f"note: a rekey version has been out for {hours} h only: an ISP that did not fetch it will have to accept"
            " the new keys by hand",
            err=True,
        )
    tell_staged(here, keys, here.desk.build(keys, now, bulk), sign_too=sign_too, bulk=bulk, as_json=as_json)


def tell_staged(
    here: Session, keys: EditorKeys, manifest: Manifest, *, sign_too: bool, bulk: Bulk | None = None, as_json: bool
) -> None:
    """Tell of a staged version, after signing it if so wished."""
    built = {"version": manifest.version, "records": manifest.count, "set_sha256": manifest.set_sha256}
    facts = {**built, "epoch": manifest.epoch, "deltas": len(manifest.deltas)}
    lines = [f"built version {manifest.version}: {manifest.count} records, set {manifest.set_sha256}"]
    if sign_too:
        states = here.desk.sign(keys, here.door.now(), bulk)
        facts["staged"] = role_facts(states)
        lines += role_lines(states)
    tell(facts, as_json=as_json, lines=lines)


@click.command()
@as_editor
@click.option("--announce", metavar="ADDS,REMOVALS", help="Agree with the announcement this version was built with.")
@handed_over
@json_option
def sign(
    here: Session,
    keys: EditorKeys,
    *,
    announce: str | None,
    out: Path | None,
    drop_folder: Path | None,
    duty: str | None,
    as_json: bool,
) -> None:
    """Sign the staged version, if it is exactly what this editor approved and no guard of hers is hit."""
    now, staged = here.door.now(), here.desk.staged_roles().get(TARGETS)
    bulk = _bulk(staged.version if staged else 0, announce)
    _guard(here.desk, keys, now, SIZE_GUARDS, as_json=as_json)
    states = here.desk.sign(keys, now, bulk)
    gone = counted(here.desk.departures())
    facts: dict[str, Any] = {"staged": role_facts(states), "left_out": gone}
    lines = [*role_lines(states), *(f"left out: {count} {what}" for what, count in gone.items())]
    if not any(state.missing for state in states.values()):
        went = _send(here, out, drop_folder, duty)
        facts |= went
        lines += _went_lines(went)
    tell(facts, as_json=as_json, lines=lines)


@click.command()
@on_desk
@click.argument("out", type=FOLDER)
@officer_option
@json_option
def publish(here: Session, *, out: Path, duty: str | None, as_json: bool) -> None:
    """Write the signed version into the folder OUT of static files; its timestamp last."""
    went = _send(here, out, None, duty)
    tell(went, as_json=as_json, lines=_went_lines(went))


@click.command()
@on_desk
@click.argument("drop_folder", metavar="DROP", type=FOLDER)
@officer_option
@json_option
def submit(here: Session, *, drop_folder: Path, duty: str | None, as_json: bool) -> None:
    """Hand the signed version over to the on-line signer, through its drop folder."""
    went = _send(here, None, drop_folder, duty)
    tell(went, as_json=as_json, lines=_went_lines(went))


def _send(here: Session, out: Path | None, drop_folder: Path | None, duty: str | None) -> dict[str, Any]:
    if out is not None and drop_folder is not None:
        raise click.UsageError("--publish or --drop, not both")
    if out is not None:
        online = here.desk.unlock_online(here.passphrases.get)
        return {"published": here.desk.publish(out, online, here.door.now(), officer(here, duty)), "in": str(out)}
    if drop_folder is not None:
        return {
            "submitted": here.desk.submit(drop_folder, here.door.now(), officer(here, duty)),
            "in": str(drop_folder),
        }
    return {}


def officer(here: Session, name: str | None) -> DutyKeys | None:
    """Unlock a duty officer's keys."""
    if name is None:
        return None
    here.desk.body.duty(name)
    return here.desk.unlock_duty(name, here.passphrases.get(name))


def _went_lines(went: Mapping[str, Any]) -> Iterator[str]:
    for how in ("published", "submitted"):
        if how in went:
            yield f"{how} version {went[how]} in {went['in']}"


def _guard(desk: Desk, keys: EditorKeys, now: datetime, waived: tuple[str, ...], *, as_json: bool) -> None:
    report = desk.check(keys, now, approved_only=True)
    hit = [finding.guard for finding in report.findings if finding.guard not in waived]
    if hit:
        tell(asdict(report), as_json=as_json, lines=report_lines(report))
        way_out = f"; what ISPs know of and will accept passes with --waive {hit[0]}" if hit[0] in SIZE_GUARDS else ""
        raise Refusal("guards", f"{len(hit)} guards hit: nothing was built or signed{way_out}")


def _bulk(version: int, announce: str | None) -> Bulk | None:
    """What `version` announces about the next one."""
    if announce is None:
        return None
    adds, _, removals = announce.partition(",")
    if not (adds.isdecimal() and removals.isdecimal()):
        raise OperatorFault("announce", f"--announce {announce!r}: write two numbers, ADDS,REMOVALS")
    return Bulk(version + 1, int(adds), int(removals))


def role_facts(states: Mapping[str, RoleState]) -> dict[str, dict[str, Any]]:
    """Staged roles as JSON."""
    return {
        role: {"version": one.version, "missing_signatures": one.missing, "expires": format_instant(one.expires)}
        for role, one in states.items()
    }


def role_lines(states: Mapping[str, RoleState]) -> Iterator[str]:
    """Staged roles for people."""
    for role, state in states.items():
        need = f"needs {state.missing} more signature(s)" if state.missing else "signed"
        yield f"{role} version {state.version}: {need}, ends {format_instant(state.expires)}"
