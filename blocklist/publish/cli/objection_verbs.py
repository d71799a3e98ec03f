"""`objection …` and `figures`: complaints about entries, and the month's counts."""

import sys
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import click
from attrs import asdict

from blocklist.errors import EntryFault, OperatorFault
from blocklist.publish.cli.door import Session
from blocklist.publish.cli.options import as_editor, day_option, json_option, maybe_ids_argument, on_desk
from blocklist.publish.cli.showing import table, tell
from blocklist.publish.keys.keyfiles import EditorKeys
from blocklist.publish.review.figures import month_figures
from blocklist.publish.review.objections import DECISIONS, Objection, Stage
from blocklist.publish.review.working_days import day_in_japan
from blocklist.transparency.period import Period

_COLUMNS = ("ticket", "stage", "received", "acknowledge_by", "decide_by", "code", "overdue")
ticket_argument = click.argument("ticket", metavar="TICKET")


@click.group()
def objection() -> None:
    """Objections of people whose site is, or seems to be, on the list."""


@objection.command("open")
@as_editor
@maybe_ids_argument
@day_option("--received", help="The day it arrived, in Japan [today].")
@click.option("--ticket", help="The ticket's code, if it has one already.")
@click.option("--suspend", is_flag=True, help="Suspend the entries until it is decided.")
@json_option
def open_(
    here: Session,
    keys: EditorKeys,
    *,
    ids: tuple[str, ...],
    received: datetime | None,
    ticket: str | None,
    suspend: bool,
    as_json: bool,
) -> None:
    """Book an objection against entries, by id, or by the name typed at the terminal or piped in."""
    found = ids or _asked(here, keys)
    on = _day(here, received)
    one = here.desk.open_objection(found, keys, here.door.now(), received=on, ticket=ticket, suspend=suspend)
    _tell(here, one, as_json)


@objection.command()
@as_editor
@ticket_argument
@day_option("--on", help="The day the objector was told, in Japan [today].")
@json_option
def acknowledge(here: Session, keys: EditorKeys, *, ticket: str, on: datetime | None, as_json: bool) -> None:
    """Book that the objector was told that it arrived."""
    _tell(here, here.desk.acknowledge_objection(ticket, keys, here.door.now(), _day(here, on)), as_json)


@objection.command()
@as_editor
@ticket_argument
@click.option("--code", type=click.Choice(list(DECISIONS)), required=True, help="The decision.")
@json_option
def decide(here: Session, keys: EditorKeys, *, ticket: str, code: str, as_json: bool) -> None:
    """Decide, by an editor who neither listed nor approved the entry. Upheld takes it off the list."""
    _tell(here, here.desk.decide_objection(ticket, keys, here.door.now(), code), as_json)


@objection.command("list")
@on_desk
@click.option("--all", "everything", is_flag=True, help="Decided ones too.")
@json_option
def list_(here: Session, *, everything: bool, as_json: bool) -> None:
    """Show the objections that are not decided, with their deadlines."""
    found = [one for one in here.desk.objections().values() if everything or one.stage is not Stage.DECIDED]
    rows = [_facts(here, one) for one in found]
    late = sum(bool(row["overdue"]) for row in rows)
    lines = [*table(rows, _COLUMNS), f"{len(rows)} objections, {late} overdue"]
    tell({"objections": rows, "overdue": late}, as_json=as_json, lines=lines)


@objection.command("show")
@on_desk
@ticket_argument
@json_option
def show_ticket(here: Session, *, ticket: str, as_json: bool) -> None:
    """Show one objection."""
    _tell(here, here.desk.objection(ticket), as_json)


@click.command()
@on_desk
@click.option("--month", type=click.DateTime(["%Y-%m"]), metavar="YYYY-MM", help="Which month [this one].")
@json_option
def figures(here: Session, *, month: datetime | None, as_json: bool) -> None:
    """Count a month's objections, decisions and removals at the source: numbers only, for the report."""
    first = (month.date() if month else day_in_japan(here.door.now())).replace(day=1)
    tell(
        month_figures(Period.begin("month", first), here.desk.objections().values(), here.desk.statements()),
        as_json=as_json,
    )


def _asked(here: Session, keys: EditorKeys) -> tuple[str, ...]:
    """Entries that cover the name typed or piped in."""
    text = click.prompt("Name or URL", err=True) if sys.stdin.isatty() else sys.stdin.readline()
    if not text.strip():
        raise OperatorFault("no_input", "no name on standard input: type it at the terminal, pipe it in, or give ids")
    try:
        return here.desk.find(text, keys)
    except EntryFault as fault:
        raise OperatorFault("no_name", f"that is no name, address or URL ({fault}): nothing was booked") from None


def _day(here: Session, given: datetime | None) -> date:
    return given.date() if given else day_in_japan(here.door.now())


def _tell(here: Session, one: Objection, as_json: bool) -> None:
    tell(_facts(here, one), as_json=as_json)


def _facts(here: Session, one: Objection) -> dict[str, Any]:
    days = {"acknowledge_by": one.acknowledge_by, "decide_by": one.decide_by}
    facts = {**asdict(one), "stage": str(one.stage), **days, "overdue": one.overdue(day_in_japan(here.door.now()))}
    return dict(_plain(facts))


def _plain(facts: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in facts.items():
        yield name, value.isoformat() if isinstance(value, date) else value
