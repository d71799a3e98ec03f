"""`mamori list`: see why a list is enforced as it is, decide about what guards hold, go back, ask for news now."""

import json
from pathlib import Path
from typing import Any

import click

from resolver.cli.control import tell
from resolver.cli.faults import CliFault, Exit
from resolver.cli.identity import as_owner_of
from resolver.cli.options import config_option, json_option
from resolver.settings import Settings, load


@click.group("list")
def list_commands() -> None:
    """Decide about updates of a list."""


@list_commands.command()
@config_option
@click.argument("list_id")
@json_option
def accept(config: Path, list_id: str, as_json: bool) -> None:
    """Enforce what the guards held back (`mamori status` says which guard and how many)."""
    _do(config, "accept", list_id, as_json=as_json)


@list_commands.command()
@config_option
@click.argument("list_id")
@json_option
def reject(config: Path, list_id: str, as_json: bool) -> None:
    """Leave out for good what the guards held back, until the list body takes it back or you accept it."""
    _do(config, "reject", list_id, as_json=as_json)


@list_commands.command()
@config_option
@click.argument("list_id")
@json_option
def rollback(config: Path, list_id: str, as_json: bool) -> None:
    """Enforce the version before, until a version higher than the one left arrives."""
    _do(config, "rollback", list_id, as_json=as_json)


@list_commands.command()
@config_option
@click.argument("list_id")
@json_option
def refresh(config: Path, list_id: str, as_json: bool) -> None:
    """Ask the list body for news now."""
    _do(config, "refresh", list_id, as_json=as_json)


@list_commands.command()
@config_option
@json_option
@click.argument("list_id")
def explain(config: Path, list_id: str, as_json: bool) -> None:
    """Say what is enforced of a list, what is not and why, and what to do. No name is in it.

    Without a running resolver it tells what the state folder holds; the way to the list body is not known then.
    """
    settings = _settings_with(config, list_id)
    try:
        told = _asked(settings, "explain", list_id)["data"]
    except CliFault as fault:
        if fault.code is not Exit.UNREACHABLE:
            raise
        click.echo(f"{fault.message}: this is what the state folder holds", err=True)
        told = _from_disk(settings, list_id)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for line in (*told["words"], *_left_out(settings, list_id), *(f"To do: {line}" for line in told["do"])):
        click.echo(line)


def _left_out(settings: Settings, list_id: str) -> list[str]:
    """For whom it is not enforced at all, as the settings file says."""
    names = [view.name for view in settings.views if not view.has(list_id)]
    return [f"not enforced for clients of view {', '.join(names)}"] if names else []


def _from_disk(settings: Settings, list_id: str) -> dict[str, Any]:
    """Open the list as the updater does, but ask nobody and change nothing."""
    from resolver.edge.updating.sources import open_sources  # loads the whole way to a list body

    if not (settings.state / "lists" / list_id).is_dir():
        raise CliFault(f"the state folder {settings.state} has nothing of list {list_id} yet: start the resolver")
    with as_owner_of(settings.state):
        sources = open_sources(settings)
        if list_id in sources.broken:
            raise CliFault(f"list {list_id} cannot be opened: {sources.broken[list_id]}")
        sources.lists[list_id].load()
        return sources.lists[list_id].explain()


def _do(config: Path, verb: str, list_id: str, *, as_json: bool) -> None:
    text = _asked(_settings_with(config, list_id), verb, list_id).get("text", "done")
    click.echo(json.dumps({"list_id": list_id, "done": verb, "text": text}, ensure_ascii=False) if as_json else text)


def _settings_with(config: Path, list_id: str) -> Settings:
    settings = load(config, look_at_files=False)
    known = [each.id for each in settings.lists]
    if list_id not in known:
        raise CliFault(f"{config} has no list {list_id!r}; it has: {', '.join(known) or 'none'}", Exit.USAGE)
    return settings


def _asked(settings: Settings, verb: str, list_id: str) -> dict[str, Any]:
    reply = tell(settings, verb, list_id)
    if not reply.get("ok"):
        raise CliFault(str(reply.get("text", "the resolver refused")))
    return reply
