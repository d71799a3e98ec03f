"""`status`: what the desk holds, and what is to be done next; needs no key."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import click

from blocklist.canonical import format_instant
from blocklist.publish.cli.door import Session
from blocklist.publish.cli.options import json_option, on_desk
from blocklist.publish.cli.showing import tell
from blocklist.publish.cli.version_verbs import role_facts, role_lines
from blocklist.publish.records import DeskState
from blocklist.publish.versions.rekey import EPOCH_LIFE
from blocklist.publish.versions.roles import WITHDRAW_ROLE

ENDS_SOON: Final = timedelta(days=2)  # before a role's end `status` asks for a new one
ROOT_ENDS_SOON: Final = timedelta(days=60)  # a ceremony brings several people together
_RENEWED_BY: Final = {WITHDRAW_ROLE: "`mamori-list withdraw DESK --renew`"}


@click.command()
@on_desk
@json_option
def status(here: Session, *, as_json: bool) -> None:
    """Show what the desk holds and what is to be done; needs no key."""
    state = here.desk.status()
    todo = list(_todo(state, here.door.now()))
    facts = {
        "list_id": state.list_id,
        "editors": list(state.editors),
        "duties": list(state.duties),
        "entries": state.entries,
        "subscribers": state.subscribers,
        "withdrawn": state.withdrawn,
        "published_version": state.published_version,
        "epoch": state.epoch,
        "epoch_began": format_instant(state.epoch_began) if state.epoch_began else None,
        "root_expires": format_instant(state.root_expires),
    }
    lines = [f"{name.replace('_', ' ')}: {_shown(value)}" for name, value in facts.items()]
    lines += [*role_lines(state.staged), *(f"to do: {text}" for text in todo)]
    tell({**facts, "staged": role_facts(state.staged), "to_do": todo}, as_json=as_json, lines=lines)


def _todo(state: DeskState, now: datetime) -> Iterator[str]:
    if not state.duties:
        yield "no duty officer: `mamori-list duty add DESK NAME --editor …`"
    if state.withdrawn:
        yield f"{state.withdrawn} entries are withdrawn: confirm them by a new version (or reinstate them)"
    if state.leaving:
        yield f"{state.leaving} subscribers were let go and still read this epoch: `mamori-list rekey`"
    if state.published_version and WITHDRAW_ROLE not in state.staged:
        yield "no duty officer has signed withdraw/current: `mamori-list withdraw DESK --renew`"
    for role, one in state.staged.items():
        if one.expires - now < ENDS_SOON:
            yield f"{role} {_end(one.expires, now)}: {_RENEWED_BY.get(role, 'build, sign and publish')}"
    if state.root_expires - now < ROOT_ENDS_SOON:
        yield f"root {_end(state.root_expires, now)}: `mamori-list ceremony plan DESK FOLDER --reason renewal`"
    if state.epoch_began is not None and now - state.epoch_began >= EPOCH_LIFE:
        yield f"the epoch is {(now - state.epoch_began).days} days old, due are {EPOCH_LIFE.days}: `mamori-list rekey`"


def _end(expires: datetime, now: datetime) -> str:
    return f"{'ends' if expires > now else 'has ended'} {format_instant(expires)}"


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "-"
    return "-" if value is None else str(value)
