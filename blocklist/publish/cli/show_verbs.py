"""`show` and `verify`: where entries stand, and whether every signature behind it is good."""

from collections.abc import Iterator
from typing import Any

import click
from attrs import asdict

from blocklist.publish.cli.door import REFUSED, Session
from blocklist.publish.cli.options import json_option, maybe_ids_argument, names_option, on_desk, optional_editor
from blocklist.publish.cli.showing import fact_lines, shortened, table, tell
from blocklist.publish.master.states import Standing, State
from blocklist.publish.master.verifying import Verdict

_COLUMNS = ("id", "state", "type", "not_after", "review_by", "drafted_by", "approved_by")


@click.command()
@on_desk
@maybe_ids_argument
@click.option("--state", type=click.Choice([str(state) for state in State]), help="Only entries in this state.")
@optional_editor
@names_option
@json_option
def show(
    here: Session, *, ids: tuple[str, ...], state: str | None, editor: str | None, names: bool, as_json: bool
) -> None:
    """Show where entries stand: ids, states, codes, dates, and who. Names only with --names and an editor's key."""
    keys = here.names_editor(editor) if names else None
    found = here.desk.standings(here.door.now().date(), ids or None)
    standings = [one for one in found if state is None or one.state == state]
    rows = [asdict(one) for one in standings]
    lines = _lines(standings, whole=len(ids) == 1)
    tell({"entries": rows}, as_json=as_json, lines=lines)
    if keys is not None:
        here.show_names(keys, {one.id for one in standings})


@click.command()
@on_desk
@optional_editor
@json_option
def verify(here: Session, *, editor: str | None, as_json: bool) -> None:
    """Check every stored signature against desk.json; drafts and approvals too with an editor's key. Exit code 1 on a
    failure."""
    keys = None if editor is None else here.editor(editor)
    verdict = here.desk.verify(keys)
    tell(asdict(verdict), as_json=as_json, lines=_verdict_lines(verdict))
    if verdict.failures:
        raise click.exceptions.Exit(REFUSED)


def _lines(standings: list[Standing], *, whole: bool) -> Iterator[str]:
    if whole and standings:
        yield from fact_lines(asdict(standings[0]))
        return
    if not standings:
        yield "no entries"
    rows: list[dict[str, Any]] = [asdict(one) for one in standings]
    yield from table(rows, _COLUMNS)
    for state in State:
        count = sum(one.state is state for one in standings)
        if count:
            yield f"{count} {state}"


def _verdict_lines(verdict: Verdict) -> Iterator[str]:
    for failure in verdict.failures:
        yield f"FAILED {failure.kind} of {failure.item} by {failure.signer}: {failure.reason.replace('_', ' ')}"
    if verdict.unproven:
        yield f"{len(verdict.unproven)} published entries lack two good approvals: approve them again, or ask why"
        yield from shortened(verdict.unproven)
    for kind, count in sorted(verdict.good.items()):
        yield f"{count} {kind.replace('_', ' ')} good"
    if not verdict.entries_opened:
        yield "drafts and approvals were not checked: they cover names, say --editor"
