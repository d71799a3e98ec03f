"""`build`, `sign`, `publish`, `submit`, `stamp`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.blocklist.publish.cli.shell import Shell
from tests.blocklist.publish.support import NOW


def approved(shell: Shell, *names: str) -> None:
    ids = shell.add(*names)
    shell.run("approve", shell.desk, "--editor", "bob", *ids)


def test_the_whole_way_from_names_to_files(shell: Shell) -> None:
    """Add, approve twice, build and sign by one, sign by the other, publish, stamp."""
    approved(shell, "one.example", "two.example")
    built = shell.run("build", shell.desk, "--editor", "alice", "--sign").stdout
    assert "built version 1: 2 records" in built
    assert "targets version 1: needs 1 more signature(s)" in built
    refused = shell.run("publish", shell.desk, shell.out, code=1)
    assert "another editor runs `mamori-list sign`" in refused.stderr
    assert "targets version 1: signed" in shell.run("sign", shell.desk, "--editor", "bob").stdout
    assert "published version 1" in shell.run("publish", shell.desk, shell.out).stdout
    assert shell.run("stamp", shell.desk, shell.out).stdout == f"timestamp version {int(NOW.timestamp()) + 1}\n"
    assert (Path(shell.out) / "metadata" / "1.root.json").is_file()


def test_the_last_signature_can_publish_at_once(shell: Shell) -> None:
    """Nothing is published while a signature is missing."""
    approved(shell, "one.example")
    shell.run("build", shell.desk, "--editor", "alice")
    first = shell.run("sign", shell.desk, "--editor", "alice", "--publish", shell.out).stdout
    assert "published" not in first and not Path(shell.out).exists()
    assert "published version 1" in shell.run("sign", shell.desk, "--editor", "bob", "--publish", shell.out).stdout


def test_a_machine_that_only_stamps_needs_no_desk(shell: Shell) -> None:
    """The published folder and the two on-line key files are enough."""
    approved(shell, "one.example")
    shell.run("build", shell.desk, "--editor", "alice", "--sign")
    shell.run("sign", shell.desk, "--editor", "bob")
    shell.run("publish", shell.desk, shell.out)
    keys = shell.folder / "online"
    keys.mkdir()
    for name in ("snapshot.pem", "timestamp.pem"):
        (Path(shell.desk) / "keys" / name).rename(keys / name)
    Path(shell.desk).rename(shell.folder / "away")
    assert (
        shell.run("stamp", shell.out, "--keys", str(keys)).stdout == f"timestamp version {int(NOW.timestamp()) + 1}\n"
    )
    assert "OUT and --keys" in shell.run("stamp", shell.out, code=2).stderr


def test_sign_refuses_what_she_did_not_approve(shell: Shell) -> None:
    """Exit code 1, with what to do."""
    approved(shell, "one.example")
    shell.run("build", shell.desk, "--editor", "alice")
    refused = shell.run("sign", shell.desk, "--editor", "carol", code=1)
    assert "1 records you did not approve" in refused.stderr


def test_a_guard_stops_a_build_and_only_the_size_guard_can_be_waived(shell: Shell) -> None:
    """A public suffix is never built."""
    approved(shell, "co.jp")
    refused = shell.run("build", shell.desk, "--editor", "alice", code=1)
    assert "REFUSED public_suffix" in refused.stdout
    shell.run("build", shell.desk, "--editor", "alice", "--waive", "public_suffix", code=2)


def test_the_second_editors_guards_are_asked_too(shell: Shell) -> None:
    """A build by another tool, or under another never-list, is not signed because it is built."""
    approved(shell, "one.example")
    shell.run("build", shell.desk, "--editor", "alice", "--sign")
    (Path(shell.desk) / "never.txt").write_text("www.one.example\n")
    refused = shell.run("sign", shell.desk, "--editor", "bob", code=1)
    assert "REFUSED never_list: 1" in refused.stdout
    assert shell.json("status", shell.desk)["staged"]["targets"]["missing_signatures"] == 1


def test_the_size_guard_can_be_waived_or_announced(shell: Shell) -> None:
    """60 additions to one entry."""
    approved(shell, "one.example")
    shell.run("build", shell.desk, "--editor", "alice", "--sign", "--announce", "0,0")
    assert "--announce 0,0" in shell.run("sign", shell.desk, "--editor", "bob", code=1).stderr
    shell.run("sign", shell.desk, "--editor", "bob", "--announce", "0,0")
    shell.run("publish", shell.desk, shell.out)
    approved(shell, *(f"n{number}.example" for number in range(60)))
    refused = shell.run("build", shell.desk, "--editor", "alice", code=1)
    assert "REFUSED adds: 60" in refused.stdout and "--waive adds" in refused.stderr
    assert "61 records" in shell.run("build", shell.desk, "--editor", "alice", "--waive", "adds").stdout
    wrong = shell.run("build", shell.desk, "--editor", "alice", "--waive", "adds", "--announce", "many", code=2)
    assert "ADDS,REMOVALS" in wrong.stderr
    shell.run("build", shell.desk, "--editor", "alice", "--waive", "adds", "--announce", "²,1", code=2)


def test_a_guard_that_is_hit_is_told_as_one_json_object(shell: Shell) -> None:
    """`build` and `sign` print the report that `check` prints; how a size guard is waived stands beside it."""
    approved(shell, "one.example")
    shell.run("build", shell.desk, "--editor", "alice", "--sign")
    (Path(shell.desk) / "never.txt").write_text("one.example\n")
    for verb in ("build", "sign"):
        told = shell.run(verb, shell.desk, "--editor", "bob", "--json", code=1)
        (finding,) = json.loads(told.stdout)["findings"]
        assert finding["guard"] == "never_list" and "--waive" not in told.stderr


def test_verbs_out_of_order_say_what_comes_first(shell: Shell) -> None:
    """Exit code 2 and the verb to run."""
    assert "mamori-list build" in shell.run("sign", shell.desk, "--editor", "alice", code=2).stderr
    assert "mamori-list build" in shell.run("publish", shell.desk, shell.out, code=2).stderr
    assert "mamori-list publish" in shell.run("stamp", shell.desk, shell.out, code=2).stderr
    assert "two editors" in shell.run("build", shell.desk, "--editor", "alice", code=1).stderr


def test_a_version_goes_to_the_on_line_signer(shell: Shell) -> None:
    """All roles of it in one submission, with a withdraw file signed now and the line of the record."""
    approved(shell, "one.example")
    drop = shell.folder / "drop"
    drop.mkdir()
    shell.run("build", shell.desk, "--editor", "alice", "--sign")
    both = ("--drop", str(drop), "--publish", shell.out)
    assert "not both" in shell.run("sign", shell.desk, "--editor", "bob", *both, code=2).stderr
    assert shell.json("submit", shell.desk, str(drop), "--duty", "carol") == {"submitted": 1, "in": str(drop)}
    (place,) = drop.iterdir()
    names = {path.name for path in place.iterdir()}
    assert names >= {"targets.json", "keyring.json", "withdraw.json", "log.jsonl", "files"}


def test_every_step_tells_json(shell: Shell) -> None:
    """Version, records, missing signatures, where it went."""
    approved(shell, "one.example")
    built = shell.json("build", shell.desk, "--editor", "alice", "--sign")
    assert (built["version"], built["records"], built["staged"]["targets"]["missing_signatures"]) == (1, 1, 1)
    signed = shell.json("sign", shell.desk, "--editor", "bob", "--publish", shell.out)
    assert (signed["published"], signed["staged"]["keyring"]["missing_signatures"]) == (1, 0)
    assert shell.json("publish", shell.desk, shell.out)["published"] == 1
