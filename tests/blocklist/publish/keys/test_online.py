"""The folder of online keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from blocklist.errors import OperatorFault
from blocklist.publish.keys.keyfiles import new_signing_key
from blocklist.publish.keys.online import OnlineFolder
from tests.blocklist.publish.signers import Signers
from tests.blocklist.publish.support import PASSPHRASE

OTHER = b"another passphrase of somebody"


def test_the_key_that_root_names_is_used(tmp_path: Path) -> None:
    """A new key waits beside the old one until a root names it; one that does not open is passed over."""
    new_signing_key(tmp_path / "snapshot-0.pem", OTHER)
    snapshot = new_signing_key(tmp_path / "snapshot.pem", PASSPHRASE)
    old = new_signing_key(tmp_path / "timestamp.pem", PASSPHRASE)
    new = new_signing_key(tmp_path / "timestamp-2.pem", PASSPHRASE)
    folder = OnlineFolder(tmp_path, lambda _: PASSPHRASE)
    for timestamp in (old, new):
        root = evolve(Signers(), snapshot=[snapshot], timestamp=[timestamp]).make_root()
        keys = folder.keys_for(root)
        assert keys.timestamp.public_key == timestamp.public_key
        assert keys.snapshot.public_key == snapshot.public_key


def test_a_missing_key_is_told(tmp_path: Path) -> None:
    """With the number of files that do not open."""
    new_signing_key(tmp_path / "snapshot.pem", OTHER)
    with pytest.raises(OperatorFault, match="no snapshot key that root version 1 names; 1 key files there do not open"):
        OnlineFolder(tmp_path, lambda _: PASSPHRASE).keys_for(Signers().make_root())
