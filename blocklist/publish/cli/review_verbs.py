"""`check`, `diff` and `approve`: see what is on the desk, then put a key to it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import click
from attrs import asdict

from blocklist.publish.cli.door import REFUSED, Session
from blocklist.publish.cli.options import as_editor, json_option, maybe_ids_argument, names_option
from blocklist.publish.cli.showing import shortened, tell
from blocklist.publish.keys.keyfiles import EditorKeys
from blocklist.publish.review.checks import Report, Size
from blocklist.publish.review.difference import Difference


@click.command()
@as_editor
@json_option
def check(here: Session, keys: EditorKeys, *, as_json: bool) -> None:
    """Run every guard: public suffixes, never-list, size, self-test names, expiries. Exit code 1 on a hit."""
    report = here.desk.check(keys, here.door.now())
    tell(asdict(report), as_json=as_json, lines=report_lines(report))
    if report.findings:
        raise click.exceptions.Exit(REFUSED)


@click.command()
@as_editor
@names_option
@json_option
def diff(here: Session, keys: EditorKeys, *, names: bool, as_json: bool) -> None:
    """Show what changes against the last published version, and every guard's answer, as if all were approved.

    Counts and ids. `approve --all` signs what this showed.
    """
    if names:
        here.insist_on_terminal()
    now = here.door.now()
    difference, report = here.desk.diff(keys, now), here.desk.check(keys, now)
    facts = asdict(difference, filter=lambda field, _: field.name != "new_subscribers")
    facts["new_subscribers"] = [{"id": one.id, "label": one.label} for one in difference.new_subscribers]
    facts["taken_off_before"] = relisted = here.desk.relisted()
    facts["guards"] = asdict(report)
    tell(facts, as_json=as_json, lines=_difference_lines(difference, relisted, report))
    if names:
        here.show_names(keys, frozenset(difference.added))


@click.command()
@as_editor
@maybe_ids_argument
@click.option("--all", "everything", is_flag=True, help="Everything that waits, as the last `diff` showed it.")
@click.option("--digest", metavar="HEX", help="With --all: the state to approve, as a `diff` printed it.")
@click.option("--names", is_flag=True, help="With ids: show the entries on a terminal, ask, and sign what was shown.")
@json_option
def approve(
    here: Session,
    keys: EditorKeys,
    *,
    ids: tuple[str, ...],
    everything: bool,
    digest: str | None,
    names: bool,
    as_json: bool,
) -> None:
    """Sign entries (and subscribers) with an editor's key, by id or all that wait."""
    if everything == bool(ids) or (everything and names):
        raise click.UsageError("name the ids to approve, or say --all")
    now: datetime = here.door.now()
    if names:
        count = _approve_shown(here, keys, ids)
    else:
        count = here.desk.approve_all(keys, now, digest) if everything else here.desk.approve(keys, ids)
    known = "" if count else ": this key has approved it all; another editor's approval may be missing"
    tell({"approved": count}, as_json=as_json, lines=[f"approved {count}{known}"])


def _approve_shown(here: Session, keys: EditorKeys, ids: tuple[str, ...]) -> int:
    """What is signed is what was shown, read once: nobody can change an entry between the two."""
    entries = here.show_names(keys, frozenset(ids))
    click.confirm(f"Sign these {len(entries)} entries?", abort=True, err=True)
    return here.desk.approve_shown(keys, entries)


def report_lines(report: Report) -> Iterator[str]:
    """What the guards found, for people."""
    for finding in report.findings:
        yield f"REFUSED {finding.guard}: {finding.count} {finding.advice}"
        yield from shortened(finding.ids)
    notes = (
        (report.not_enforceable, "not enforceable by DNS (url without dns_ok, ip): they stay in the master"),
        (report.expired, "past their last day: they are left out"),
        (report.expiring, "end within 7 days"),
    )
    for ids, text in notes:
        if ids:
            yield f"note: {len(ids)} {text}"
            yield from shortened(ids)
    if report.size is not None:
        yield from _size_lines(report.size)
    yield f"{report.entries} entries checked, {len(report.findings)} guards hit"


def _size_lines(size: Size) -> Iterator[str]:
    change = f"{size.adds} added, {size.removals} removed, {size.updates} changed"
    yield f"records: {size.published} published, {size.records} here: {change}"
    if size.announced is not None:
        yield f"announced: {size.announced[0]} additions and {size.announced[1]} removals may pass"
    yield size.advice if size.published else "the first version: ISPs have no size to compare with"


def _difference_lines(difference: Difference, relisted: Sequence[str], report: Report) -> Iterator[str]:
    kinds: tuple[tuple[str, Any], ...] = (
        ("added", difference.added),
        ("removed", difference.removed),
        ("waiting for approval", difference.waiting),
        ("waiting, though taken off before as an error or after an objection", relisted),
        ("expired", difference.expired),
        ("suspended or withdrawn", difference.left_out),
    )
    for label, ids in kinds:
        yield f"{label}: {len(ids)}"
        yield from shortened(ids)
    for subscriber in difference.new_subscribers:
        yield f"new subscriber {subscriber.id}  {subscriber.label}"
    yield from report_lines(report)
    yield f"digest {difference.digest}"
