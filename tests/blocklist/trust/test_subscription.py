"""The life of one subscription against a list body in memory."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from blocklist import keyring
from blocklist.errors import OperatorFault
from blocklist.manifest import Bulk, RekeyOf
from blocklist.matchfile import tokens_of
from blocklist.names import to_wire
from blocklist.trust.local.exemptions import Exemption
from blocklist.trust.outcome import Keys, Kind
from blocklist.trust.reasons import REASONS, Reason
from blocklist.trust.subscription import Subscription
from tests.blocklist.trust.conftest import KEYS, MIRROR, Isp
from tests.blocklist.trust.list_body import ListBody, names, twisted
from tests.support.small_disk import fill, small_disk

TEN = names(*range(10))
MANY = names(*range(100))


def enforced(subscription: Subscription) -> int:
    return subscription.status().entries


@pytest.fixture
def subscription(isp: Isp, body: ListBody) -> Subscription:
    """A subscriber that enforces version 1 of ten names."""
    body.publish(TEN)
    subscription = isp.subscribe()
    assert subscription.refresh().kind is Kind.UPDATED
    isp.clock.pass_seconds(60)
    return subscription


def test_nothing_is_enforced_before_the_first_list(isp: Isp) -> None:
    """Without any version there is no image, and status says so with every reason at 0."""
    subscription = isp.subscribe()
    status = subscription.status()
    assert (subscription.image(()), status.enforcing, status.version, status.age_seconds) == (None, False, 0, None)
    assert dict(status.failures) == dict.fromkeys(REASONS, 0)


def test_stamped_again_is_unchanged(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """A merely re-signed timestamp changes nothing but the age."""
    isp.clock.pass_seconds(300)
    assert subscription.status().age_seconds == 360
    body.stamp(isp.clock.utc)
    assert subscription.refresh().kind is Kind.UNCHANGED
    assert subscription.status().age_seconds == 0


def test_image_holds_records_and_exemptions_as_tokens(subscription: Subscription) -> None:
    """The image has the enforced records and, under the list's own key, the exempt names."""
    wire = to_wire(TEN[3])
    exempt = (Exemption("a", "domain", wire, 0.0), Exemption("b", "host", wire, 0.0))
    image = subscription.image(exempt)
    assert image is not None
    tokens = list(tokens_of(image.records))
    assert len(tokens) == len(TEN)
    assert len(image.exempt_tokens) == 2
    assert len(image.exempt_tokens & set(tokens)) == 1


def test_guard_holds_additions_and_applies_removals(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Too many additions wait, the removals of the same version apply, and status names guard and number."""
    body.publish(MANY[1:], isp.clock.utc)
    outcome = subscription.refresh()
    assert (outcome.kind, outcome.reason) == (Kind.HELD, Reason.GUARD)
    status = subscription.status()
    assert (status.version, status.entries, status.held_entries, status.held_by) == (2, 9, 90, ("adds",))


def test_accept_enforces_what_was_held(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """`accept` makes the held additions count, also after a restart; a second one finds nothing."""
    body.publish(MANY, isp.clock.utc)
    subscription.refresh()
    assert enforced(isp.subscribe()) == len(TEN)
    assert subscription.accept().kind is Kind.UPDATED
    assert (enforced(subscription), subscription.status().held_by) == (len(MANY), ())
    assert enforced(isp.subscribe()) == len(MANY)
    assert subscription.accept().kind is Kind.UNCHANGED


def test_removal_guard_keeps_the_removed(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """When more than a fifth would go, the removed entries stay enforced until `accept`."""
    body.publish(TEN[:5], isp.clock.utc)
    assert subscription.refresh().kind is Kind.HELD
    status = subscription.status()
    assert (status.version, status.entries, status.held_entries, status.held_by) == (2, 10, 5, ("removals",))
    subscription.accept()
    assert enforced(subscription) == 5


def test_never_listed_name_holds_the_additions(isp: Isp, body: ListBody) -> None:
    """A name the operator never blocks holds the additions of its version, though it is known by token only."""
    isp.never = ("portal.isp.example",)
    body.publish(TEN)
    subscription = isp.subscribe()
    subscription.refresh()
    isp.clock.pass_seconds(60)
    body.publish((*TEN, "isp.example"), isp.clock.utc)
    assert subscription.refresh().kind is Kind.HELD
    assert (enforced(subscription), subscription.status().held_by) == (len(TEN), ("never_list",))


def test_never_list_line_that_is_no_name_is_the_operators_fault(isp: Isp, body: ListBody) -> None:
    """The list body is not to blame: the reason is a setting, and the words say which."""
    isp.never = ("two words",)
    body.publish(TEN)
    outcome = isp.subscribe().refresh()
    assert (outcome.kind, outcome.reason) == (Kind.FAILED, Reason.SETTING)
    assert "never_file" in outcome.text


def test_rollback_holds_until_a_higher_version(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """The previous version is enforced, across ticks and restarts, until a version higher than the one left arrives."""
    body.publish(TEN[:9], isp.clock.utc)
    subscription.refresh()
    assert subscription.rollback().kind is Kind.UPDATED
    isp.clock.pass_seconds(60)
    body.stamp(isp.clock.utc)
    assert subscription.refresh().kind is Kind.UNCHANGED
    again = isp.subscribe()
    assert (again.status().version, enforced(again)) == (1, 10)
    assert again.refresh().kind is Kind.UNCHANGED
    body.publish(TEN[:8], isp.clock.utc)
    assert again.refresh().kind is Kind.UPDATED
    assert (again.status().version, enforced(again)) == (3, 8)


def test_rollback_without_a_previous_version_fails(subscription: Subscription) -> None:
    """There is nothing to go back to after the first version; the list stays."""
    outcome = subscription.rollback()
    assert (outcome.kind, outcome.reason) == (Kind.FAILED, Reason.NO_PREVIOUS)
    assert enforced(subscription) == len(TEN)


def test_damaged_newest_version_falls_back_and_is_fetched_again(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """A damaged file is noticed at start: the older version serves, and the next tick brings the newer one back."""
    body.publish(TEN[:9], isp.clock.utc)
    subscription.refresh()
    newest = isp.folder / "list" / "versions" / "2.sealed"
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 1
    newest.write_bytes(data)
    again = isp.subscribe()
    assert (again.status().version, again.status().failures[Reason.SEALED]) == (1, 1)
    assert again.refresh().kind is Kind.UPDATED
    assert again.status().version == 2


def test_damaged_state_keeps_list_and_floors(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Without its small state file the stored version still proves its number, secret and signing time."""
    (isp.folder / "list" / "state.sealed").write_bytes(b"damaged")
    again = isp.subscribe()
    assert (enforced(again), again.status().failures[Reason.SEALED]) == (10, 1)
    body.publish(MANY, isp.clock.utc)
    assert again.refresh().kind is Kind.HELD  # not taken for a first list


def test_last_two_good_versions_are_kept(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Marking a version good drops what is older than the one before it."""
    for version in (1, 2, 3, 4):
        if version > 1:
            body.publish(TEN[: 11 - version], isp.clock.utc)
            subscription.refresh()
        subscription.mark_good(version)
    stored = sorted(path.name for path in (isp.folder / "list" / "versions").iterdir())
    assert stored == ["3.sealed", "4.sealed"]


def test_everything_in_the_folder_is_private(subscription: Subscription, isp: Isp) -> None:
    """All files are 0600 and all folders 0700."""
    paths = [path for path in (isp.folder / "list").rglob("*") if not path.is_symlink()]
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_dir()} == {0o700}


def test_no_key_for_us_is_said(isp: Isp, body: ListBody) -> None:
    """A list body that wrapped no secret for this host is reported as that, not as damage."""
    body.publish(TEN)
    outcome = isp.subscribe(keys=Keys(os.urandom(32), keyring.generate_private())).refresh()
    assert (outcome.kind, outcome.reason) == (Kind.FAILED, Reason.NOT_SUBSCRIBED)
    assert "public key" in outcome.text


def test_missing_keyring_is_an_alarm_only(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Once the secret is known, `keys/current` may vanish: counted, and the update is taken, even after a start."""
    body.with_keyring = False
    body.publish(TEN[:9], isp.clock.utc)
    again = isp.subscribe()
    assert again.refresh().kind is Kind.UPDATED
    assert again.status().failures[Reason.KEYS_MISSING] == 1


def test_expired_keyring_is_an_alarm_only(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """The same for a keyring whose signature has expired."""
    body.publish(TEN[:9], isp.clock.utc)
    body.sign_keyring(isp.clock.utc - timedelta(days=31))
    body.sign_snapshot(isp.clock.utc)
    assert subscription.refresh().kind is Kind.UPDATED
    assert subscription.status().failures[Reason.KEYS_EXPIRED] == 1


def test_expired_keyring_stops_a_newcomer(isp: Isp, body: ListBody) -> None:
    """Without the secret there is nothing to decrypt with, and the reason is the keyring."""
    body.publish(TEN)
    body.sign_keyring(isp.clock.utc - timedelta(days=31))
    body.sign_snapshot(isp.clock.utc)
    assert isp.subscribe().refresh().reason is Reason.KEYS_EXPIRED


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"list_id": "other"}, Reason.WRONG_LIST),
        ({"purpose": "other"}, Reason.WRONG_LIST),
        ({"count": 8}, Reason.LIST_FILE),
        ({"set_sha256": "0" * 64}, Reason.LIST_FILE),
        ({"criteria_set": 7}, Reason.INDEX),
    ],
)
def test_index_that_does_not_fit_is_refused(
    subscription: Subscription, isp: Isp, body: ListBody, fields: dict[str, object], reason: Reason
) -> None:
    """A well signed index of another list, or that disagrees with its file, changes nothing."""
    body.publish(TEN[:9], isp.clock.utc, twist=twisted(**fields))
    outcome = subscription.refresh()
    assert (outcome.kind, outcome.reason) == (Kind.FAILED, reason)
    assert enforced(subscription) == len(TEN)


def test_index_from_the_future_is_refused(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """More than an hour ahead is refused, since it would become the clock floor."""
    body.publish(TEN[:9], isp.clock.utc, twist=twisted(signed_at=isp.clock.utc + timedelta(hours=2)))
    assert subscription.refresh().reason is Reason.SIGNED_AHEAD


def test_same_version_with_another_set_is_refused(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """A version number is used once."""
    body.publish(TEN[:9], isp.clock.utc, version=1)
    assert subscription.refresh().reason is Reason.ROLLBACK


def test_epoch_change_without_rekey_waits_for_the_noc(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """New keys that do not say what they repeat are held; `accept` takes them."""
    body.publish(TEN[:9], isp.clock.utc, epoch=2)
    outcome = subscription.refresh()
    assert (outcome.kind, outcome.reason) == (Kind.HELD, Reason.EPOCH_CHANGE)
    assert (subscription.status().version, subscription.status().held_by) == (1, ("epoch_change",))
    assert subscription.refresh().kind is Kind.UNCHANGED
    assert subscription.accept().kind is Kind.UPDATED
    assert (subscription.status().version, subscription.status().held_by) == (2, ())


def test_accepted_epoch_with_a_guard_hit_leaves_the_old_set_in_force(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """The never-list holds all of a set under new keys: blocking goes on with the old one until a second `accept`."""
    isp.never = ("portal.isp.example",)
    subscription = isp.subscribe()
    body.publish((*TEN, "isp.example"), isp.clock.utc, epoch=2)
    subscription.refresh()
    assert subscription.accept().reason is Reason.GUARD
    assert (enforced(subscription), subscription.status().held_entries) == (10, 11)
    assert set(subscription.status().held_by) == {"never_list", "epoch_change"}
    assert enforced(isp.subscribe()) == 10
    assert subscription.accept().kind is Kind.UPDATED
    assert (enforced(isp.subscribe()), subscription.status().held_by) == (11, ())


def test_first_set_that_is_held_as_a_whole_is_not_in_force(isp: Isp, body: ListBody) -> None:
    """Nothing of it is enforced, so the resolver must not call itself ready with it; `accept` takes it."""
    isp.never = ("portal.isp.example",)
    body.publish((*TEN, "isp.example"))
    subscription = isp.subscribe()
    assert subscription.refresh().kind is Kind.HELD
    assert (subscription.image(()), subscription.status().enforcing) == (None, False)
    assert (subscription.status().held_entries, subscription.status().held_by) == (11, ("never_list",))
    assert subscription.refresh().kind is Kind.UNCHANGED
    assert subscription.accept().kind is Kind.UPDATED
    assert enforced(isp.subscribe()) == 11


def rekey(body: ListBody, isp: Isp, listed: tuple[str, ...], **fields: object) -> None:
    last = body.manifest
    assert last is not None
    of = RekeyOf(last.epoch, last.version, last.set_sha256, last.count, last.full, ())
    files = {path: body.target(path) for path in (last.full.path,)}
    body.publish(listed, isp.clock.utc, epoch=last.epoch + 1, rekey_of=evolve(of, **fields), also=files)


def test_clean_rekey_is_taken(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """A rekey that repeats the held version under new keys is no change for the guards."""
    rekey(body, isp, TEN)
    assert subscription.refresh().kind is Kind.UPDATED
    assert (subscription.status().version, enforced(subscription)) == (2, 10)


def test_client_behind_a_rekey_goes_there_in_two_steps(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """A client that missed the last version of the old epoch takes that one first, guards and all, then the rekey."""
    body.publish(names(*range(12)), isp.clock.utc)
    rekey(body, isp, names(*range(12)))
    assert subscription.refresh().kind is Kind.UPDATED
    assert (subscription.status().version, enforced(subscription)) == (3, 12)


def test_client_behind_a_rekey_with_a_guard_hit_stays_in_the_old_epoch(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """Set-aside additions keep the old epoch until the NOC decides; then the rekey is taken."""
    body.publish(MANY, isp.clock.utc)
    rekey(body, isp, MANY)
    assert subscription.refresh().kind is Kind.HELD
    assert (subscription.status().version, enforced(subscription)) == (2, 10)
    assert subscription.accept().kind is Kind.UPDATED
    body.stamp(isp.clock.utc)
    assert subscription.refresh().kind is Kind.UPDATED
    assert (subscription.status().version, enforced(subscription)) == (3, 100)


@pytest.mark.parametrize("listed", [TEN[:9], names(*range(11))])
def test_rekey_that_changes_the_set_is_refused(
    subscription: Subscription, isp: Isp, body: ListBody, listed: tuple[str, ...]
) -> None:
    """Under cover of new keys nothing may be added or removed."""
    rekey(body, isp, listed)
    assert subscription.refresh().kind is Kind.FAILED
    assert (subscription.status().version, enforced(subscription)) == (1, 10)


def test_newly_pinned_root_starts_anew(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Under another pinned root the old list stays until the new body's first one, which has no size guard."""
    body.publish(TEN[:9], isp.clock.utc, version=50)
    subscription.refresh()
    other = ListBody((keyring.public_bytes(KEYS.subscriber_private),))
    other.publish(MANY, isp.clock.utc)
    isp.root = other.pinned
    isp.transport = type(isp.transport)({MIRROR: other.files})  # type: ignore[misc]
    again = isp.subscribe()
    assert enforced(again) == 9
    assert again.refresh().kind is Kind.UPDATED
    restarted = isp.subscribe()
    assert (restarted.status().version, enforced(restarted)) == (1, len(MANY))
    isp.clock.pass_seconds(60)
    other.publish(MANY[1:], isp.clock.utc)
    assert restarted.refresh().kind is Kind.UPDATED


def test_announced_bulk_change_is_taken_after_its_wait(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """An announcement this host has held for an hour lifts the size guard for that version, up to its numbers."""
    body.publish(TEN, isp.clock.utc, bulk=Bulk(3, 90, 0))
    subscription.refresh()
    isp.clock.pass_seconds(3600)
    body.publish(MANY, isp.clock.utc)
    assert subscription.refresh().kind is Kind.UPDATED


def test_announced_bulk_change_too_early_is_held(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Less than the wait on this client's own clock is too early; so an announcement helps no thief of keys."""
    body.publish(TEN, isp.clock.utc, bulk=Bulk(3, 90, 0))
    subscription.refresh()
    isp.clock.pass_seconds(3599)
    body.publish(MANY, isp.clock.utc)
    assert subscription.refresh().kind is Kind.HELD


def test_jump_of_the_clock_makes_no_announcement_old(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Two hours in one step are no wait: the clock is suspect then, and trusted time counts."""
    body.publish(TEN, isp.clock.utc, bulk=Bulk(3, 90, 0))
    subscription.refresh()
    isp.clock.pass_seconds(60)
    body.publish(MANY, isp.clock.utc)
    isp.clock.wall += 7200
    assert subscription.refresh().kind is Kind.HELD


def test_no_urls_is_a_setting_to_mend(isp: Isp) -> None:
    """A list without mirrors fails with its reason instead of doing nothing."""
    isp.urls = ()
    assert isp.subscribe().refresh().reason is Reason.SETTING


def test_unprotected_url_is_refused_at_once(isp: Isp) -> None:
    """Plain HTTP to anywhere but loopback never gets as far as a request."""
    with pytest.raises(OperatorFault):
        isp.subscribe(urls=("http://lists.example/",))


@pytest.mark.parametrize("litter", ["root.json", "root_history", "timestamp.json"])
def test_spoilt_metadata_folder_recovers(subscription: Subscription, isp: Isp, body: ListBody, litter: str) -> None:
    """Whatever lies where python-tuf keeps its files, the next refresh works again by itself."""
    path: Path = isp.folder / "list" / "tuf" / litter
    if path.is_dir():
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
        path.write_bytes(b"cut sh")
    else:
        path.unlink()
        path.mkdir()
    body.publish(TEN[:9], isp.clock.utc)
    subscription.refresh()
    assert isp.subscribe().refresh().kind is not Kind.FAILED
    assert subscription.refresh().kind is Kind.UNCHANGED
    assert enforced(isp.subscribe()) == 9


def test_trusted_time_is_saved_every_ten_minutes(subscription: Subscription, isp: Isp) -> None:
    """A restart loses at most ten minutes of trusted time, even when no refresh succeeded since."""
    isp.transport.down.add(MIRROR)  # type: ignore[union-attr]
    isp.clock.pass_seconds(1500)
    subscription.refresh()
    saved = isp.clock.wall
    isp.clock.pass_seconds(500)
    subscription.refresh()
    again = isp.subscribe()
    assert again.trusted_time() == saved


def test_text_for_operators_holds_no_listed_name(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Outcome, status and representation of all objects name guards and counts, never what is listed."""
    body.publish(MANY, isp.clock.utc)
    outcome = subscription.refresh()
    assert "listed" not in repr((outcome, subscription.status(), subscription.__dict__))


@pytest.mark.root
def test_a_full_disk_does_not_stop_a_withdrawal(tmp_path: Path, body: ListBody) -> None:
    """What TUF and state must write for it goes into the space kept for that day; so does the next one."""
    with small_disk(tmp_path, megabytes=4):
        isp = Isp(tmp_path, body)
        body.publish(TEN)
        subscription = isp.subscribe()
        assert subscription.refresh().kind is Kind.UPDATED
        fill(tmp_path)
        for number in range(2):
            isp.clock.pass_seconds(60)
            body.withdraw(TEN[: number + 1], isp.clock.utc)
            assert subscription.refresh().kind is Kind.UPDATED
            assert enforced(isp.subscribe()) == 9 - number
