"""The door: exit codes, passphrases, the progress bar."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tuf.api.serialization import DeserializationError

from blocklist.errors import EntryFault, OperatorFault, PublisherFault
from blocklist.publish.cli.door import MISUSED, REFUSED, Passphrases, Verbs, watched
from blocklist.publish.faults import Refusal
from tests.blocklist.publish.cli.shell import Shell
from tests.blocklist.publish.support import entry


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OperatorFault("x", "here"), MISUSED),
        (Refusal("x", "no"), REFUSED),
        (PublisherFault("x", "no"), REFUSED),
        (EntryFault("bad_label"), REFUSED),
        (sqlite3.OperationalError("disk I/O error"), MISUSED),
        (OSError(28, "No space left on device", "file"), MISUSED),
        (DeserializationError("listed.example"), MISUSED),
        (KeyError("listed.example"), MISUSED),
        (click.UsageError("no"), MISUSED),
    ],
)
def test_faults_end_with_their_exit_code_and_no_traceback(error: Exception, code: int) -> None:
    """One line on standard error."""

    @click.group(cls=Verbs)
    def group() -> None:
        """Nothing."""

    @group.command()
    def verb() -> None:
        raise error

    result = CliRunner().invoke(group, ["verb"])
    assert result.exit_code == code
    assert "Error: " in result.stderr
    assert "Traceback" not in result.output and "listed.example" not in result.output


def test_passphrases_come_from_the_holders_file_or_the_common_one(tmp_path: Path) -> None:
    """`NAME=FILE` wins over `FILE`; only the first line counts."""
    (tmp_path / "alice").write_bytes(b"hers\r\nsecond line\n")
    (tmp_path / "all").write_bytes(b"common")
    passphrases = Passphrases.read([f"alice={tmp_path / 'alice'}", str(tmp_path / "all")])
    assert (passphrases.get("alice"), passphrases.get("bob")) == (b"hers", b"common")
    (tmp_path / "a=b").write_bytes(b"odd")
    for option in (str(tmp_path / "a=b"), f"alice={tmp_path / 'a=b'}"):
        assert Passphrases.read([option]).get("alice") == b"odd"
    with pytest.raises(OperatorFault, match="passphrase file"):
        Passphrases.read([str(tmp_path / "absent")]).get("bob")


def test_a_wrong_passphrase_and_a_foreign_folder_are_told(shell: Shell) -> None:
    """Exit code 2, with the file or the verb to run."""
    (shell.folder / "wrong").write_bytes(b"a wrong passphrase\n")
    words = ("check", shell.desk, "--editor", "alice", "--passphrase-file", f"alice={shell.folder / 'wrong'}")
    assert "alice.sign.pem does not open" in shell.run(*words, code=2).stderr
    assert "mamori-list init" in shell.run("status", str(shell.folder), code=2).stderr
    assert "no editor 'dave'" in shell.run("check", shell.desk, "--editor", "dave", code=2).stderr


def test_without_a_terminal_no_passphrase_is_read_from_what_was_piped_in(shell: Shell) -> None:
    """A real process in a session of its own: it says which option to give, and the piped name stays unread."""
    command = [sys.executable, "-c", "from blocklist.publish.cli import main; main()", "add", shell.desk]
    done = subprocess.run(
        [*command, "--editor", "alice"], input="piped.example\n", capture_output=True, text=True, check=False,
        start_new_session=True, env={k: v for k, v in os.environ.items() if not k.startswith(("MAMORI_", "COV"))},
    )  # fmt: skip
    assert done.returncode == MISUSED
    assert "--passphrase-file alice=FILE" in done.stderr
    assert "piped.example" not in done.stderr and "Warning" not in done.stderr


def test_no_bar_is_drawn_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """The entries pass through unchanged."""
    one = entry()
    assert list(watched([one], 5_000)) == [one]
    assert capsys.readouterr().err == ""
