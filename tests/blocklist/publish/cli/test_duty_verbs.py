"""`withdraw`, `reinstate`, `duty`."""

from __future__ import annotations

import pytest

from blocklist.publish.publication.outlet import Outlet
from tests.blocklist.publish.cli.shell import Shell
from tests.blocklist.publish.support import NOW

SERIAL = int(NOW.timestamp())


@pytest.fixture
def ids(shell: Shell) -> list[str]:
    """Two published entries."""
    ids = shell.add("one.example", "two.example")
    shell.run("approve", shell.desk, "--editor", "bob", *ids)
    shell.run("build", shell.desk, "--editor", "alice", "--sign")
    shell.run("sign", shell.desk, "--editor", "bob", "--publish", shell.out)
    return ids


def test_an_entry_is_withdrawn_by_id_and_published(shell: Shell, ids: list[str]) -> None:
    """One command from key touch to static files."""
    words = ("withdraw", shell.desk, ids[0], "--duty", "carol", "--publish", shell.out)
    found = shell.json(*words)
    assert found == {
        "withdrawn": ids[:1],
        "same_token": [],
        "off": 1,
        "serial": SERIAL,
        "ends": "2026-11-29T03:00:00Z",
        "sent": True,
    }
    assert Outlet(shell.folder / "out").version_of("withdraw") == SERIAL
    renewed = shell.run("withdraw", shell.desk, "--renew", "--duty", "carol").stdout
    assert f"serial: {SERIAL + 1}" in renewed
    assert "not yet sent" in renewed


def test_a_name_comes_from_standard_input_and_is_never_shown(shell: Shell, ids: list[str]) -> None:
    """By the names a complaint gives; one that is not listed stops everything."""
    words = ("withdraw", shell.desk, "--duty", "carol")
    refused = shell.run(*words, typed="two.example\nthree.example\n", code=2)
    assert "name 2 is not in the published version: nothing was withdrawn" in refused.stderr
    assert "three.example" not in refused.output
    assert "no name" in shell.run(*words, typed="\n", code=2).stderr
    assert "name 1 is no name (bad character)" in shell.run(*words, typed="no name!\n", code=2).stderr
    assert shell.json(*words, typed="two.example\n")["withdrawn"] == ids[1:]
    shell.run(*words, ids[0], "--renew", code=2)


def test_a_listed_domain_above_is_named_by_its_id(shell: Shell) -> None:
    """The duty officer decides; the tool takes nothing wider than she said."""
    (wide,) = shell.add("wide.example", more=("--approve", "--type", "domain"))
    shell.run("approve", shell.desk, "--editor", "bob", wide)
    shell.run("build", shell.desk, "--editor", "alice", "--sign")
    shell.run("sign", shell.desk, "--editor", "bob", "--publish", shell.out)
    refused = shell.run("withdraw", shell.desk, "--duty", "bob", typed="www.wide.example", code=2)
    assert f"Withdraw that by its id:\n  {wide}" in refused.stderr


def test_two_editors_put_an_entry_back(shell: Shell, ids: list[str]) -> None:
    """The first one's word alone changes nothing."""
    shell.run("withdraw", shell.desk, ids[0], "--duty", "carol")
    words = ("reinstate", shell.desk, ids[0])
    assert shell.json(*words, "--editor", "alice") == {"spoken_for": 1, "needs_another_editor": ids[:1]}
    assert shell.json(*words, "--editor", "bob") == {"spoken_for": 1, "needs_another_editor": []}
    assert "2 records" in shell.run("build", shell.desk, "--editor", "alice").stdout


def test_a_duty_officer_is_added_later(shell: Shell, ids: list[str]) -> None:
    """And unknown ones are told apart."""
    assert "its duty officers are" in shell.run("withdraw", shell.desk, ids[0], "--duty", "dave", code=2).stderr
    assert "build, sign and publish" in shell.run("duty", "add", shell.desk, "dave", "--editor", "alice").stdout
    assert shell.json("withdraw", shell.desk, ids[0], "--duty", "dave")["off"] == 1
