"""`due` and `review`."""

from __future__ import annotations

from tests.blocklist.publish.cli.shell import Shell


def test_due_needs_no_key(shell: Shell) -> None:
    """Counts and ids of all that waits."""
    (known,) = shell.add("one.example", more=("--days", "5"))
    told = shell.run("due", shell.desk).stdout
    assert f"waiting for approval: 1\n  {known}\n" in told
    assert f"ending within 7 days: 1\n  {known}\n" in told
    assert shell.json("due", shell.desk)["to_review"] == []


def test_review_looks_ahead_and_shows_no_name_but_on_a_terminal(shell: Shell) -> None:
    """Who listed it is not in it; her own an editor does not get."""
    (known,) = shell.add("one.example", more=("--days", "5"))
    words = ("review", shell.desk, "--within", "5")
    shown = shell.run(*words, "--editor", "bob").stdout
    assert known in shown and shown.endswith("1 entries to review\n")
    assert "alice" not in shown and "one.example" not in shown
    assert shell.json("review", shell.desk)["entries"] == []
    assert shell.json(*words, "--editor", "alice")["entries"] == []
    assert "on a terminal only" in shell.run(*words, "--names", "--editor", "bob", code=2).stderr
    shell.terminal = True
    assert '"name":"one.example"' in shell.run(*words, "--names", "--editor", "bob").stdout
    assert "needs --editor" in shell.run(*words, "--names", code=2).stderr
