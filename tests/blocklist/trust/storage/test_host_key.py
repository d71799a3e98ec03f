"""The host key."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocklist.errors import OperatorFault
from blocklist.trust.storage import host_key


def test_made_once_then_the_same(tmp_path: Path) -> None:
    """The first call makes 32 random bytes in a 0600 file; later calls return them."""
    state = tmp_path / "state"
    key = host_key.load_or_create(state)
    assert (len(key), host_key.load_or_create(state)) == (32, key)
    assert (state / "host.key").stat().st_mode & 0o777 == 0o600


def test_damaged_key_is_never_replaced(tmp_path: Path) -> None:
    """A key file of another length stops us: a new key would make all sealed files unreadable for good."""
    (tmp_path / "host.key").touch(mode=0o600)
    with pytest.raises(OperatorFault):
        host_key.load_or_create(tmp_path)
