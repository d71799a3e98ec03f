"""`status`."""

from __future__ import annotations

from datetime import timedelta

from tests.blocklist.publish.cli.shell import Shell
from tests.blocklist.publish.cli.test_version_verbs import approved
from tests.blocklist.publish.support import NOW


def test_status_needs_no_key(shell: Shell) -> None:
    """As text and as JSON."""
    approved(shell, "one.example")
    shell.run("build", shell.desk, "--editor", "alice")
    facts = shell.json("status", shell.desk)
    assert (facts["list_id"], facts["entries"], facts["published_version"]) == ("demo", 1, 0)
    assert facts["staged"]["targets"]["missing_signatures"] == 2
    assert "list id: demo\neditors: alice, bob, carol\n" in shell.run("status", shell.desk).stdout
    shell.run("sign", shell.desk, "--editor", "alice")
    shell.run("sign", shell.desk, "--editor", "bob", "--publish", shell.out, "--duty", "carol")
    assert shell.json("status", shell.desk)["to_do"] == []
    later = Shell(shell.folder, now=NOW + timedelta(days=6))
    assert later.json("status", shell.desk)["to_do"] == [
        "withdraw ends 2026-11-29T03:00:00Z: `mamori-list withdraw DESK --renew`"
    ]
    latest = Shell(shell.folder, now=NOW + timedelta(days=90)).json("status", shell.desk)["to_do"]
    assert "the epoch is 90 days old, due are 90: `mamori-list rekey`" in latest
    assert "targets has ended 2026-12-22T03:00:00Z: build, sign and publish" in latest


def test_status_asks_for_a_ceremony_two_months_before_root_ends(shell: Shell) -> None:
    """After its last day ISPs take no new list, and a ceremony takes weeks to arrange."""
    renew = "`mamori-list ceremony plan DESK FOLDER --reason renewal`"
    for days, said in ((300, []), (306, ["ends"]), (366, ["has ended"])):
        told = Shell(shell.folder, now=NOW + timedelta(days=days)).json("status", shell.desk)["to_do"]
        assert told == [f"root {word} 2027-11-22T03:00:00Z: {renew}" for word in said]
