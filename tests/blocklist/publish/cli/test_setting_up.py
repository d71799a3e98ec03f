"""`init` and `subscriber`."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from blocklist import canonical
from blocklist.criteria import DEMO
from blocklist.errors import OperatorFault
from blocklist.keyring import generate_private, public_bytes, subscriber_id
from blocklist.publish.cli import main
from blocklist.publish.cli.setting_up import read_public_key
from tests.blocklist.publish.cli.shell import Shell

EDITORS = ("--editor", "alice", "--editor", "bob", "--editor", "carol")


def test_init_makes_a_desk_with_its_first_subscriber(tmp_path: Path) -> None:
    """Root 3 of 5 by default; the subscriber has two approvals."""
    public = public_bytes(generate_private())
    (tmp_path / "isp.pub").write_bytes(public)
    shell = Shell(tmp_path)
    output = shell.run(
        "init", shell.desk, "--list-id", "own", *EDITORS, "--subscriber", str(tmp_path / "isp.pub")
    ).stdout
    assert "root 3 of 5, targets and keyring 2 of 3 editors" in output
    found = shell.json("subscriber", "list", shell.desk)["subscribers"]
    assert found == [{"id": subscriber_id(public), "label": "isp", "approvals": 2, "left_in": None}]


def test_init_makes_duty_officers(tmp_path: Path) -> None:
    """Named ones, or the editors; who they are is told."""
    shell = Shell(tmp_path)
    words = ("--list-id", "own", "--small", *EDITORS)
    made = shell.json("init", shell.desk, *words, "--duty", "dora", "--duty", "emi")
    assert (made["duties"], made["root"]["needed"]) == (["dora", "emi"], 2)
    assert (tmp_path / "desk" / "keys" / "dora.duty.pem").is_file()
    other = shell.run("init", str(tmp_path / "other"), *words).stdout
    assert "withdraw 1 of 3 duty officers" in other


def test_init_asks_each_holder_for_her_passphrase(tmp_path: Path) -> None:
    """Typed twice for each of three editors, three root keys and the on-line keys; never echoed."""
    typed = "a long passphrase 1\n" * 2 * 7
    words = ["init", str(tmp_path / "desk"), "--list-id", "own", "--small", *EDITORS]
    result = CliRunner().invoke(main, words, input=typed)
    assert result.exit_code == 0, result.output
    assert "New passphrase of root-3" in result.stderr
    assert "a long passphrase" not in result.output


def test_init_makes_one_passphrase_for_a_trial(tmp_path: Path) -> None:
    """It opens the keys afterwards, is readable by its owner only, and never replaces a file."""
    file = tmp_path / "passphrase"
    words = ["init", str(tmp_path / "desk"), "--list-id", "own", "--small", *EDITORS, "--make-passphrase", str(file)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert file.stat().st_mode & 0o777 == 0o600
    check = ["check", str(tmp_path / "desk"), "--editor", "alice", "--passphrase-file", str(file)]
    assert CliRunner().invoke(main, check).exit_code == 0
    words[1] = str(tmp_path / "other")
    again = CliRunner().invoke(main, words)
    assert (again.exit_code, "name a new file" in again.stderr) == (2, True)


def test_init_makes_nothing_of_what_it_refuses(tmp_path: Path) -> None:
    """No passphrase is made or asked for, so that the corrected command runs."""
    words = ("init", str(tmp_path / "desk"), "--list-id", "demo", "--editor", "alice", "--editor", "bob")
    for more in ((), ("--make-passphrase", str(tmp_path / "passphrase"))):
        result = CliRunner().invoke(main, [*words, *more])
        assert result.exit_code == 2
        assert "needs 3 or more" in result.stderr and not list(tmp_path.iterdir())


def test_a_criteria_set_may_be_spelt_by_hand(tmp_path: Path) -> None:
    """Any JSON spelling is taken; a wrong one is the operator's fault."""
    shell = Shell(tmp_path)
    criteria = tmp_path / "criteria.json"
    criteria.write_text(json.dumps(json.loads(DEMO.to_bytes()), indent=2))
    shell.run("init", shell.desk, "--list-id", "own", "--small", *EDITORS, "--criteria", str(criteria))
    assert (tmp_path / "desk" / "criteria.json").read_bytes() == DEMO.to_bytes()
    for text in ("{", canonical.dumps({"format": 1}).decode()):
        criteria.write_text(text)
        words = ("init", str(tmp_path / "other"), "--list-id", "own", *EDITORS, "--criteria", str(criteria))
        assert "criteria.json" in shell.run(*words, code=2).stderr


def test_a_subscriber_is_added_and_approved(shell: Shell) -> None:
    """The adder's approval and another's; a wrong id is refused."""
    public = public_bytes(generate_private())
    (shell.folder / "isp.pub").write_bytes(base64.b64encode(public) + b"\n")
    words = ("subscriber", "add", shell.desk, str(shell.folder / "isp.pub"), "--editor", "alice", "--label", "An ISP")
    assert "not the key with that id" in shell.run(*words, "--id", "0" * 64, code=2).stderr
    known = shell.run(*words).stdout.strip()
    assert "new subscriber " + known in shell.run("diff", shell.desk, "--editor", "bob").stdout
    shell.run("approve", shell.desk, "--editor", "bob", known)
    assert shell.run("subscriber", "list", shell.desk).stdout == f"{known}  2 approvals  An ISP\n"


@pytest.mark.parametrize("data", [b"", b"not base64!", base64.b64encode(b"short")])
def test_what_is_no_public_key_is_refused(tmp_path: Path, data: bytes) -> None:
    """With how an ISP makes one."""
    (tmp_path / "isp.pub").write_bytes(data)
    with pytest.raises(OperatorFault, match="mamori subscriber-key"):
        read_public_key(tmp_path / "isp.pub")


def test_a_subscriber_is_let_go_by_two(shell: Shell) -> None:
    """The second word says what to do next, `list` and `status` what is open."""
    public = public_bytes(generate_private())
    (shell.folder / "isp.pub").write_bytes(public)
    words = ("subscriber", "add", shell.desk, str(shell.folder / "isp.pub"), "--editor", "alice", "--label", "An ISP")
    known = shell.json(*words)["subscriber"]
    shell.run("approve", shell.desk, "--editor", "bob", known)
    remove = ("subscriber", "remove", shell.desk, known)
    assert "another editor" in shell.run(*remove, "--editor", "alice").stdout
    assert shell.json("subscriber", "list", shell.desk)["subscribers"][0]["left_in"] is None
    assert "mamori-list rekey" in shell.run(*remove, "--editor", "bob").stdout
    assert "let go in epoch 1" in shell.run("subscriber", "list", shell.desk).stdout
    facts = shell.json("status", shell.desk)
    assert facts["subscribers"] == 0
    assert "1 subscribers were let go" in facts["to_do"][0]
