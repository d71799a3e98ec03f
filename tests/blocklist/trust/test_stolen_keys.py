"""What each stolen key and each coerced editor can do to an ISP: the rows of the attack table that take signatures."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve

from blocklist import keyring, stream
from blocklist.errors import PublisherFault
from blocklist.manifest import FileRef, Manifest, RekeyOf, full_path
from blocklist.matchfile import tokens_of
from blocklist.names import to_wire
from blocklist.tokens import domain_token, token_key
from blocklist.trust.outcome import Kind
from blocklist.trust.reasons import Reason
from blocklist.trust.subscription import Subscription
from tests.blocklist.trust.conftest import KEYS, MIRROR, Isp
from tests.blocklist.trust.list_body import LIST_ID, PURPOSE, ListBody, names, twisted

TEN = names(*range(10))
A_DAY, EVER = timedelta(hours=24), timedelta(days=73 * 365)
FAST_FORWARD = 2**31


@pytest.fixture
def subscription(isp: Isp, body: ListBody) -> Subscription:
    """A subscriber that enforces version 1, ten entries it has known for long."""
    body.publish(TEN)
    subscription = isp.subscribe()
    assert subscription.refresh().kind is Kind.UPDATED
    isp.clock.pass_seconds(60)
    return subscription


def enforced(subscription: Subscription) -> list[bytes]:
    image = subscription.image(())
    assert image is not None
    return list(tokens_of(image.records))


def fast_forward(isp: Isp, body: ListBody, life: timedelta) -> None:
    """Sign snapshot and timestamp of version 2³¹ with the stolen online keys."""
    body.stamps = FAST_FORWARD - 1
    body.sign_snapshot(isp.clock.utc, version=FAST_FORWARD, life=life)


def recover(isp: Isp, body: ListBody, listed: tuple[str, ...]) -> None:
    """Rotate both online keys; versions start again at POSIX seconds."""
    body.rotate_keys("snapshot", "timestamp")
    body.serial = body.stamps = int(isp.clock.now())
    assert body.stamps < FAST_FORWARD
    body.publish(listed, isp.clock.utc)


def test_fast_forwarded_online_key_expiring_in_2099_is_refused(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """It leaves no trace: with honest metadata back, versions go on where they were."""
    honest, stamps, serial = dict(body.files), body.stamps, body.serial
    fast_forward(isp, body, EVER)
    outcome = subscription.refresh()
    assert (outcome.kind, outcome.reason) == (Kind.FAILED, Reason.TIMESTAMP_LIFE)
    body.files.clear()
    body.files.update(honest)
    body.stamps, body.serial = stamps, serial
    body.publish(TEN[:9], isp.clock.utc)
    assert subscription.refresh().kind is Kind.UPDATED


@pytest.mark.parametrize("life", [timedelta(hours=6), A_DAY])
def test_fast_forwarded_online_key_is_recovered_by_a_root_rotation(
    subscription: Subscription, isp: Isp, body: ListBody, life: timedelta
) -> None:
    """Within the life it may have, it stops updates, never the list; new online keys and old versions end it at once.

    With a life of 24 hours it lifts the clock floor 18 hours ahead, too, below which only root is renewed.
    """
    fast_forward(isp, body, life)
    assert subscription.refresh().kind is Kind.UNCHANGED
    isp.clock.pass_seconds(300)
    body.serial, body.stamps = 1, 2
    body.publish(TEN[:9], isp.clock.utc)
    stopped = subscription.refresh()
    assert (stopped.kind, stopped.reason) == (Kind.FAILED, Reason.CLOCK if life == A_DAY else Reason.ROLLBACK)
    assert len(enforced(subscription)) == 10
    recover(isp, body, TEN[:8])
    assert subscription.refresh().kind is Kind.UPDATED
    status = subscription.status()
    assert (status.entries, status.age_seconds, status.clock_suspect) == (8, 0.0, False)
    assert isp.subscribe().refresh().kind is not Kind.FAILED


def test_fast_forwarded_targets_are_recovered_when_both_online_keys_are_replaced(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """A stolen snapshot key can claim any version of the editors' role; a new timestamp key alone does not end that."""
    body.sign_snapshot(isp.clock.utc, version=FAST_FORWARD, claims={"targets": FAST_FORWARD})
    assert subscription.refresh().kind is Kind.FAILED
    body.rotate_keys("timestamp")
    body.serial = body.stamps = int(isp.clock.now())
    body.publish(TEN[:9], isp.clock.utc)
    assert subscription.refresh().reason is Reason.ROLLBACK
    body.rotate_keys("snapshot")
    body.publish(TEN[:8], isp.clock.utc)
    assert subscription.refresh().kind is Kind.UPDATED


def test_floor_lifted_by_a_stolen_timestamp_key_survives_a_restart_and_falls_with_the_key(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """Neither a restart nor a mirror that is down loses the way out; until then nothing but root is asked for."""
    assert isp.transport is not None
    body.stamp(isp.clock.utc, life=A_DAY)
    subscription.refresh()
    again = isp.subscribe()
    isp.transport.asked.clear()
    assert again.refresh().reason is Reason.CLOCK
    assert isp.transport.asked == ["/metadata/2.root.json"]
    body.rotate_keys("timestamp")
    body.stamp(isp.clock.utc)
    isp.transport.down.add(MIRROR)
    assert again.refresh().reason is Reason.CLOCK
    isp.transport.down.clear()
    assert again.refresh().kind is Kind.UNCHANGED
    assert again.status().clock_suspect is False


def test_stolen_withdraw_key_takes_out_no_more_old_entries_than_the_cap(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """Of entries known for long it takes out three; the first one over the cap stays enforced, and it is alarmed."""
    before = enforced(subscription)
    body.withdraw(TEN[:4], isp.clock.utc)
    subscription.refresh()
    status = subscription.status()
    assert (status.entries, status.withdrawn, status.withdrawals_refused) == (7, 3, 1)
    assert status.failures[Reason.WITHDRAW_CAP] == 1
    body.withdraw(TEN[4:8], isp.clock.utc)
    subscription.refresh()
    assert set(enforced(subscription)) < set(before)
    assert subscription.status().entries == 7


def test_stolen_withdraw_key_cannot_use_up_the_serials(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """A serial far above POSIX seconds is refused: no duty officer after the thief, and no editor, could reach it."""
    body.withdraw(TEN[:1], isp.clock.utc, serial=2**63)
    assert subscription.refresh().kind is Kind.UNCHANGED
    assert subscription.status().failures[Reason.WITHDRAW] == 1
    body.withdraw(TEN[1:2], isp.clock.utc, serial=int(isp.clock.now()))
    assert subscription.refresh().kind is Kind.UPDATED
    assert subscription.status().withdrawn == 1


def test_stolen_withdraw_key_can_add_nothing(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Its role speaks for `withdraw/*` only: neither an index, a list nor a keyring that it signs is looked at."""
    before = enforced(subscription)
    more = body.records(names(*range(12)))
    manifest = body.manifest
    assert manifest is not None
    path = full_path(1, 2)
    sealed = body.sealed(more, stream.Kind.FULL, 1, path)
    forged = evolve(manifest, version=2, count=12, full=FileRef(path, len(sealed)))
    body.withdrawals_signed += 1
    body.put_withdrawals(
        {"index.json": forged.to_bytes(), path: sealed, "keys/current": b"{}", "withdraw/current": b"no withdrawal"},
        isp.clock.utc,
    )
    body.serial += 1
    body.sign_snapshot(isp.clock.utc)
    assert subscription.refresh().kind is Kind.UNCHANGED
    assert enforced(subscription) == before
    assert subscription.status().failures[Reason.WITHDRAW] == 1


def rekey(body: ListBody, isp: Isp) -> Manifest:
    """Publish the same set under epoch 2."""
    last = body.manifest
    assert last is not None
    body.secrets[2] = os.urandom(32)
    of = RekeyOf(last.epoch, last.version, last.set_sha256, last.count, last.full, ())
    old = {last.full.path: body.target(last.full.path)}
    return body.publish(TEN, isp.clock.utc, epoch=2, rekey_of=of, also=old)


def test_stolen_keyring_key_leaves_the_last_good_list(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """A false secret wrapped for us does not open the list: decryption fails, the old epoch stays, it is alarmed."""
    before = enforced(subscription)
    body.false_secrets = {1: os.urandom(32), 2: os.urandom(32)}
    rekey(body, isp)
    outcome = subscription.refresh()
    assert (outcome.kind, outcome.reason) == (Kind.FAILED, Reason.LIST_FILE)
    assert (enforced(subscription), subscription.status().epoch) == (before, 1)
    body.false_secrets = {}
    body.serial += 1
    body.sign_keyring(isp.clock.utc)
    body.sign_snapshot(isp.clock.utc)
    assert subscription.refresh().kind is Kind.UPDATED
    assert subscription.status().epoch == 2


def test_false_secret_for_a_known_epoch_changes_nothing(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """A secret once proven is not asked for again."""
    body.false_secrets = {1: os.urandom(32)}
    body.publish(TEN[:9], isp.clock.utc)
    assert subscription.refresh().kind is Kind.UPDATED
    assert len(enforced(subscription)) == 9


def test_wrong_threshold_of_the_keyring_role_is_an_alarm(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """One of the two keyring signatures is none: those who know the secret go on, a newcomer gets no list."""
    body.keyring_by = 1
    body.publish(TEN[:9], isp.clock.utc)
    assert subscription.refresh().kind is Kind.UPDATED
    assert subscription.status().failures[Reason.SIGNATURES] == 1
    isp.folder /= "newcomer"
    newcomer = isp.subscribe()
    assert (newcomer.refresh().reason, newcomer.status().enforcing) == (Reason.SIGNATURES, False)


def test_match_secret_opens_no_other_profile() -> None:
    """Secrets of profiles are independent and wrapped each for its own: a match subscriber cannot open a clear file."""
    match, clear = os.urandom(32), os.urandom(32)
    private = KEYS.subscriber_private
    public = keyring.public_bytes(private)
    wrapped = keyring.wrap(clear, public, list_id=LIST_ID, epoch=1, profile="clear")
    with pytest.raises(PublisherFault):
        keyring.unwrap(wrapped, private, list_id=LIST_ID, epoch=1)
    path = "clear/1/1.full"
    sealed = stream.seal(b"entry", stream.Kind.FULL, stream.FileContext(clear, LIST_ID, PURPOSE, 1, path), bytes(32))
    with pytest.raises(PublisherFault) as caught:
        stream.unseal(sealed, stream.Kind.FULL, stream.FileContext(match, LIST_ID, PURPOSE, 1, path))
    assert caught.value.code == "file_damaged"


def test_coerced_editors_cannot_list_a_popular_name(isp: Isp, body: ListBody) -> None:
    """Signed by two of three, with all keys in order: the ISP's own never-list still holds every addition with it."""
    isp.never = ("www.popular.example",)
    body.publish(TEN)
    subscription = isp.subscribe()
    subscription.refresh()
    for number, popular in enumerate(("www.popular.example", "popular.example")):
        isp.clock.pass_seconds(60)
        body.publish((*TEN[1 + number :], popular), isp.clock.utc)
        outcome = subscription.refresh()
        assert (outcome.kind, outcome.reason) == (Kind.HELD, Reason.GUARD)
        assert subscription.status().held_by == ("never_list",)
        key = token_key(body.secrets[1], LIST_ID, 1)
        assert domain_token(key, to_wire(popular)) not in enforced(subscription)
        assert len(enforced(subscription)) == 9 - number  # removals apply at once


SEALED_CHUNK = 65536 + 16
HEADER = 40


def _chunks(sealed: bytes) -> list[bytes]:
    return [sealed[at : at + SEALED_CHUNK] for at in range(HEADER, len(sealed), SEALED_CHUNK)]


CHUNKS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "swapped": lambda chunks: [chunks[1], chunks[0], *chunks[2:]],
    "reordered": lambda chunks: [*chunks[1:], chunks[0]],
    "truncated": lambda chunks: chunks[:-1],
    "cut within a chunk": lambda chunks: [*chunks[:-1], chunks[-1][:-1]],
    "extended": lambda chunks: [*chunks, chunks[-1]],
    "repeated": lambda chunks: [chunks[0], *chunks],
    "of another file": lambda chunks: [chunks[0], bytes(len(chunks[1])), *chunks[2:]],
}


@pytest.mark.parametrize("how", CHUNKS)
def test_chunks_out_of_place_are_refused(isp: Isp, body: ListBody, how: str) -> None:
    """Signed by all who must sign: a file whose chunks are not those of its making, in order and all, never opens."""
    tokens = sorted(os.urandom(16) for _ in range(8000))
    records = b"".join(token + b"\x1e\x10" for token in tokens)
    path = full_path(1, 1)
    good = body.sealed(records, stream.Kind.FULL, 1, path)
    chunks = _chunks(good)
    assert len(chunks) == 3
    bent = good[:HEADER] + b"".join(CHUNKS[how](chunks))
    body.publish((), records=records, also={path: bent}, twist=twisted(full=FileRef(path, len(bent))))
    subscription = isp.subscribe()
    outcome = subscription.refresh()
    assert (outcome.kind, outcome.reason) == (Kind.FAILED, Reason.LIST_FILE)
    assert not subscription.status().enforcing


def test_stolen_editor_key_alone_signs_nothing(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """One of three, where two are needed: neither an addition nor a removal of its is taken."""
    body.targets_signed_by = 1
    for listed in (TEN[:9], names(*range(11))):
        body.publish(listed, isp.clock.utc)
        outcome = subscription.refresh()
        assert (outcome.kind, outcome.reason) == (Kind.FAILED, Reason.SIGNATURES)
    assert len(enforced(subscription)) == 10
