"""`rekey`."""

from __future__ import annotations

from tests.blocklist.publish.cli.shell import Shell


def test_a_rekey_from_the_shell(shell: Shell) -> None:
    """It says what must be done first, is signed by two, and goes out with a duty officer's key."""
    assert "build, sign and publish one first" in shell.run("rekey", shell.desk, "--editor", "alice", code=1).stderr
    ids = shell.add("one.example")
    shell.run("approve", shell.desk, "--editor", "bob", *ids)
    shell.run("build", shell.desk, "--editor", "alice", "--sign")
    shell.run("sign", shell.desk, "--editor", "bob", "--publish", shell.out)
    assert "withdraw DESK --renew" in shell.run("rekey", shell.desk, "--editor", "alice", code=1).stderr
    shell.run("withdraw", shell.desk, "--renew", "--duty", "carol", "--publish", shell.out)
    staged = shell.json("rekey", shell.desk, "--editor", "alice", "--sign")
    assert (staged["version"], staged["epoch"], staged["staged"]["keyring"]["version"]) == (2, 2, 1)
    shell.run("sign", shell.desk, "--editor", "bob")
    assert "name --duty" in shell.run("publish", shell.desk, shell.out, code=1).stderr
    assert "published version 2" in shell.run("publish", shell.desk, shell.out, "--duty", "bob").stdout
    assert shell.json("status", shell.desk)["epoch"] == 2
    assert "out for 0 h only" in shell.run("build", shell.desk, "--editor", "alice").stderr
