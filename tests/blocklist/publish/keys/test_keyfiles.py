"""Key files."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocklist.errors import OperatorFault
from blocklist.keyring import generate_private
from blocklist.publish.keys import keyfiles
from tests.blocklist.publish.support import PASSPHRASE


def test_keys_come_back_from_their_files(tmp_path: Path) -> None:
    """Signing and reading keys survive the round trip, encrypted, for their owner only."""
    path = tmp_path / "key.pem"
    made = keyfiles.new_signing_key(path, PASSPHRASE)
    assert keyfiles.load_signing_key(path, PASSPHRASE).public_key == made.public_key
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in path.read_bytes()
    private = generate_private()
    keyfiles.new_reading_key(tmp_path / "read.pem", private, PASSPHRASE)
    assert keyfiles.load_reading_key(tmp_path / "read.pem", PASSPHRASE) == private


def test_what_does_not_open_says_which_file(tmp_path: Path) -> None:
    """Wrong passphrase, wrong kind, no key file, no file."""
    path = tmp_path / "key.pem"
    keyfiles.new_signing_key(path, PASSPHRASE)
    with pytest.raises(OperatorFault, match=r"key\.pem does not open: wrong passphrase"):
        keyfiles.load_signing_key(path, b"another passphrase here")
    with pytest.raises(OperatorFault, match="holds no reading key"):
        keyfiles.load_reading_key(path, PASSPHRASE)
    keyfiles.new_reading_key(tmp_path / "read.pem", generate_private(), PASSPHRASE)
    with pytest.raises(OperatorFault, match="holds no Ed25519"):
        keyfiles.load_signing_key(tmp_path / "read.pem", PASSPHRASE)
    path.write_bytes(b"nothing")
    with pytest.raises(OperatorFault, match="not an encrypted PEM"):
        keyfiles.load_signing_key(path, PASSPHRASE)
    with pytest.raises(OperatorFault, match="cannot read key file"):
        keyfiles.load_signing_key(tmp_path / "absent.pem", PASSPHRASE)


def test_a_key_file_is_never_overwritten_nor_weakly_sealed(tmp_path: Path) -> None:
    """An existing file stays; a short passphrase is refused before anything is written."""
    path = tmp_path / "key.pem"
    with pytest.raises(OperatorFault, match="fewer than 16"):
        keyfiles.new_signing_key(path, b"short")
    with pytest.raises(OperatorFault, match="fewer than 16"):
        keyfiles.new_signing_key(path, "短い合言葉です".encode())  # 21 bytes, 7 characters
    assert not path.exists()
    keyfiles.new_signing_key(path, PASSPHRASE)
    with pytest.raises(OperatorFault, match="never overwritten"):
        keyfiles.new_signing_key(path, PASSPHRASE)


@pytest.mark.parametrize("name", ["", "Alice", "../alice", "a b", "a" * 33])
def test_a_holders_name_cannot_leave_the_folder(name: str) -> None:
    """Names are part of file names."""
    with pytest.raises(OperatorFault, match="key holder"):
        keyfiles.check_holder_name(name)
