"""TUF metadata."""

from __future__ import annotations

from datetime import timedelta

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata

from blocklist.publish.versions import roles
from tests.blocklist.publish.support import NOW

SIGNERS = [CryptoSigner.generate_ed25519() for _ in range(3)]
KEYS = [signer.public_key for signer in SIGNERS]


def test_lifetimes_are_those_of_the_design() -> None:
    """Targets and keyring 30 days, snapshot 7, timestamp 6 hours, to the second."""
    targets = roles.make_targets(1, {"index.json": b"x"}, KEYS, 2, NOW + timedelta(microseconds=5))
    keyring = roles.make_keyring(1, {"keys/current": b"x"}, NOW)
    snapshot = roles.make_snapshot(1, {"targets": targets.to_bytes()}, SIGNERS[0], NOW)
    timestamp = roles.make_timestamp(1, snapshot.to_bytes(), SIGNERS[0], NOW)
    lifetimes = [one.signed.expires - NOW for one in (targets, keyring, snapshot, timestamp)]
    assert lifetimes == [timedelta(days=30), timedelta(days=30), timedelta(days=7), timedelta(hours=6)]
    assert snapshot.signed.meta["targets.json"].version == 1
    assert Metadata.from_bytes(timestamp.to_bytes()).signed == timestamp.signed


def test_the_keyring_may_name_keys_only() -> None:
    """The delegation is terminating and covers `keys/*`."""
    delegations = roles.make_targets(1, {}, KEYS, 2, NOW).signed.delegations
    assert delegations is not None
    found = [name for name, _ in delegations.get_roles_for_target("keys/current")]
    assert (found, list(delegations.get_roles_for_target("index.json"))) == (["keyring"], [])


def test_missing_signatures_are_counted_by_different_keys() -> None:
    """The same key twice is one, a foreign key none."""
    delegator = roles.make_targets(1, {}, KEYS, 2, NOW).signed
    keyring = roles.make_keyring(1, {}, NOW)
    assert roles.signatures_missing(delegator, "keyring", keyring) == 2
    for signer in (SIGNERS[0], SIGNERS[0], CryptoSigner.generate_ed25519()):
        keyring.sign(signer, append=True)
    assert roles.signatures_missing(delegator, "keyring", keyring) == 1
    assert roles.signed_by(delegator, "keyring", keyring) == {KEYS[0].keyid}
    keyring.sign(SIGNERS[2], append=True)
    assert roles.signatures_missing(delegator, "keyring", keyring) == 0
