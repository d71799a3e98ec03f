"""Online keys in a token: SoftHSM2."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve
from securesystemslib.exceptions import UnverifiedSignatureError

from blocklist.errors import OperatorFault
from blocklist.publish.keys.hsm import TokenKey, import_key, make_key
from blocklist.publish.keys.keyfiles import new_signing_key
from blocklist.publish.keys.online import OnlineFolder
from blocklist.publish.publication.outlet import Outlet
from tests.blocklist.publish.client import Client
from tests.blocklist.publish.signers import Signers
from tests.blocklist.publish.support import NOW, PASSPHRASE
from tests.support.softhsm import CONFIGURATION, PIN, SoftToken, make_token


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftToken]:
    made = make_token(tmp_path_factory.mktemp("token"))
    os.environ[CONFIGURATION] = str(made.configuration)
    yield made
    del os.environ[CONFIGURATION]


@pytest.fixture(scope="module")
def key(token: SoftToken) -> TokenKey:
    return make_key(token.module, token.label, 2, PIN)


@pytest.mark.peers
def test_a_key_made_in_the_token_signs_and_is_found_again(token: SoftToken, key: TokenKey, tmp_path: Path) -> None:
    """ECDSA on P-256; the file beside it holds nothing secret."""
    key.save(tmp_path / "timestamp.hsm.json")
    loaded = TokenKey.load(tmp_path / "timestamp.hsm.json")
    assert loaded == key == import_key(token.module, token.label, 2, PIN)
    signature = loaded.signer(lambda: PIN).sign(b"payload")
    key.public.verify_signature(signature, b"payload")
    with pytest.raises(UnverifiedSignatureError):
        key.public.verify_signature(signature, b"other")
    assert PIN not in (tmp_path / "timestamp.hsm.json").read_bytes()
    with pytest.raises(OperatorFault, match="never overwritten"):
        key.save(tmp_path / "timestamp.hsm.json")


@pytest.mark.peers
def test_a_key_in_a_file_is_replaced_by_one_in_the_token(key: TokenKey, tmp_path: Path) -> None:
    """A client that pinned root 1 goes on under root 2; both keys lie in the folder."""
    keys = tmp_path / "keys"
    keys.mkdir()
    old = evolve(
        Signers(),
        snapshot=[new_signing_key(keys / "snapshot.pem", PASSPHRASE)],
        timestamp=[new_signing_key(keys / "timestamp.pem", PASSPHRASE)],
    )
    new = evolve(old, timestamp=[key.signer(lambda: PIN)])
    key.save(keys / "timestamp.hsm.json")
    folder = OnlineFolder(keys, {"online": PASSPHRASE, "pin": PIN}.__getitem__)
    first, second = old.make_root(), new.make_root(2, old)
    outlet = Outlet(tmp_path / "out")
    outlet.publish(first, (old.make("targets", 1), old.make("keyring", 1)), folder.keys_for(first), NOW)
    assert Client(tmp_path / "out", tmp_path / "memory", first, NOW).versions()["root"] == 1
    outlet.publish(second, (), folder.keys_for(second), NOW)
    assert Client(tmp_path / "out", tmp_path / "memory", first, NOW).versions() == {
        "root": 2,
        "targets": 1,
        "keyring": 1,
    }


@pytest.mark.peers
def test_a_refused_pin_is_not_tried_again(key: TokenKey) -> None:
    """The third wrong one would lock a real token."""
    asked = []

    def wrong() -> bytes:
        asked.append(1)
        return b"wrong pin"

    signer = key.signer(wrong)
    for _ in range(3):
        with pytest.raises(OperatorFault, match="refused the PIN"):
            signer.sign(b"payload")
    assert asked == [1]


@pytest.mark.peers
def test_what_is_not_in_the_token_is_told(token: SoftToken, key: TokenKey) -> None:
    """Another key, another token, a wrong PIN."""
    for label, number, pin in ((token.label, 9, PIN), ("other", 2, PIN)):
        with pytest.raises(OperatorFault, match="is it there"):
            import_key(token.module, label, number, pin)
    with pytest.raises(OperatorFault, match="refused the PIN"):
        make_key(token.module, token.label, 3, b"wrong pin")
    with pytest.raises(OperatorFault, match="is it there"):
        make_key(token.module, "other", 3, PIN)
    with pytest.raises(OperatorFault, match="does not sign"):
        evolve(key, uri="hsm:9?label=mamori").signer(lambda: PIN).sign(b"payload")


@pytest.mark.parametrize("data", [b"", b"[]", b'{"format":1}', b'{"format":2,"module":"","uri":"","public":{}}'])
def test_a_damaged_file_is_told(tmp_path: Path, data: bytes) -> None:
    """With how to make it again."""
    (tmp_path / "timestamp.hsm.json").write_bytes(data)
    with pytest.raises(OperatorFault, match="mamori-list hsm import"):
        TokenKey.load(tmp_path / "timestamp.hsm.json")


def test_without_the_library_it_says_what_to_install() -> None:
    """`mamori[hsm]` is optional; everything else goes on without it."""
    program = (
        "import sys; sys.modules['pkcs11'] = None\n"
        "from pathlib import Path\nfrom blocklist.publish.cli import main\n"
        "main(['hsm', 'make', 'keys', 'timestamp', '--module', 'x', '--token', 't', '--passphrase-file', '/dev/null'])"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ended.returncode, "install mamori[hsm]" in ended.stderr) == (2, True), ended.stderr
