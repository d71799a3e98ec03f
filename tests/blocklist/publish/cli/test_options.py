"""Shared options."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from blocklist.publish.cli import main
from tests.support.verbs import verbs_of

VERBS = {name for name, verb in verbs_of(main).items() if not isinstance(verb, click.Group)}


@pytest.mark.parametrize("name", sorted(VERBS - {"init"}))
def test_every_verb_takes_the_desk_first_and_no_name_as_an_argument(name: str) -> None:
    """Arguments are folders, files and ids: a listed name would end in the shell's history."""
    arguments = [one.name for one in verbs_of(main)[name].params if one.param_type_name == "argument"]
    odd = {
        "stamp": "folders",
        "nginx": "out",
        "restore": "file",
        "drill": "name",
    }  # these can do without a desk, or make one
    assert arguments[0] == odd.get(name, "folder")
    assert set(arguments[1:]) <= {"file", "drop_folder", "ids", "out", "folder"}


def leaves(group: click.Group) -> Iterator[click.Command]:
    for verb in verbs_of(group).values():
        yield from leaves(verb) if isinstance(verb, click.Group) else (verb,)


def test_every_verb_can_print_json() -> None:
    """Programs never read what was written for people."""
    assert [verb.name for verb in leaves(main) if not any("--json" in one.opts for one in verb.params)] == []


def test_every_verb_says_what_it_does() -> None:
    """One line of help each."""
    assert all(command.get_short_help_str() for command in verbs_of(main).values())
