"""`hsm`, and the daemon with a key in a token: real processes, since a token's library reads its settings once."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve

from blocklist.publish.keys.keyfiles import new_signing_key
from blocklist.publish.keys.publickeys import PublicKeys
from blocklist.publish.publication import drop
from tests.blocklist.publish.cli.test_publishing_verbs import COMMAND
from tests.blocklist.publish.client import Client
from tests.blocklist.publish.signers import Signers
from tests.blocklist.publish.support import PASSPHRASE
from tests.support.processes import Child
from tests.support.softhsm import PIN, make_token


@pytest.mark.peers
def test_the_daemon_signs_with_a_key_in_a_token(tmp_path: Path) -> None:
    """Made by the verb, named by root, PIN from a file."""
    token, keys = make_token(tmp_path / "token"), tmp_path / "keys"
    (tmp_path / "pin").write_bytes(PIN)
    (tmp_path / "passphrase").write_bytes(PASSPHRASE)
    words = ["hsm", "make", keys, "timestamp", "--module", token.module, "--token", token.label, "--json"]
    secrets = ["--passphrase-file", f"pin={tmp_path}/pin", "--passphrase-file", tmp_path / "passphrase"]
    made = subprocess.run(
        [*COMMAND, *map(str, (*words, *secrets))], capture_output=True, text=True, env=token.environment, check=False
    )
    assert made.returncode == 0, made.stderr
    public = PublicKeys.from_bytes(Path(json.loads(made.stdout)["file"]).read_bytes())

    class Named:
        """Stands in a root for a key this process cannot use."""

        public_key = public.signing

    signers = evolve(Signers(), snapshot=[new_signing_key(keys / "snapshot.pem", PASSPHRASE)], timestamp=[Named()])
    now = datetime.now(UTC).replace(microsecond=0)
    root = signers.make_root(now=now)
    (keys / "root.json").write_bytes(root)
    (tmp_path / "drop").mkdir()
    drop.put(tmp_path / "drop", (signers.make("targets", 1, days=3000), signers.make("keyring", 1, days=3000)), now)
    daemon = ["stamp", "--daemon", "--drop", tmp_path / "drop", "--keys", keys, *secrets, tmp_path / "out", "--json"]
    child = Child([*COMMAND, *map(str, daemon)], tmp_path / "output", env=token.environment)
    child.wait_for(lambda: '"published"' in child.text(), "the daemon")
    assert child.stop() == 0
    assert Client(tmp_path / "out", tmp_path / "memory", root, now).versions()["targets"] == 1
