"""The subscriber's HPKE key."""

from __future__ import annotations

from pathlib import Path

from blocklist import keyring
from blocklist.trust.storage import subscriber_key


def test_made_once_and_opens_what_is_wrapped_for_its_public_part(tmp_path: Path) -> None:
    """The public part handed to a list body belongs to the private key that stays here."""
    public = subscriber_key.public_key(tmp_path)
    private = subscriber_key.load_or_create(tmp_path)
    wrapped = keyring.wrap(bytes(32), public, list_id="demo", epoch=1)
    assert keyring.unwrap(wrapped, private, list_id="demo", epoch=1) == bytes(32)
    assert (tmp_path / "subscriber.key").stat().st_mode & 0o777 == 0o600
