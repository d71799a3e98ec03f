"""`check`, `diff`, `approve`."""

from __future__ import annotations

from tests.blocklist.publish.cli.shell import Shell


def test_check_names_guards_and_ids(shell: Shell) -> None:
    """Exit code 1 on a hit, 0 with notes only; names are never shown."""
    (bad,) = shell.add("co.jp")
    shell.add("http://pages.example/x", more=("--type", "url"))
    refused = shell.run("check", shell.desk, "--editor", "bob", code=1).stdout
    assert f"REFUSED public_suffix: 1 a public suffix, or above one: list the site's own name\n  {bad}\n" in refused
    assert "co.jp" not in refused
    shell.run("remove", shell.desk, "--editor", "bob", bad)
    report = shell.json("check", shell.desk, "--editor", "bob")
    assert (report["entries"], len(report["not_enforceable"])) == (1, 1)
    assert "note: 1 not enforceable by DNS" in shell.run("check", shell.desk, "--editor", "bob").stdout


def test_approve_all_follows_a_diff(shell: Shell) -> None:
    """Without it, or after a change, it is refused; `--digest` names a state explicitly."""
    shell.add("one.example", more=())
    shell.run("approve", shell.desk, "--editor", "bob", "--all", code=1)
    shown = shell.run("diff", shell.desk, "--editor", "bob").stdout
    assert "added: 1" in shown
    assert "one.example" not in shown
    shell.add("two.example", more=())
    assert "mamori-list diff" in shell.run("approve", shell.desk, "--editor", "bob", "--all", code=1).stderr
    digest = shell.json("diff", shell.desk, "--editor", "alice")["digest"]
    done = shell.run("approve", shell.desk, "--editor", "bob", "--all", "--digest", digest)
    assert done.stdout == "approved 2\n"
    assert shell.run("approve", shell.desk, "--editor", "alice", "--all").stdout == "approved 2\n"


def test_approve_wants_ids_or_all(shell: Shell) -> None:
    """Neither and both are wrong use; an unknown id says so."""
    shell.run("approve", shell.desk, "--editor", "bob", code=2)
    shell.run("approve", shell.desk, "--editor", "bob", "--all", "X", code=2)
    assert "no live entry" in shell.run("approve", shell.desk, "--editor", "bob", "X", code=2).stderr


def test_names_are_shown_on_a_terminal_only(shell: Shell) -> None:
    """And only when asked for; then whole, since `approve` signs every field, `all_types` as well."""
    shell.add("one.example", more=("--all-types",))
    refused = shell.run("diff", shell.desk, "--editor", "alice", "--names", code=2)
    assert "on a terminal only" in refused.stderr
    assert "one.example" not in refused.output
    shell.terminal = True
    shown = shell.run("diff", shell.desk, "--editor", "alice", "--names").stdout
    assert '+ {"all_types":true,' in shown
    assert '"name":"one.example"' in shown


def test_long_lists_of_ids_are_cut(shell: Shell) -> None:
    """The rest is a number; JSON has all."""
    shell.add(*(f"n{number}.example" for number in range(25)))
    assert "  … and 5 more\n" in shell.run("diff", shell.desk, "--editor", "bob").stdout
    assert len(shell.json("diff", shell.desk, "--editor", "bob")["added"]) == 25
