"""Verbs that are loaded by need."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from blocklist.publish.cli import main as mamori_list
from blocklist.verbs import LazyGroup
from resolver.cli import main as mamori
from tests.support.verbs import verbs_of


def test_a_verb_that_is_not_typed_is_not_loaded() -> None:
    """One whose module does not even exist does no harm to the others, and an unknown one is wrong usage."""
    group = LazyGroup("g", verbs={"absent": "no.such.module:verb"})
    group.add_command(click.Command("here", callback=lambda: click.echo("done")))
    assert CliRunner().invoke(group, ["here"]).stdout == "done\n"
    assert CliRunner().invoke(group, ["other"]).exit_code == 2
    assert isinstance(CliRunner().invoke(group, ["absent"]).exception, ModuleNotFoundError)


@pytest.mark.parametrize("group", [mamori, mamori_list], ids=["mamori", "mamori-list"])
def test_every_verb_is_found_under_its_own_name(group: click.Group) -> None:
    """The tables name what is there: a verb that moved would be missed only when somebody types it."""
    found = verbs_of(group)
    assert len(found) > 15
    assert {name: verb.name for name, verb in found.items()} == {name: name for name in found}
