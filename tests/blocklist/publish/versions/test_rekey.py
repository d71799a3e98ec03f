"""A new epoch: nothing changes for subscribers, and whoever was let go reads no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from attrs import evolve

from blocklist.keyring import Keyring, subscriber_id
from blocklist.manifest import Bulk, Manifest
from blocklist.publish.body import Body
from blocklist.publish.desk import Desk
from blocklist.publish.faults import Refusal
from blocklist.publish.publication.outlet import Outlet
from blocklist.publish.quick import QuickBody, make_body
from blocklist.trust.outcome import Kind
from tests.blocklist.publish.reader import Isp
from tests.blocklist.publish.support import NOW, Office, entry
from tests.support.kills import killed_at

NAMES = tuple(f"n{number}.example" for number in range(30))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def isps(tmp_path: Path) -> tuple[Isp, Isp]:
    """Two ISPs."""
    return Isp(tmp_path / "one"), Isp(tmp_path / "two")


@pytest.fixture
def body(tmp_path: Path, isps: tuple[Isp, Isp]) -> Iterator[QuickBody]:
    """A body with 30 published entries, and both ISPs subscribed."""
    publics = [isp.public for isp in isps]
    entries = [entry(name) for name in NAMES]
    made = make_body(
        tmp_path / "desk",
        list_id="demo",
        entries=entries,
        subscriber_public_keys=publics,
        now=NOW,
        out=tmp_path / "out",
    )
    for isp in isps:
        isp.subscribe(made.root)
        assert isp.visit(made.out, NOW).kind is Kind.UPDATED
    yield made
    made.close()


def index(body: QuickBody) -> Manifest:
    return Manifest.from_bytes(body.desk.stage.signed("targets").files["index.json"])


def keyring(body: QuickBody) -> set[tuple[int, str]]:
    ring = Keyring.from_bytes(body.desk.stage.signed("keyring").files["keys/current"])
    return {(key.epoch, key.subscriber) for key in ring.keys}


def more(body: QuickBody, name: str, now_is: timedelta) -> int:
    """One entry more."""
    body.desk.insert([entry(name)], body.alice)
    return body.republish(NOW + now_is)


def test_a_rekey_changes_nothing_for_a_subscriber(body: QuickBody, isps: tuple[Isp, Isp]) -> None:
    """The same names before and after; ordinary versions follow in the new epoch."""
    isp = isps[0]
    assert body.rekey(NOW + HOUR) == 2
    assert (body.desk.body.epoch, body.desk.body.base_date) == (2, NOW.date() - DAY)
    outcome = isp.visit(body.out, NOW + HOUR)
    status = isp.list.status()
    assert (outcome.kind, status.version, status.epoch, status.held_entries) == (Kind.UPDATED, 2, 2, 0)
    assert all(isp.blocks(name) for name in NAMES)
    assert not isp.blocks("other.example")
    assert more(body, "new.example", 2 * HOUR) == 3
    assert isp.visit(body.out, NOW + 2 * HOUR).kind is Kind.UPDATED
    assert isp.blocks("new.example") and isp.blocks(NAMES[0])
    assert (index(body).epoch, index(body).rekey_of) == (2, None)
    assert sum(isp.list.status().failures.values()) == 0


def test_a_subscriber_that_is_behind_goes_through_the_version_repeated(body: QuickBody, isps: tuple[Isp, Isp]) -> None:
    """It holds version 1, the rekey repeats 2."""
    more(body, "new.example", HOUR)
    body.rekey(NOW + 2 * HOUR)
    assert isps[0].visit(body.out, NOW + 2 * HOUR).kind is Kind.UPDATED
    assert (isps[0].list.status().version, isps[0].list.status().epoch) == (3, 2)
    assert isps[0].blocks("new.example") and isps[0].blocks(NAMES[0])


def test_who_is_let_go_reads_no_later_version(body: QuickBody, isps: tuple[Isp, Isp]) -> None:
    """Two editors and a rekey; what it had stays in force at its place, and gets no newer."""
    gone, stays = isps
    leaving = subscriber_id(gone.public)
    for editor in (body.alice, body.bob):
        body.desk.remove_subscriber(leaving, editor)
    body.rekey(NOW + HOUR)
    assert keyring(body) == {(1, subscriber_id(stays.public)), (2, subscriber_id(stays.public))}
    more(body, "new.example", 2 * HOUR)
    assert gone.visit(body.out, NOW + 2 * HOUR).kind is Kind.FAILED
    assert gone.list.status().version == 1
    assert not gone.blocks("new.example")
    assert stays.visit(body.out, NOW + HOUR).kind is not Kind.UPDATED or stays.list.status().epoch == 2


def test_files_and_wraps_of_the_old_epoch_stay_for_thirty_days(body: QuickBody) -> None:
    """Byte for byte, and then they go."""
    before = body.desk.stage.signed("targets").files
    full = index(body).full.path
    body.rekey(NOW + HOUR)
    repeated = index(body).rekey_of
    assert repeated is not None and repeated.full.path == full
    for now in (2 * HOUR, 29 * DAY):
        more(body, f"after{now.days}.example", now)
        assert body.desk.stage.signed("targets").files[full] == before[full]
        assert {epoch for epoch, _ in keyring(body)} == {1, 2}
    more(body, "late.example", 32 * DAY)
    assert full not in body.desk.stage.signed("targets").files


def test_an_ordinary_version_comes_first_where_the_set_would_differ(body: QuickBody) -> None:
    """Entries removed, withdrawn or ended since the last version; a bulk change announced."""
    desk, now = body.desk, NOW + HOUR
    first, second, *_ = sorted(desk.published_ids())
    desk.remove([first], body.alice, now)
    with pytest.raises(Refusal, match=r"no longer give the set of version 1.*ordinary version first"):
        desk.rekey(body.alice, now)
    body.republish(now)
    body.withdraw([second], now)
    with pytest.raises(Refusal, match="1 withdrawals are not yet confirmed"):
        desk.rekey(body.alice, now)
    for editor in (body.alice, body.bob):
        desk.sign(editor, now)
    desk.build(body.alice, now)
    for editor in (body.alice, body.bob):
        desk.sign(editor, now)
    desk.publish(body.out, body.online, now)
    with pytest.raises(Refusal, match="withdraw/current must be empty"):
        desk.rekey(body.alice, now)
    body.withdraw((), now)
    desk.rekey(body.alice, now)
    with pytest.raises(Refusal, match="28 entries have ended"):
        desk.rekey(body.alice, now + timedelta(days=61))
    body.republish(now, Bulk(desk.next_version() + 1, 100, 0))
    with pytest.raises(Refusal, match="announced a bulk change"):
        desk.rekey(body.alice, now)


def test_a_rekey_is_never_published_beside_a_withdrawal(body: QuickBody) -> None:
    """Nor without the withdraw file of its epoch."""
    now = NOW + HOUR
    body.desk.rekey(body.alice, now)
    for editor in (body.alice, body.bob):
        body.desk.sign(editor, now)
    with pytest.raises(Refusal, match="name --duty"):
        body.desk.publish(body.out, body.online, now)
    body.withdraw(sorted(body.desk.published_ids())[:1], now)
    with pytest.raises(Refusal, match="withdrawn since"):
        body.desk.publish(body.out, body.online, now, body.duty)
    assert body.desk.body.epoch == 1


def test_a_rekey_version_that_is_out_fills_another_folder(body: QuickBody) -> None:
    """Whatever was withdrawn since; with the withdraw file as it is."""
    body.rekey(NOW + HOUR)
    body.withdraw(sorted(body.desk.published_ids())[:1], NOW + HOUR)
    other = body.out.with_name("other")
    assert body.desk.publish(other, body.online, NOW + HOUR) == 2
    assert Outlet(other).version_of("withdraw") == Outlet(body.out).version_of("withdraw")


def test_a_rekey_given_up_leaves_nothing_behind(body: QuickBody, isps: tuple[Isp, Isp]) -> None:
    """An ordinary version is built in its stead; the next rekey has a secret of its own."""
    desk, now = body.desk, NOW + HOUR
    desk.rekey(body.alice, now)
    more(body, "new.example", HOUR)
    assert (desk.body.epoch, {epoch for epoch, _ in keyring(body)}) == (1, {1})
    desk.rekey(body.alice, now)
    first = desk.stage.signed("keyring").files
    desk.rekey(body.alice, now)
    assert desk.stage.signed("keyring").files != first
    body.rekey(now)
    assert isps[0].visit(body.out, now).kind is Kind.UPDATED
    assert isps[0].list.status().epoch == 2


def test_the_second_editors_tool_proves_a_rekey(body: QuickBody) -> None:
    """Another base date, epoch or repeated version is not signed, nor a set with one entry more or less."""
    now = NOW + HOUR
    body.desk.rekey(body.alice, now)
    staged = body.desk._staged("targets")
    good = staged.manifest()
    assert good.rekey_of is not None
    changes = (
        evolve(good, base_date=good.base_date - DAY),
        evolve(good, rekey_of=None),
        evolve(good, rekey_of=evolve(good.rekey_of, version=9)),
    )
    for changed in changes:
        bent = evolve(staged, files={**staged.files, "index.json": changed.to_bytes()})
        with pytest.raises(Refusal):
            body.desk._check_targets(bent, body.bob, now, None)
    gone = {path: data for path, data in staged.files.items() if path != good.rekey_of.full.path}
    with pytest.raises(Refusal, match="file of the old epoch"):
        body.desk._check_targets(evolve(staged, files=gone), body.bob, now, None)
    body.desk._check_targets(staged, body.bob, now, None)


def test_a_new_duty_officer_works_in_both_epochs(body: QuickBody) -> None:
    """Added while a rekey is staged, she has the secret of the one to come."""
    now = NOW + HOUR
    passphrase = b"a passphrase for tests"
    body.desk.rekey(body.alice, now)
    body.desk.add_duty("dave", passphrase, body.alice)
    body.desk.approve(body.bob, [body.desk.holders])
    body.rekey(now)
    dave = body.desk.unlock_duty("dave", passphrase)
    body.desk.withdraw(sorted(body.desk.published_ids())[:1], dave, now)
    assert len(body.desk.withdrawn()) == 1


def test_attributes_keep_their_last_day(office: Office) -> None:
    """Whatever an entry is, its record says the same under the new base date."""
    long = {"not_after": NOW.date() + timedelta(days=90), "review_by": NOW.date()}
    office.add(
        [entry("a.example", **long), entry("b.example", type="domain", all_types=True)], office.alice, office.bob
    )
    office.desk.withdraw((), office.duty, NOW)
    office.publish()
    manifest = office.desk.rekey(office.alice, NOW + 20 * DAY)
    assert manifest.base_date - Body.load(office.folder / "desk").base_date == 20 * DAY
    office.desk.sign(office.bob, NOW + 20 * DAY)
    assert Desk.open(office.folder / "desk").body.base_date < date(2026, 11, 22)


def test_a_kill_at_any_write_of_a_publication_leaves_the_old_epoch_or_the_new(
    body: QuickBody, isps: tuple[Isp, Isp]
) -> None:
    """Publishing again ends it; a subscriber that looks in between has one list or the other, whole."""
    isp, folder, now = isps[0], body.desk.folder, NOW + HOUR
    body.desk.rekey(body.alice, now)
    for editor in (body.alice, body.bob):
        body.desk.sign(editor, now)
    body.desk.close()
    steps = 0
    while killed_at(steps + 1, lambda: Desk.open(folder).publish(body.out, body.online, now, body.duty)):
        steps += 1
        assert isp.visit(body.out, now).kind is not Kind.FAILED
        status = isp.list.status()
        assert (status.version, status.epoch) in ((1, 1), (2, 2))
        assert isp.blocks(NAMES[0])
    assert steps > 10
    assert isp.visit(body.out, now).kind is not Kind.FAILED
    body.desk = Desk.open(folder)
    assert body.desk.body.epoch == 2
    more(body, "new.example", 2 * HOUR)
    assert isp.visit(body.out, NOW + 2 * HOUR).kind is Kind.UPDATED
    assert isp.blocks("new.example")


def test_a_kill_at_any_write_of_a_rekey_leaves_nothing_that_would_be_signed(body: QuickBody) -> None:
    """The old stage, or a new version whose keyring is old: no tool signs that. Running it again ends it."""
    folder, now = body.desk.folder, NOW + HOUR
    body.desk.close()
    steps = cut = 0
    while killed_at(steps + 1, lambda: Desk.open(folder).rekey(body.alice, now)):
        steps += 1
        desk = Desk.open(folder)
        assert desk.body.epoch == 1
        staged = desk.staged_roles()
        if (staged["targets"].version, staged["keyring"].version) == (2, 1):
            cut += 1
            with pytest.raises(Refusal, match="run `rekey` again"):
                desk.sign(body.bob, now)
        desk.close()
    assert cut > 1
    body.desk = Desk.open(folder)
    assert body.rekey(now) == 2
