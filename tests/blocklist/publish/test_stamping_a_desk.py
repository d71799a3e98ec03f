"""A real desk hands over to the online signer, and a real subscription follows."""

from __future__ import annotations

import json
from pathlib import Path

from attrs import evolve

from blocklist.publish.desk import Desk
from blocklist.publish.keys import rotation
from blocklist.publish.keys.keyfiles import load_editor_keys
from blocklist.publish.keys.takeover import take_up
from blocklist.publish.publication import drop
from blocklist.publish.publication.outlet import Outlet
from blocklist.publish.publication.outlets import Outlets
from blocklist.publish.publication.stamping import Stamper
from blocklist.trust.outcome import Kind
from tests.blocklist.publish.isp import subscribe
from tests.blocklist.publish.keys.test_rotation import change
from tests.blocklist.publish.keys.test_takeover import held
from tests.blocklist.publish.support import NOW, PASSPHRASE, Office, entry
from tests.blocklist.trust.list_body import SetClock


def test_versions_withdrawals_and_the_public_record_go_through(office: Office, tmp_path: Path) -> None:
    """Without an online key at the desk. A line that is not the signed one is refused."""
    alarms: list[str] = []
    folder, outs = tmp_path / "drop", [tmp_path / "one", tmp_path / "two"]
    folder.mkdir()
    clock = SetClock(wall=NOW.timestamp())
    outlets = Outlets(outs, [office.desk.root], alarms.append)
    signer = Stamper(folder, outlets, lambda _: office.online, lambda *_: None, alarms.append)
    isp = subscribe(tmp_path / "isp", outs[1], office.desk.root, office.private, clock)
    office.subscribe()
    office.add([entry("one.example"), entry("two.example")], office.alice, office.bob)
    office.signed()
    assert office.desk.submit(folder, NOW, office.duty) == 1
    assert signer.tick(clock.utc, clock.steady)
    assert isp.refresh().kind is Kind.UPDATED
    (first, _) = office.desk.published_ids()
    role = office.desk.withdraw([first], office.duty, NOW)
    drop.put(folder, (role,), NOW)
    clock.pass_seconds(30)
    assert signer.tick(clock.utc, clock.steady)
    isp.refresh()
    assert (isp.status().entries, isp.status().withdrawn) == (1, 1)
    office.add([entry("three.example")], office.alice, office.bob)
    office.signed(clock.utc)
    office.desk.submit(folder, clock.utc)
    (place,) = drop.waiting(folder)
    line = (place / "log.jsonl").read_bytes()
    (place / "log.jsonl").write_bytes(line.replace(b'"adds":1', b'"adds":0'))
    assert not signer.tick(clock.utc, clock.steady)
    (refused,) = (folder / "refused").iterdir()
    assert json.loads((refused / "reason.json").read_bytes())["code"] == "log_differs"
    (refused / "log.jsonl").write_bytes(line)
    (refused / "reason.json").unlink()
    refused.rename(folder / refused.name)
    assert signer.tick(clock.utc, clock.steady)
    assert isp.refresh().kind is Kind.UPDATED
    assert (isp.status().version, isp.status().log_size, isp.status().entries) == (2, 2, 2)


def test_an_editors_new_key_comes_with_a_version_it_can_sign(office: Office, tmp_path: Path) -> None:
    """Root alone would leave the published version with one signature: it is refused, and taken with the next."""
    alarms: list[str] = []
    folder, out = tmp_path / "drop", tmp_path / "out"
    folder.mkdir()
    clock, root = SetClock(wall=NOW.timestamp()), office.desk.root
    signer = Stamper(
        folder, Outlets([out], [root], alarms.append), lambda _: office.online, lambda *_: None, alarms.append
    )
    isp = subscribe(tmp_path / "isp", out, root, office.private, clock)
    office.subscribe()
    office.add([entry("one.example")], office.alice, office.bob)
    office.signed()
    office.desk.submit(folder, NOW, office.duty)
    assert signer.tick(clock.utc, clock.steady)
    assert isp.refresh().kind is Kind.UPDATED
    desk = office.folder / "desk"
    take_up(desk, held(office, tmp_path / "c", change(tmp_path / "new", "bob", "editor")), office.alice, NOW)
    office.desk.close()
    drop.put(folder, (), clock.utc, roots=rotation.roots(desk))
    clock.pass_seconds(60)
    assert not signer.tick(clock.utc, clock.steady)
    (refused,) = (folder / "refused").iterdir()
    assert json.loads((refused / "reason.json").read_bytes())["code"] == "signers_replaced"
    bob = load_editor_keys(tmp_path / "new", "bob", PASSPHRASE)
    changed = evolve(office, desk=Desk.open(desk, office.desk.keys_folder), bob=bob)
    for keys in (changed.alice, bob):
        changed.desk.approve(keys, [*changed.desk.items(), changed.desk.holders])
    changed.signed(clock.utc)
    changed.desk.submit(folder, clock.utc)
    assert signer.tick(clock.utc, clock.steady)
    assert Outlet(out).newest_root() == changed.desk.root
    assert not any("counts no more" in alarm for alarm in alarms)
    assert isp.refresh().kind is Kind.UPDATED
    assert isp.status().version == 2
    changed.desk.close()
