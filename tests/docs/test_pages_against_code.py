"""What the pages say of commands, settings and states, against the code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import attrs
import click
import pytest

from blocklist.publish.cli import main as mamori_list
from resolver.cli.entry import main as mamori
from resolver.edge.supervision.reload import NEEDS_RESTART, NEEDS_UPGRADE
from resolver.settings import Settings
from tests.docs.test_links import ROOT, pages
from tests.support.verbs import verbs_of

GROUPS: dict[str, click.Command] = {"mamori": mamori, "mamori-list": mamori_list}
SPAN = re.compile(r"`((?:mamori|mamori-list) [^`]+)`")
TYPED = re.compile(r"^(?: {4}|)(?:\$ )?(?:[^#`|]*[|&] +)?((?:mamori|mamori-list) .*)$")
CONFIGURATION = ROOT / "docs" / "operators" / "configuration.md"


def commands(page: Path) -> Iterator[str]:
    """Every command of ours a page shows: in a code span, an indented or a fenced block."""
    fenced = False
    for line in page.read_text("utf-8").replace("\\\n", "").splitlines():
        fenced ^= line.startswith("```")
        typed = TYPED.match(line) if fenced or line.startswith("    ") else None
        yield from ([typed[1]] if typed else SPAN.findall(line))


def misfit(command: str) -> str | None:
    """What of a shown command does not exist."""
    words = shlex.split(re.split(r" #| && | & |; ", command)[0])
    verb = GROUPS[words[0]]
    for word in words[1:]:
        if word.startswith("-"):
            known = {option for parameter in verb.params for option in parameter.opts} | {"--help", "-h"}
            if word not in known:
                return f"{verb.name} has no {word}"
        elif isinstance(verb, click.Group):
            known_verbs = verbs_of(verb)
            if word not in known_verbs:
                return f"{verb.name} has no verb {word}"
            verb = known_verbs[word]
    return None


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_shown_commands_exist(page: Path) -> None:
    """Each verb and option of `mamori` and `mamori-list` in a page is one the program has."""
    assert [wrong for command in commands(page) if (wrong := misfit(command))] == []


def test_a_wrong_command_is_noticed(tmp_path: Path) -> None:
    """The check reads spans and blocks, and finds a wrong verb and a wrong option."""
    page = tmp_path / "page.md"
    page.write_text("`mamori staus` and\n\n    $ mamori status --jason\n    echo x | mamori-list ad desk  # y\n")
    assert [misfit(command) for command in commands(page)] == [
        "main has no verb staus",
        "status has no --jason",
        "main has no verb ad",
    ]


def test_every_setting_is_in_the_table() -> None:
    """Each top-level setting has a row in the page on settings, and no row is of a setting that does not exist."""
    rows = re.findall(r"^\| `([a-z_]+)", CONFIGURATION.read_text("utf-8"), re.MULTILINE)
    assert sorted(set(rows)) == sorted(field.name for field in attrs.fields(Settings))


def test_settings_that_need_more_than_a_reload_are_named() -> None:
    """The page names each setting a reload cannot change."""
    section = CONFIGURATION.read_text("utf-8").partition("## What needs an upgrade or a restart")[2]
    assert [name for name in (*NEEDS_UPGRADE, *NEEDS_RESTART) if f"`{name}`" not in section] == []
