"""`reject`, `suspend`, `resume`, `ask-removal`, `gone`, `extend`: acts on entries, by id, under an editor's key."""

from datetime import date, datetime

import click

from blocklist.publish.cli.door import Session
from blocklist.publish.cli.options import as_editor, day_option, ids_argument, json_option
from blocklist.publish.cli.showing import tell
from blocklist.publish.keys.keyfiles import EditorKeys
from blocklist.publish.review import casework


@click.command()
@as_editor
@ids_argument
@click.option("--code", type=click.Choice(casework.REJECT_CODES), required=True, help="Why.")
@json_option
def reject(here: Session, keys: EditorKeys, *, ids: tuple[str, ...], code: str, as_json: bool) -> None:
    """Say no to drafts of another editor: they never come on the list."""
    here.desk.reject(ids, keys, here.door.now(), code)
    tell({"rejected": len(ids), "code": code}, as_json=as_json)


@click.command()
@as_editor
@ids_argument
@click.option("--code", type=click.Choice(casework.SUSPEND_CODES), required=True, help="Why.")
@click.option("--ticket", help="The objection that is the reason.")
@json_option
def suspend(
    here: Session, keys: EditorKeys, *, ids: tuple[str, ...], code: str, ticket: str | None, as_json: bool
) -> None:
    """Leave entries out of the next versions while they are under review. One editor is enough."""
    here.desk.suspend(ids, keys, here.door.now(), code, ticket)
    tell({"suspended": len(ids), "code": code}, as_json=as_json)


@click.command()
@as_editor
@ids_argument
@json_option
def resume(here: Session, keys: EditorKeys, *, ids: tuple[str, ...], as_json: bool) -> None:
    """End suspensions. With two editors' word the entries are back in the next version they both sign."""
    back = here.desk.resume(ids, keys, here.door.now())
    lines = [f"{back} back, {len(ids) - back} wait for another editor's word"]
    tell({"back": back, "waiting": len(ids) - back}, as_json=as_json, lines=lines)


@click.command("ask-removal")
@as_editor
@ids_argument
@click.option("--asked", type=click.Choice(casework.ASKED), required=True, help="Who was asked to remove it.")
@day_option("--on", help="The day they were asked [today].")
@json_option
def ask_removal(
    here: Session, keys: EditorKeys, *, ids: tuple[str, ...], asked: str, on: datetime | None, as_json: bool
) -> None:
    """Book that somebody was asked to remove at its source what entries list."""
    day = _day(here, on)
    here.desk.request_removal(ids, keys, here.door.now(), asked, day)
    tell({"requested": len(ids), "asked": asked, "on": day.isoformat()}, as_json=as_json)


@click.command()
@as_editor
@ids_argument
@day_option("--on", help="Since which day [today].")
@json_option
def gone(here: Session, keys: EditorKeys, *, ids: tuple[str, ...], on: datetime | None, as_json: bool) -> None:
    """Book that what entries list is gone at its source, and take them off the list."""
    day = _day(here, on)
    here.desk.gone_at_source(ids, keys, here.door.now(), day)
    tell({"gone": len(ids), "on": day.isoformat()}, as_json=as_json)


@click.command()
@as_editor
@ids_argument
@day_option("--not-after", required=True, help="The new last day.")
@day_option("--review-by", help="The day of the next review [the last day].")
@click.option("--approve", "approve_too", is_flag=True, help="Approve the new drafts with this editor's key.")
@json_option
def extend(
    here: Session,
    keys: EditorKeys,
    *,
    ids: tuple[str, ...],
    not_after: datetime,
    review_by: datetime | None,
    approve_too: bool,
    as_json: bool,
) -> None:
    """Let entries live longer: verified again today, they become new drafts that two editors approve."""
    last_review = None if review_by is None else review_by.date()
    new = here.desk.extend(ids, keys, here.door.now(), not_after.date(), last_review)
    if approve_too:
        here.desk.approve(keys, list(new.values()))
    lines = (f"{before} extended as {after}" for before, after in new.items())
    tell({"extended": new}, as_json=as_json, lines=lines)


def _day(here: Session, given: datetime | None) -> date:
    return (given or here.door.now()).date()
