"""`backup` and `restore`."""

from __future__ import annotations

from tests.blocklist.publish.cli.shell import Shell


def test_a_desk_goes_into_a_file_and_back(shell: Shell) -> None:
    """Counts and dates are printed; no passphrase is asked for."""
    shell.add("one.example")
    file, new = str(shell.folder / "desk.backup"), str(shell.folder / "new")
    made = shell.json("backup", shell.desk, file)
    assert (made["list_id"], made["made_at"]) == ("demo", "2026-11-22T03:00:00Z")
    assert "files: " in shell.run("restore", file, new).stdout
    assert shell.json("status", new) == shell.json("status", shell.desk)
    assert "never restored over a desk" in shell.run("restore", file, shell.desk, code=2).stderr
