"""`add`, `import`, `remove`."""

from __future__ import annotations

import pytest

from tests.blocklist.publish.cli.shell import CODES, Shell
from tests.blocklist.publish.support import entry


def importing(shell: Shell, text: str, *words: str, code: int = 0) -> str:
    file = shell.folder / "import.txt"
    file.write_text(text)
    return shell.run("import", shell.desk, str(file), "--editor", "alice", *words, code=code).output


def test_import_reports_every_reject_and_totals(shell: Shell) -> None:
    """Line and reason, no names; exit code 1 because some lines were rejected."""
    text = "one.example\nbad..example\nONE.example.\n192.0.2.1\n"
    output = importing(shell, text, *CODES, code=1)
    assert "line 2: empty label\nline 3: already listed as 01" in output
    assert "line 4: ip literal\n" in output
    assert "added 1, rejected 3\n  1 already listed\n  1 empty label\n  1 ip literal\n" in output
    assert "one.example" not in output.lower()


@pytest.mark.parametrize(
    ("form", "text", "more"),
    [
        ("plain", "a.example\n", ()),
        ("hosts", "0.0.0.0 a.example\n127.0.0.1 localhost\n", ()),
        ("rpz", "a.example CNAME .\n", ()),
        (
            "csv",
            "Site;Kind\na.example;domain\n",
            ("--column", "name=Site", "--column", "type=Kind", "--delimiter", ";"),
        ),
    ],
)
def test_each_format_is_read(shell: Shell, form: str, text: str, more: tuple[str, ...]) -> None:
    """One good entry each."""
    assert "added 1, rejected 0" in importing(shell, text, "--format", form, *more, *CODES)


def test_json_lines_are_the_lists_own_entries(shell: Shell) -> None:
    """They bring their own codes and ids; an id used before is rejected."""
    line = entry("one.example").to_bytes().decode()
    assert "added 1, rejected 0" in importing(shell, line + "\n", "--format", "jsonl")
    assert "line 1: id used before" in importing(shell, line + "\n{\n", "--format", "jsonl", code=1)


def test_piped_bytes_that_are_no_text_are_told_by_line(shell: Shell) -> None:
    """Not a traceback, and the good line is added."""
    piped = b"\xff\xfe.example\none.example\n"
    told = shell.run("add", shell.desk, "--editor", "alice", *CODES, typed=piped, code=1)
    assert "line 1: bad encoding" in told.stderr
    assert "added 1, rejected 1" in told.stdout


def test_wrong_options_are_named(shell: Shell) -> None:
    """Missing codes, a bad column map, no such file: exit code 2."""
    assert "--criterion: choose one of" in importing(shell, "a.example\n", code=2)
    assert "FIELD=COLUMN" in importing(shell, "a\n", *CODES, "--format", "csv", "--column", "name", code=2)
    missing = shell.run("import", shell.desk, "absent", "--editor", "alice", *CODES, code=2)
    assert "cannot read absent" in missing.stderr
    assert "no name on standard input" in shell.run("add", shell.desk, "--editor", "alice", *CODES, code=2).stderr


def test_a_longer_lasting_twin_extends_an_entry(shell: Shell) -> None:
    """The same name again is refused for the same days and taken for more."""
    shell.add("one.example", more=("--days", "10"))
    assert len(shell.add("one.example", more=("--days", "20"))) == 1
    output = importing(shell, "one.example\n", *CODES, "--days", "20", code=1)
    assert "already listed as" in output


def test_remove_is_by_id(shell: Shell) -> None:
    """A name as an argument is not an id, and is refused."""
    (known,) = shell.add("one.example")
    assert shell.run("remove", shell.desk, "--editor", "carol", known).stdout == "removed 1\n"
    shell.run("remove", shell.desk, "--editor", "carol", known, code=2)


def test_no_verb_takes_an_entry_without_the_last_resort_its_criteria_set_demands(shell: Shell) -> None:
    """`add` and `import` say so at once; a file with codes of its own is refused line by line."""
    codes = ("--criterion", "dns_cumulative", "--basis", "law")
    assert "--last-resort: choose one of" in shell.run(
        "add", shell.desk, "--editor", "alice", *codes, typed="a.example\n", code=2
    ).stderr  # fmt: skip
    assert "--last-resort: choose one of" in importing(shell, "a.example\n", *codes, code=2)
    rows = "name,last_resort\na.example,hosted_abroad\nb.example,\nc.example,because\n"
    told = importing(shell, rows, *codes, "--format", "csv", code=1)
    assert "line 3: missing last resort\nline 4: unknown last resort\n" in told
    line = entry("d.example", last_resort=None).to_bytes().decode()
    assert "line 1: missing last resort" in importing(shell, line, "--format", "jsonl", code=1)
    assert len(shell.json("show", shell.desk)["entries"]) == 1


def test_remove_says_why_in_a_code(shell: Shell) -> None:
    """In JSON as well; and an import's report is one object."""
    (known,) = shell.add("one.example")
    words = ("remove", shell.desk, "--editor", "carol", known, "--code", "listed_in_error")
    assert shell.json(*words) == {"removed": 1, "code": "listed_in_error"}
    (found,) = shell.json("show", shell.desk, known)["entries"]
    assert found["history"] == ["2026-11-22 remove listed_in_error by carol"]
    report = shell.json("add", shell.desk, "--editor", "bob", *CODES, typed="two.example\ntwo.example\n", code=1)
    assert (report["added_count"], report["rejected_count"]) == (1, 1)
    assert report["rejects"] == [{"line": 2, "reason": "already_listed", "listed_as": report["added"][0]}]
