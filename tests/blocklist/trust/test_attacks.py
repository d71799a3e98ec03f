"""What an attacker tries, row by row; here against a real HTTP server that misbehaves: the last good list always stays.

| row | test |
|---|---|
| tampered | test_tampering_first_mirror_is_passed_over |
| replayed | test_rolled_back_mirror_is_refused, test_older_index_in_newer_metadata_is_refused |
| frozen | test_expired_metadata_is_refused, test_frozen_first_mirror_does_not_hide_the_next_one |
| frozen: clock 400 days back | test_clock_far_back_stops_refreshing_and_keeps_the_list |
| clock 400 days forward | test_clock_400_days_forward_does_not_empty_the_list |
| mixed versions | test_mixed_versions_are_refused, test_file_of_another_version_is_refused |
| endless, dripping | test_bad_transfer_keeps_the_list_and_is_counted |
| wrong threshold | test_one_of_two_signatures_is_refused, test_root_signed_by_too_few_is_refused |
| | test_stolen_keys: test_wrong_threshold_of_the_keyring_role_is_an_alarm |
| fast-forwarded online key | test_stolen_keys: test_fast_forwarded_online_key_expiring_in_2099_is_refused |
| and recovery | test_stolen_keys: test_fast_forwarded_online_key_is_recovered_by_a_root_rotation |
| | test_stolen_keys: test_floor_lifted_by_a_stolen_timestamp_key_survives_a_restart_and_falls_with_the_key |
| stolen withdraw key | test_stolen_keys: test_stolen_withdraw_key_takes_out_no_more_old_entries_than_the_cap |
| | test_stolen_keys: test_stolen_withdraw_key_can_add_nothing |
| stolen keyring key | test_stolen_keys: test_stolen_keyring_key_leaves_the_last_good_list |
| stolen editor key | test_stolen_keys: test_stolen_editor_key_alone_signs_nothing |
| another profile | test_stolen_keys: test_match_secret_opens_no_other_profile |
| chunks | test_stolen_keys: test_chunks_out_of_place_are_refused |
| coerced editors | test_stolen_keys: test_coerced_editors_cannot_list_a_popular_name |
| crafted and oversized | test_oversized_files_are_refused_by_what_signed_metadata_says |
| | tests.acceptance.test_hostile_list: test_list_that_kills_the_updater_leaves_the_resolver_its_list |
| rewritten public record | tests.blocklist.trust.transfer.test_public_log: test_rewritten_record_is_told_for_good |
| | tests.blocklist.trust.transfer.test_public_log: test_accused_is_exactly_who_rewrote |
| | test_public_record_in_trouble_stops_no_update |
| full disk, `kill -9` | test_hard_times: test_update_survives |
| several mirrors | test_dead_first_mirror_is_passed_over, and the rows above on first mirrors |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from blocklist import stream
from blocklist.index import Index
from blocklist.manifest import FileRef
from blocklist.names import to_wire
from blocklist.trust.compile import compile_enforced
from blocklist.trust.limits import SizeLimits
from blocklist.trust.local.exemptions import Exemptions
from blocklist.trust.outcome import Kind
from blocklist.trust.reasons import Reason
from blocklist.trust.subscription import Subscription
from tests.blocklist.trust import faulty_server as faults
from tests.blocklist.trust.conftest import HASTY, KEYS, Isp
from tests.blocklist.trust.faulty_server import Mirror, serving
from tests.blocklist.trust.list_body import NOW, ListBody, names, twisted

ROOT = Path(__file__).parents[3]
BEFORE, AFTER = names(*range(10)), names(*range(11))


@pytest.fixture
def mirror(body: ListBody) -> Iterator[Mirror]:
    with serving(body.files) as mirror:
        yield mirror


@pytest.fixture
def subscription(isp: Isp, body: ListBody, mirror: Mirror) -> Subscription:
    """A subscriber that enforces version 1 and whose mirror has version 2."""
    body.publish(BEFORE)
    subscription = isp.subscribe(urls=(mirror.url,))
    assert subscription.refresh().kind is Kind.UPDATED
    isp.clock.pass_seconds(60)
    body.publish(AFTER, isp.clock.utc)
    return subscription


FAULTS = {
    "cut": (faults.cut, {Reason.CUT}),
    "drip": (faults.drip, {Reason.SLOW, Reason.TIMEOUT}),
    "hang": (faults.hang, {Reason.TIMEOUT}),
    "endless": (faults.endless, {Reason.TOO_LONG}),
    "wrong length": (faults.too_short, {Reason.METADATA, Reason.TAMPERED}),
    "truncated": (faults.truncated, {Reason.METADATA, Reason.TAMPERED}),
    "swapped": (faults.other(b"{}"), {Reason.METADATA, Reason.TAMPERED}),
    "404": (faults.status(404), {Reason.HTTP_STATUS}),
    "500": (faults.status(500), {Reason.HTTP_STATUS}),
    "redirect": (faults.status(302, Location="http://elsewhere.invalid/"), {Reason.REDIRECT}),
}
ENDLESS = ("drip", "hang")
# All faults for the one file that we fetch ourselves and one target; the rest of TUF's way has two each.
CASES = [(ending, name) for ending in ("timestamp.json", ".2.full") for name in FAULTS]
CASES += [
    (ending, name) for ending in ("2.snapshot.json", "2.targets.json", ".index.json") for name in ("cut", "swapped")
]


@pytest.mark.parametrize(("ending", "name"), CASES)
def test_bad_transfer_keeps_the_list_and_is_counted(
    subscription: Subscription, isp: Isp, mirror: Mirror, ending: str, name: str
) -> None:
    """A fault in any file of an update fails it with its reason; when the mirror is well again, the update is taken."""
    mirror.faults[ending], reasons = FAULTS[name]
    if name in ENDLESS:
        subscription = isp.subscribe(urls=(mirror.url,), limits=HASTY)
    outcome = subscription.refresh()
    assert outcome.kind is Kind.FAILED
    assert outcome.reason in reasons
    status = subscription.status()
    assert (status.version, status.enforcing, status.failures[outcome.reason]) == (1, True, 1)
    mirror.faults.clear()
    again = isp.subscribe(urls=(mirror.url,))
    assert again.refresh().kind is Kind.UPDATED
    assert again.status().entries == len(AFTER)


def test_no_transfer_is_tried_twice(subscription: Subscription, isp: Isp, mirror: Mirror) -> None:
    """One tick asks for a file once: a mirror that is down is not hammered, and no retry hides below a deadline."""
    mirror.faults["timestamp.json"] = faults.hang
    mirror.asked.clear()
    isp.subscribe(urls=(mirror.url,), limits=HASTY).refresh()
    assert mirror.asked == ["/metadata/timestamp.json"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda files: files.update({"/metadata/2.targets.json": files["/metadata/1.targets.json"]}),
        lambda files: files.update({path: files[path] + b"x" for path in files if path.endswith(".2.full")}),
        lambda files: files.update({"/metadata/timestamp.json": b"\x00" * 100}),
        lambda files: files.update({"/metadata/2.root.json": b"no root"}),
    ],
    ids=["targets", "match file", "timestamp", "root"],
)
def test_tampering_first_mirror_is_passed_over(
    subscription: Subscription, isp: Isp, body: ListBody, mirror: Mirror, spoil: Callable[[dict[str, bytes]], None]
) -> None:
    """A mirror that serves other bytes than the body signed costs one failure; the next mirror gives the update."""
    spoiled = dict(body.files)
    spoil(spoiled)
    with serving(spoiled) as bad:
        again = isp.subscribe(urls=(bad.url, mirror.url))
        assert again.refresh().kind is Kind.UPDATED
    assert (again.status().version, sum(again.status().failures.values())) == (2, 1)


def test_dead_first_mirror_is_passed_over(isp: Isp, subscription: Subscription, mirror: Mirror) -> None:
    """A mirror that is gone costs one failure; the next one gives the update."""
    with serving() as gone:
        pass
    again = isp.subscribe(urls=(gone.url, mirror.url))
    assert again.refresh().kind is Kind.UPDATED
    assert again.status().failures[Reason.CONNECT] == 1


def test_frozen_first_mirror_does_not_hide_the_next_one(
    subscription: Subscription, isp: Isp, body: ListBody, mirror: Mirror
) -> None:
    """A first mirror that goes on serving what is still valid is believed for 15 minutes, no longer."""
    with serving(dict(body.files)) as frozen:
        again = isp.subscribe(urls=(frozen.url, mirror.url))
        assert again.refresh().kind is Kind.UPDATED
        isp.clock.pass_seconds(600)
        body.publish(BEFORE, isp.clock.utc)
        assert (again.refresh().kind, again.status().version) == (Kind.UNCHANGED, 2)
        isp.clock.pass_seconds(301)
        assert (again.refresh().kind, again.status().version) == (Kind.UPDATED, 3)


def test_no_mirror_is_worse_for_an_old_timestamp(subscription: Subscription, isp: Isp, mirror: Mirror) -> None:
    """With nothing newer anywhere the outcome stays 'unchanged', though a second mirror is down."""
    with serving() as gone:
        pass
    again = isp.subscribe(urls=(mirror.url, gone.url))
    again.refresh()
    isp.clock.pass_seconds(3600)
    assert again.refresh().kind is Kind.UNCHANGED


def test_unchanged_timestamp_is_not_sent_again(subscription: Subscription, isp: Isp, mirror: Mirror) -> None:
    """The second tick asks for the timestamp only, conditionally; its stored expiry is still looked at each time."""
    subscription.refresh()
    mirror.asked.clear()
    assert subscription.refresh().kind is Kind.UNCHANGED
    assert mirror.asked == ["/metadata/timestamp.json"]
    isp.clock.pass_seconds(6 * 3600)
    outcome = subscription.refresh()
    assert (outcome.kind, outcome.reason) == (Kind.FAILED, Reason.EXPIRED)


def test_remembered_404_does_not_hide_the_next_root(
    subscription: Subscription, isp: Isp, body: ListBody, mirror: Mirror
) -> None:
    """A cache that remembers "there is no 2.root.json" cannot keep a replaced timestamp key in use."""
    mirror.faults["2.root.json"] = faults.cached_404
    body.rotate_keys("timestamp")
    body.stamp(isp.clock.utc)
    assert subscription.refresh().kind is Kind.UPDATED


@pytest.mark.parametrize("bad", [b"", b"{}", b"[" * 50_000, b"\xff\xfe"], ids=["empty", "object", "deep", "binary"])
def test_bad_root_upload_keeps_the_last_good_list(
    subscription: Subscription, body: ListBody, mirror: Mirror, bad: bytes
) -> None:
    """One bad root upload stops updates, is counted, and leaves the list; once it is repaired all goes on."""
    body.files["/metadata/2.root.json"] = bad
    assert subscription.refresh().kind is Kind.FAILED
    assert subscription.status().version == 1
    del body.files["/metadata/2.root.json"]
    assert subscription.refresh().kind is Kind.UPDATED


def test_one_of_two_signatures_is_refused(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """A targets role that one editor signed, where two are needed, changes nothing."""
    body.targets_signed_by = 1
    body.publish(AFTER, isp.clock.utc)
    outcome = subscription.refresh()
    assert (outcome.kind, outcome.reason) == (Kind.FAILED, Reason.SIGNATURES)
    assert subscription.status().version == 1


@pytest.mark.parametrize(
    "mix",
    [
        ("/metadata/2.targets.json", "/metadata/1.targets.json"),
        ("/metadata/2.snapshot.json", "/metadata/1.snapshot.json"),
        (".index.json", ".index.json"),
        (".2.full", ".1.full"),
    ],
    ids=["targets", "snapshot", "index", "match file"],
)
def test_mixed_versions_are_refused(
    subscription: Subscription, body: ListBody, mirror: Mirror, mix: tuple[str, str]
) -> None:
    """A file of version 1 in a place of version 2, each well signed, is neither: nothing changes."""
    new, old = mix
    newest = [path for path in body.files if path.endswith(new)][-1]
    oldest = next(path for path in body.files if path.endswith(old))
    assert newest != oldest
    mirror.faults[newest] = faults.other(body.files[oldest])
    outcome = subscription.refresh()
    assert (outcome.kind, outcome.reason in (Reason.TAMPERED, Reason.METADATA)) == (Kind.FAILED, True)
    assert (subscription.status().version, subscription.status().entries) == (1, len(BEFORE))


def test_keyring_of_another_version_is_an_alarm_and_no_secret(
    subscription: Subscription, isp: Isp, body: ListBody, mirror: Mirror
) -> None:
    """Who knows the epoch's secret goes on; a newcomer takes nothing from a mirror that mixes."""
    mirror.faults["/metadata/2.keyring.json"] = faults.other(body.files["/metadata/1.keyring.json"])
    assert subscription.refresh().kind is Kind.UPDATED
    assert subscription.status().failures[Reason.TAMPERED] == 1
    isp.folder /= "newcomer"
    newcomer = isp.subscribe(urls=(mirror.url,))
    assert (newcomer.refresh().kind, newcomer.status().enforcing) == (Kind.FAILED, False)


@pytest.mark.parametrize(("epoch", "path"), [(1, "match/1/2.full"), (2, "match/1/3.full"), (1, "match/1/1.full")])
def test_file_of_another_version_is_refused(
    subscription: Subscription, isp: Isp, body: ListBody, epoch: int, path: str
) -> None:
    """The body itself cannot put an older file, or one sealed for another epoch or path, into a version's place."""
    assert subscription.refresh().kind is Kind.UPDATED
    sealed = body.sealed(body.packed, stream.Kind.FULL, epoch, path)
    full = FileRef("match/1/3.full", len(sealed))
    body.publish(BEFORE, isp.clock.utc, also={full.path: sealed}, twist=twisted(full=full))
    assert subscription.refresh().reason is Reason.LIST_FILE
    assert subscription.status().version == 2


def test_bad_list_file_is_fetched_once(subscription: Subscription, isp: Isp, body: ListBody, mirror: Mirror) -> None:
    """A file that is not what the signed index says is told at each tick, and not fetched again and again."""
    right = body.packed
    body.publish((), isp.clock.utc, records=right[18:] + right[:18])
    for ticks in (1, 2, 3):
        assert subscription.refresh().reason is Reason.LIST_FILE
        assert subscription.status().failures[Reason.LIST_FILE] == ticks
    assert sum(path.endswith(".3.full") for path in mirror.asked) == 1
    body.publish(BEFORE, isp.clock.utc)
    assert subscription.refresh().kind is Kind.UPDATED


def test_root_signed_by_too_few_is_refused(subscription: Subscription, body: ListBody) -> None:
    """A next root with one of two signatures stops the refresh, and the keys it names sign nothing."""
    body.keys["root"] = body.keys["root"][:1]
    body.rotate_keys("timestamp")
    body.stamp(NOW + timedelta(minutes=2))
    outcome = subscription.refresh()
    assert (outcome.kind, outcome.reason) == (Kind.FAILED, Reason.SIGNATURES)
    assert subscription.status().version == 1


@pytest.mark.parametrize(
    ("path", "size"), [("index.json", SizeLimits().index_bytes), ("match/1/3.full", SizeLimits().full_bytes)]
)
def test_oversized_files_are_refused_by_what_signed_metadata_says(
    subscription: Subscription, isp: Isp, body: ListBody, mirror: Mirror, path: str, size: int
) -> None:
    """However well signed, a file beyond its limit is not even asked for."""
    body.publish(
        AFTER, isp.clock.utc, also={path: bytes(size + 1)}, twist=twisted(full=FileRef("match/1/3.full", size))
    )
    mirror.asked.clear()
    outcome = subscription.refresh()
    assert (outcome.kind, outcome.reason) == (Kind.FAILED, Reason.TOO_LONG)
    assert not any(asked.endswith("." + path.rpartition("/")[2]) for asked in mirror.asked)
    assert subscription.status().version == 1


def test_expired_metadata_is_refused(subscription: Subscription, isp: Isp) -> None:
    """A mirror frozen for longer than a timestamp lives is refused; the list stays in force."""
    isp.clock.pass_seconds(6 * 3600 + 1)
    outcome = subscription.refresh()
    assert (outcome.kind, outcome.reason) == (Kind.FAILED, Reason.EXPIRED)
    assert subscription.status().enforcing


def test_rolled_back_mirror_is_refused(subscription: Subscription, body: ListBody, mirror: Mirror) -> None:
    """A mirror that goes back to metadata that was good an hour ago is refused."""
    subscription.refresh()
    old = body.files["/metadata/timestamp.json"]
    body.stamp(NOW + timedelta(minutes=1))
    subscription.refresh()
    body.files["/metadata/timestamp.json"] = old
    outcome = subscription.refresh()
    assert (outcome.kind, outcome.reason) == (Kind.FAILED, Reason.ROLLBACK)


def test_older_index_in_newer_metadata_is_refused(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """Versions and signing times never fall, even when the editors' own keys sign it."""
    assert subscription.refresh().kind is Kind.UPDATED
    body.publish(BEFORE, isp.clock.utc, version=1)
    assert subscription.refresh().reason is Reason.ROLLBACK
    body.publish(BEFORE, isp.clock.utc, version=3, twist=twisted(signed_at=isp.clock.utc - timedelta(days=1)))
    assert subscription.refresh().reason is Reason.ROLLBACK


def test_long_lived_timestamp_is_refused(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """A timestamp that would live more than a day could freeze the list as long; refused, it leaves no trace."""
    body.stamp(isp.clock.utc, life=timedelta(days=2))
    assert subscription.refresh().reason is Reason.TIMESTAMP_LIFE
    body.stamps -= 1
    body.stamp(isp.clock.utc)
    assert subscription.refresh().kind is Kind.UPDATED


def test_dropped_role_name_is_refused(subscription: Subscription, isp: Isp, body: ListBody) -> None:
    """A role once in the snapshot can never be dropped again: TUF refuses it, and we say so instead of stopping."""
    assert subscription.refresh().kind is Kind.UPDATED
    body.serial += 1
    del body.role_files["keyring"]
    body.sign_snapshot(isp.clock.utc)
    outcome = subscription.refresh()
    assert (outcome.kind, outcome.reason) == (Kind.FAILED, Reason.METADATA)
    assert subscription.status().version == 2


def test_clock_far_back_stops_refreshing_and_keeps_the_list(
    subscription: Subscription, isp: Isp, body: ListBody
) -> None:
    """400 days back, an expired timestamp would look fresh: below the clock floor nothing is fetched or dropped."""
    isp.clock.wall -= 400 * 86400
    outcome = subscription.refresh()
    assert (outcome.kind, outcome.reason) == (Kind.FAILED, Reason.CLOCK)
    status = subscription.status()
    assert (status.clock_suspect, status.version, status.entries) == (True, 1, len(BEFORE))


def test_clock_far_back_at_start_is_noticed(subscription: Subscription, isp: Isp, mirror: Mirror) -> None:
    """The floor survives a restart with the wrong clock."""
    isp.clock.wall -= 400 * 86400
    again = isp.subscribe(urls=(mirror.url,))
    assert again.refresh().reason is Reason.CLOCK
    assert again.status().enforcing


def test_clock_400_days_forward_does_not_empty_the_list(subscription: Subscription, isp: Isp, tmp_path: Path) -> None:
    """Entries end by trusted time then: an index compiled now, and after a restart, still blocks; and it is alarmed."""
    isp.clock.wall += 400 * 86400
    again = isp.subscribe()
    for each in (subscription, again):
        assert each.refresh().kind is Kind.FAILED
        exemptions = Exemptions(tmp_path / "exemptions.sealed", KEYS.host_key, isp.clock)
        index = Index(compile_enforced([each], exemptions, isp.clock))
        assert index.match(to_wire(BEFORE[0]), isp.clock.monotonic()) is not None
        status = each.status()
        assert (status.clock_suspect, status.entries) == (True, len(BEFORE))


@pytest.mark.parametrize("fault", [faults.status(404), faults.cut, faults.other(b"no record\n")])
def test_public_record_in_trouble_stops_no_update(
    subscription: Subscription, isp: Isp, body: ListBody, mirror: Mirror, fault: faults.Fault
) -> None:
    """The version is taken at once; the record is asked for again at the next tick, then told, and heals by itself."""
    body.with_log = True
    body.publish(AFTER, isp.clock.utc)
    mirror.faults["log.jsonl"] = fault
    assert (subscription.refresh().kind, subscription.status().version) == (Kind.UPDATED, 3)
    assert subscription.status().failures[Reason.LOG] == 0  # a cache on the way may lag by some seconds
    assert subscription.refresh().kind is Kind.UNCHANGED
    assert (subscription.status().failures[Reason.LOG], subscription.status().log_size) == (1, 0)
    mirror.faults.clear()
    isp.clock.pass_seconds(300)
    body.stamp(isp.clock.utc)
    assert subscription.refresh().kind is Kind.UNCHANGED
    assert (subscription.status().failures[Reason.LOG], subscription.status().log_size) == (1, 1)


def test_no_network_at_start_enforces_the_last_good_list(isp: Isp, subscription: Subscription) -> None:
    """With the list body gone, a restart enforces from disk at once."""
    with serving() as gone:
        pass
    again = isp.subscribe(urls=(gone.url,))
    assert (again.status().enforcing, again.status().entries) == (True, len(BEFORE))
    assert again.refresh().reason is Reason.CONNECT


def test_every_row_of_the_table_is_a_test() -> None:
    """What the table above names exists."""
    named = re.findall(r"(?:([\w.]+): )?(test_\w+)(?=[ ,|])(?!:)", __doc__ or "")
    assert len(named) > 25
    for module, test in named:
        where = module if "." in module else f"tests.blocklist.trust.{module or 'test_attacks'}"
        assert f"def {test}(" in (ROOT / (where.replace(".", "/") + ".py")).read_text(), test
