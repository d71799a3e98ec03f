"""Withdrawing with one key, and only ever less."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from tuf.api.metadata import Metadata, Targets

from blocklist.errors import EntryFault, OperatorFault
from blocklist.manifest import Manifest
from blocklist.publish import body as bodies
from blocklist.publish.desk import Desk
from blocklist.publish.faults import Refusal
from blocklist.publish.publication.outlet import Outlet, SignedRole
from blocklist.publish.quick import make_body
from blocklist.stream import FileContext, Kind, unseal
from blocklist.withdrawal import WITHDRAW_PATH, Withdrawal
from tests.blocklist.publish.reader import Isp
from tests.blocklist.publish.support import NOW, PASSPHRASE, Office, entry

SERIAL = int(NOW.timestamp())


def opened(office: Office, signed: SignedRole) -> Withdrawal:
    body = office.desk.body
    secret = office.desk.open_key(office.alice, "match")
    context = FileContext(secret, body.list_id, body.purpose, body.epoch, WITHDRAW_PATH)
    return Withdrawal.from_bytes(unseal(signed.files[WITHDRAW_PATH], Kind.WITHDRAW, context))


def tokens(office: Office) -> dict[str, bytes]:
    return office.desk._master.releases.tokens_of(office.desk.published_ids())


def staged_index(office: Office) -> Manifest:
    return Manifest.from_bytes(office.desk.stage.signed("targets").files["index.json"])


def test_one_key_takes_an_entry_off_and_the_next_version_confirms(office: Office) -> None:
    """Serial and role version are the time; seven days; the next build leaves the entry out and says what it saw."""
    kept, gone = entry("kept.example"), entry("gone.example")
    office.add([kept, gone], office.alice, office.bob)
    office.publish()
    token = tokens(office)[gone.id]
    signed = office.desk.withdraw([gone.id], office.duty, NOW)
    assert opened(office, signed) == Withdrawal(1, SERIAL, (token,))
    role = Metadata[Targets].from_bytes(signed.metadata).signed
    assert (role.version, role.expires) == (SERIAL, NOW + timedelta(days=7))
    delegator = office.desk.stage.load("targets")
    assert delegator is not None
    metadata = Metadata[Targets].from_bytes(signed.metadata)
    delegator.signed.verify_delegate("withdraw", metadata.signed_bytes, metadata.signatures)
    assert office.publish() == 2
    assert staged_index(office).withdrawals_seen == SERIAL
    assert office.desk.published_ids() == {kept.id}
    assert (office.desk.withdrawn(), office.desk.known_ids()) == ((), {kept.id, gone.id})
    assert Outlet(office.out).version_of("withdraw") == SERIAL


def test_a_token_is_taken_with_every_entry_behind_it(office: Office) -> None:
    """A url whose host is devoted to it and the host itself are one token; taking one names the other."""
    host = entry("both.example")
    url = entry("both.example", type="url", scheme="https", path="/", path_match="exact", dns_ok=True)
    office.add([host, url, entry("kept.example")], office.alice, office.bob)
    office.publish()
    assert office.desk.behind([url.id]) == (url.id, host.id)
    office.desk.withdraw([url.id], office.duty, NOW)
    assert {one.id for one in office.desk.withdrawn()} == {url.id, host.id}
    assert office.desk.build(office.alice, NOW).count == 1


def test_a_name_is_found_by_its_token(office: Office) -> None:
    """Exactly, as host or domain; a listed domain above is named, and not taken."""
    host, domain = entry("a.wide.example"), entry("wide.example", type="domain")
    office.add([host, domain], office.alice, office.bob)
    office.publish()
    assert office.desk.find_listed("A.wide.example.", office.duty).ids == (host.id,)
    found = office.desk.find_listed("b.wide.example", office.duty)
    assert (found.ids, found.above) == ((), (domain.id,))
    assert office.desk.find_listed("wide.example", office.duty).ids == (domain.id,)
    with pytest.raises(EntryFault):
        office.desk.find_listed("no name", office.duty)


def test_a_renewal_carries_what_is_off_under_a_new_serial(office: Office) -> None:
    """Twice in a second, or by a clock gone back, the serial still rises."""
    gone = entry("gone.example")
    office.add([gone, entry("kept.example")], office.alice, office.bob)
    office.publish()
    first = opened(office, office.desk.withdraw([gone.id], office.duty, NOW))
    again = opened(office, office.desk.withdraw((), office.duty, NOW - timedelta(days=1)))
    assert (again.serial, again.tokens) == (SERIAL + 1, first.tokens)
    office.publish()
    assert opened(office, office.desk.withdraw((), office.duty, NOW)).tokens == ()


def test_two_editors_reinstate_and_one_does_not(office: Office) -> None:
    """After two, the entry stays listed, and the index says that the editors knew of the withdrawal."""
    one = entry("one.example")
    office.add([one, entry("kept.example")], office.alice, office.bob)
    office.publish()
    office.desk.withdraw([one.id], office.duty, NOW)
    assert office.desk.reinstate([one.id], office.alice) == 1
    assert office.desk.reinstate([one.id], office.alice) == 0
    assert len(office.desk.withdrawn()) == 1
    office.desk.reinstate([one.id], office.bob)
    assert office.desk.withdrawn() == ()
    assert opened(office, office.desk.withdraw((), office.duty, NOW)).tokens == ()
    office.publish()
    index = staged_index(office)
    assert (index.count, index.withdrawals_seen) == (2, SERIAL + 1)
    office.desk.withdraw([one.id], office.duty, NOW)
    assert len(office.desk.withdrawn()) == 1, "an old reinstatement says nothing about a new withdrawal"
    with pytest.raises(OperatorFault, match="not withdrawn"):
        office.desk.reinstate(["nothing"], office.alice)


def test_an_editor_who_did_not_reinstate_does_not_sign(office: Office) -> None:
    """The entry is listed against a duty officer's word: both signatures stand for that."""
    one = entry("one.example")
    office.add([one, entry("kept.example")], office.alice, office.bob, office.carol)
    office.publish()
    office.desk.withdraw([one.id], office.duty, NOW)
    for editor in (office.alice, office.bob):
        office.desk.reinstate([one.id], editor)
    office.desk.build(office.alice, NOW)
    with pytest.raises(Refusal, match="1 records you did not approve"):
        office.desk.sign(office.carol, NOW)


def test_a_withdrawal_nobody_signed_stops_the_signature(office: Office) -> None:
    """Rows put into the master take nothing off in silence."""
    one = entry("one.example")
    office.add([one, entry("kept.example")], office.alice, office.bob)
    office.publish()
    with closing(sqlite3.connect(office.folder / "desk" / "master.db")) as db, db:
        db.execute("INSERT INTO withdrawals VALUES (1, '', 'alice')")
        db.execute("INSERT INTO withdrawn VALUES (?, x'00', 1, zeroblob(64), NULL)", (one.id,))
    assert office.desk.build(office.alice, NOW).count == 1
    with pytest.raises(Refusal, match="no signature proves it"):
        office.desk.sign(office.bob, NOW)


def test_an_index_that_overrules_withdrawals_to_come_is_not_signed(office: Office) -> None:
    """A serial above every one given would make subscribers ignore the duty officer."""
    office.add([entry()], office.alice, office.bob)
    office.desk._master.withdrawals.book(SERIAL * 2, "", "alice", [])
    office.desk.build(office.alice, NOW)
    office.desk._master._db.execute("DELETE FROM withdrawals")
    with pytest.raises(Refusal, match="nobody made yet"):
        office.desk.sign(office.bob, NOW)


def test_what_is_not_published_cannot_be_withdrawn(office: Office) -> None:
    """All or none; nothing is booked."""
    one = entry("one.example")
    office.add([one], office.alice, office.bob)
    office.publish()
    with pytest.raises(OperatorFault, match="nothing was withdrawn"):
        office.desk.withdraw([one.id, "unknown"], office.duty, NOW)
    assert (office.desk.withdrawn(), office.desk._master.withdrawals.last_serial()) == ((), 0)


def test_an_old_withdraw_file_is_left_out_of_a_publication(office: Office) -> None:
    """One that has run out is not put out again: subscribers would only be alarmed by it."""
    office.add([entry()], office.alice, office.bob)
    office.desk.withdraw((), office.duty, NOW)
    office.publish(NOW + timedelta(days=8))
    assert Outlet(office.out).version_of("withdraw") == 0


def test_a_desk_without_duty_officers_opens_and_gets_one(office: Office) -> None:
    """A desk of the format before: it says what to do, and works on afterwards."""
    folder = office.folder / "desk"
    plain = bodies.Body.load(folder)
    old = evolve(plain, duties=()).to_bytes().replace(b'"format": 2', b'"format": 1')
    (folder / "desk.json").write_bytes(old.replace(b',\n  "duties": []', b""))
    desk = Desk.open(folder)
    office = evolve(office, desk=desk)
    office.add([entry()], office.alice, office.bob)
    with pytest.raises(OperatorFault, match="mamori-list duty add"):
        desk.build(office.alice, NOW)
    with pytest.raises(OperatorFault, match="mamori-list duty add"):
        desk.unlock_duty("dave", PASSPHRASE)
    desk.approve(office.alice, [desk.holders])
    desk.add_duty("dave", PASSPHRASE, office.alice)
    with pytest.raises(OperatorFault, match="already"):
        desk.add_duty("dave", PASSPHRASE, office.alice)
    desk.approve(office.bob, [desk.holders])
    office.publish()
    dave = desk.unlock_duty("dave", PASSPHRASE)
    (listed,) = desk.published_ids()
    assert len(opened(office, desk.withdraw([listed], dave, NOW)).tokens) == 1
    assert [duty.name for duty in bodies.Body.load(folder).duties] == ["dave"]
    desk.close()


def test_an_isp_follows_the_duty_officer_and_the_editors(tmp_path: Path) -> None:
    """Withdrawn, confirmed, listed again under a new id; withdrawn and reinstated: each at the next visit."""
    isp = Isp(tmp_path / "isp")
    entries = [entry(f"n{number}.example") for number in range(5)]
    body = make_body(
        tmp_path / "desk", list_id="demo", entries=entries, subscriber_public_keys=[isp.public], now=NOW,
        out=tmp_path / "out",
    )  # fmt: skip
    isp.subscribe(body.root)
    isp.visit(body.out, NOW)
    first, second = entries[0], entries[1]
    body.withdraw([first.id], NOW + timedelta(minutes=1))
    isp.visit(body.out, NOW + timedelta(minutes=1))
    assert not isp.blocks(first.name)
    assert isp.blocks(second.name)
    body.republish(NOW + timedelta(minutes=2))
    isp.visit(body.out, NOW + timedelta(minutes=2))
    assert not isp.blocks(first.name)
    assert (isp.list.status().withdrawn, body.desk.published_ids()) == (0, {one.id for one in entries[1:]})
    body.withdraw([second.id], NOW + timedelta(minutes=3))
    isp.visit(body.out, NOW + timedelta(minutes=3))
    assert not isp.blocks(second.name)
    for editor in (body.alice, body.bob):
        body.desk.reinstate([second.id], editor)
    body.republish(NOW + timedelta(minutes=4))
    isp.visit(body.out, NOW + timedelta(minutes=4))
    assert isp.blocks(second.name)
    assert sum(isp.list.status().failures.values()) == 0
    body.close()
