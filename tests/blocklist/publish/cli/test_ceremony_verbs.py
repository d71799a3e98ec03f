"""`key` and `ceremony`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.blocklist.publish.cli.shell import Shell


def test_a_ceremony_from_the_new_key_to_the_minutes(shell: Shell) -> None:
    """Key on the holder's machine, plan, two signatures, finish, hand over to the online signer."""
    home, folder, drop = (str(shell.folder / name) for name in ("home", "ceremony", "drop"))
    keys = str(Path(shell.desk) / "keys")
    made = shell.json("key", "make", "root", "root-3", "--keys", home)
    shown = shell.json("key", "show", made["file"])
    assert (shown["fingerprint"], shown["keyids"]) == (made["fingerprint"], made["keyids"])
    planned = shell.json(
        "ceremony", "plan", shell.desk, folder, "--reason", "lost", "--replace", f"root-3={made['file']}"
    )
    assert (planned["root_after"], planned["missing_before"], planned["missing_after"]) == (2, 2, 2)
    assert "answer y" in shell.run("ceremony", "sign", folder, "--holder", "root-1", "--keys", keys, code=2).stderr
    refused = shell.run("ceremony", "finish", shell.desk, folder, code=1)
    assert "2 more signature(s)" in refused.stderr
    for holder in ("root-1", "root-2"):
        shell.run("ceremony", "sign", folder, "--holder", holder, "--keys", keys, "--yes")
    assert shell.json("ceremony", "show", folder)["signed_by"] == ["root-1", "root-2"]
    assert "signatures missing: 0" in shell.run("ceremony", "show", folder).stdout
    (shell.folder / "drop").mkdir()
    done = shell.json("ceremony", "finish", shell.desk, folder, "--drop", drop)
    assert done["root_version"] == 2
    assert json.loads(Path(done["minutes"]).read_bytes())["facts"]["changes"][0]["seat"] == "root-3"
    (place,) = (shell.folder / "drop").iterdir()
    assert sorted(path.name for path in place.iterdir()) == ["1.root.json", "2.root.json"]


def test_an_editors_new_keys(shell: Shell) -> None:
    """The one who finishes is another editor; what must be approved again is said."""
    shell.run("approve", shell.desk, "--editor", "bob", *shell.add("one.example"))
    home, folder = str(shell.folder / "home"), str(shell.folder / "ceremony")
    keys = str(Path(shell.desk) / "keys")
    shell.run("key", "make", "editor", "bob", "--duty", "--keys", home)
    words = ("--reason", "stolen", "--replace", f"bob={home}/bob.pub.json")
    shell.run("ceremony", "plan", shell.desk, folder, *words)
    for holder in ("root-1", "root-3"):
        shell.run("ceremony", "sign", folder, "--holder", holder, "--keys", keys, "--yes")
    done = shell.run("ceremony", "finish", shell.desk, folder, "--editor", "alice").stdout
    assert "1 entries and 0 subscribers need another editor's approval" in done
    shell.run("diff", shell.desk, "--editor", "bob", "--keys", home)


def test_wrong_use_is_told(shell: Shell) -> None:
    """Exit code 2."""
    folder = str(shell.folder / "ceremony")
    for replace in ("root-3", "=x", "root-3="):
        wrong = shell.run("ceremony", "plan", shell.desk, folder, "--reason", "lost", "--replace", replace, code=2)
        assert "SEAT=FILE" in wrong.stderr
