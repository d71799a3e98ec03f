"""`due` and `review`: what waits, and the blind queue of entries to look at again."""

from datetime import timedelta

import click
from attrs import asdict

from blocklist.publish.cli.door import Session
from blocklist.publish.cli.options import json_option, names_option, on_desk, optional_editor
from blocklist.publish.cli.showing import table, tell
from blocklist.publish.review.review_queue import review_queue, worklist
from blocklist.publish.review.working_days import day_in_japan


@click.command()
@on_desk
@json_option
def due(here: Session, *, as_json: bool) -> None:
    """Show what waits: approvals, reviews, entries about to end, requests at the source, objections. Needs no key."""
    now = here.door.now()
    tell(asdict(worklist(here.desk, now.date(), day_in_japan(now))), as_json=as_json)


@click.command()
@on_desk
@click.option("--within", type=click.IntRange(0, 400), default=0, help="Days to look ahead [0].")
@optional_editor
@names_option
@json_option
def review(here: Session, *, within: int, editor: str | None, names: bool, as_json: bool) -> None:
    """Show entries whose review is due, without who listed them; an editor is not given her own.

    Keep one with `extend`, take it off with `remove`, or let it end by itself.
    """
    keys = here.names_editor(editor) if names else None
    day = here.door.now().date() + timedelta(days=within)
    found = review_queue(here.desk, day, editor)
    rows = [asdict(one) for one in found]
    lines = [*table(rows), f"{len(rows)} entries to review"]
    tell({"entries": rows}, as_json=as_json, lines=lines)
    if keys is not None:
        here.show_names(keys, {one.id for one in found})
