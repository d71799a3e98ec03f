"""`check`, `diff`, `approve`."""

from __future__ import annotations

from datetime import timedelta

from tests.blocklist.publish.cli.shell import Shell
from tests.blocklist.publish.support import NOW


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


def test_diff_is_a_dry_run_of_every_guard(shell: Shell) -> None:
    """Before anybody is asked to review: by id and count, as if all were approved, against the published version."""
    ids = shell.add("one.example", "two.example")
    shell.run("approve", shell.desk, "--editor", "bob", *ids)
    first = shell.run("diff", shell.desk, "--editor", "bob").stdout
    assert "records: 0 published, 2 here: 2 added, 0 removed, 0 changed\nthe first version" in first
    shell.run("build", shell.desk, "--editor", "alice", "--announce", "70,0", "--sign")
    shell.run("sign", shell.desk, "--editor", "bob", "--announce", "70,0")
    shell.run("publish", shell.desk, shell.out)
    (bad, *_) = shell.add("co.jp", *(f"n{number}.example" for number in range(60)), more=())
    shell.run("suspend", shell.desk, ids[0], "--editor", "carol", "--code", "doubt")
    told = shell.json("diff", shell.desk, "--editor", "bob")
    assert (told["left_out"], told["removed"], len(told["waiting"])) == ([ids[0]], [ids[0]], 61)
    assert [(one["guard"], one["count"]) for one in told["guards"]["findings"]] == [
        ("public_suffix", 1),
        ("adds", 61),
        ("removals", 1),
    ]
    size = told["guards"]["size"]
    assert (size["published"], size["adds"], size["removals"], size["updates"], size["announced"]) == (
        2,
        61,
        1,
        0,
        None,
    )
    shown = shell.run("diff", shell.desk, "--editor", "bob").stdout
    assert f"suspended or withdrawn: 1\n  {ids[0]}\n" in shown
    assert f"REFUSED public_suffix: 1 a public suffix, or above one: list the site's own name\n  {bad}\n" in shown
    assert "every ISP holds 61 additions; the size guard lets fewer pass" in shown
    shell.now = NOW + timedelta(hours=2)
    later = shell.json("diff", shell.desk, "--editor", "bob")["guards"]
    assert later["size"]["announced"] == [70, 0]
    assert [one["guard"] for one in later["findings"]] == ["public_suffix", "removals"]
    shown = shell.run("diff", shell.desk, "--editor", "bob").stdout
    assert "announced: 70 additions and 0 removals may pass\nevery ISP holds 1 removals" in shown


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
    assert '\n{"all_types":true,' in shown
    assert '"name":"one.example"' in shown


def test_an_entry_is_approved_as_it_was_shown(shell: Shell) -> None:
    """With --names she sees it, is asked, and her key signs that; on a terminal only, and nothing after a no."""
    (known,) = shell.add("one.example")
    words = ("approve", shell.desk, "--editor", "bob", known, "--names")
    shell.run(*words, code=2)
    shell.run("approve", shell.desk, "--editor", "bob", "--all", "--names", code=2)
    shell.terminal = True
    shell.run(*words, typed="n\n", code=1)
    assert shell.json("show", shell.desk, known)["entries"][0]["state"] == "draft"
    shown = shell.run(*words, typed="y\n").stdout
    assert '"name":"one.example"' in shown
    assert shown.endswith("approved 1\n")


def test_long_lists_of_ids_are_cut(shell: Shell) -> None:
    """The rest is a number; JSON has all."""
    shell.add(*(f"n{number}.example" for number in range(25)))
    assert "  … and 5 more\n" in shell.run("diff", shell.desk, "--editor", "bob").stdout
    assert len(shell.json("diff", shell.desk, "--editor", "bob")["added"]) == 25


def test_diff_points_out_what_was_taken_off_as_an_error(shell: Shell) -> None:
    """By id, for people and programs."""
    (known,) = shell.add("one.example")
    shell.run("remove", shell.desk, "--editor", "bob", known, "--code", "listed_in_error")
    (again,) = shell.add("one.example")
    words = ("diff", shell.desk, "--editor", "bob")
    assert shell.json(*words)["taken_off_before"] == [again]
    shown = shell.run(*words).stdout
    assert f"waiting, though taken off before as an error or after an objection: 1\n  {again}\n" in shown
