"""What a new key holder hands over."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocklist import canonical
from blocklist.errors import BlocklistError, OperatorFault
from blocklist.publish.keys.keyfiles import load_duty_keys, load_editor_keys, load_signing_key
from blocklist.publish.keys.publickeys import KINDS, PublicKeys, make_keys
from tests.blocklist.publish.support import PASSPHRASE


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read_back(tmp_path: Path, kind: str) -> None:
    """With the same fingerprint; the private halves open with her passphrase."""
    made = make_keys(tmp_path, kind, f"{kind}-2", PASSPHRASE, with_duty=True)
    again = PublicKeys.from_bytes(made.to_bytes())
    assert (again, again.fingerprint) == (made, made.fingerprint)
    if kind == "editor":
        assert load_editor_keys(tmp_path, "editor-2", PASSPHRASE).signing.public_key == made.signing
        assert load_duty_keys(tmp_path, "editor-2", PASSPHRASE).signing.public_key == made.duty
    elif kind == "duty":
        assert load_duty_keys(tmp_path, "duty-2", PASSPHRASE).signing.public_key == made.signing
    else:
        assert load_signing_key(tmp_path / f"{kind}-2.pem", PASSPHRASE).public_key == made.signing


def test_a_duty_officer_who_is_an_editor_keeps_her_reading_key(tmp_path: Path) -> None:
    """One reading key a person: the desk's secrets are wrapped once for her."""
    editor = make_keys(tmp_path, "editor", "bob", PASSPHRASE)
    assert make_keys(tmp_path, "duty", "bob", PASSPHRASE).reading == editor.reading


def test_nothing_is_overwritten_and_online_keys_say_what_they_are(tmp_path: Path) -> None:
    """A second key of one name is another person's mistake."""
    make_keys(tmp_path, "root", "root-1", PASSPHRASE)
    with pytest.raises(OperatorFault, match="never overwritten"):
        make_keys(tmp_path, "root", "root-1", PASSPHRASE)
    with pytest.raises(OperatorFault, match="begins with 'timestamp'"):
        make_keys(tmp_path, "timestamp", "online", PASSPHRASE)


def test_a_changed_or_incomplete_file_is_refused(tmp_path: Path) -> None:
    """Fields left out, another kind's fields, another format, no JSON."""
    plain = make_keys(tmp_path, "editor", "bob", PASSPHRASE).to_plain()
    for change in ({"kind": "root"}, {"reading": ""}, {"keyring": None}, {"format": 2}, {"name": "B b"}, {"duty": 1}):
        with pytest.raises(OperatorFault):
            PublicKeys.from_bytes(canonical.dumps({**plain, **change}))
    del plain["signing"]
    for data in (canonical.dumps(plain), b"{", b"[]"):
        with pytest.raises(BlocklistError):
            PublicKeys.from_bytes(data)
