"""The online signer."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field
from securesystemslib.signer import CryptoSigner, Signature

from blocklist.errors import OperatorFault
from blocklist.publish.publication import drop
from blocklist.publish.publication.outlet import OnlineKeys, Outlet, SignedRole
from blocklist.publish.publication.outlets import Outlets
from blocklist.publish.publication.stamping import Stamper
from tests.blocklist.publish.client import Client
from tests.blocklist.publish.publication.test_mirrors import content
from tests.blocklist.publish.signers import Signers
from tests.blocklist.publish.support import NOW
from tests.support.kills import killed_at

BODY = Signers()
ROOT = BODY.make_root()


@define
class Machine:
    """The machine with the online keys, and its two folders; `at` is its monotonic clock."""

    folder: Path
    bodies: list[Signers] = field(factory=lambda: [BODY])
    said: list[tuple[str, dict[str, Any]]] = field(factory=list)
    alarms: list[str] = field(factory=list)
    at: float = 0.0
    stamper: Stamper = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        outlets = Outlets(self.outs, [ROOT], self.alarms.append)
        self.stamper = Stamper(
            self.folder / "drop",
            outlets,
            self.keys_for,
            lambda event, facts: self.said.append((event, facts)),
            self.alarms.append,
            self.folder / "status.json",
        )
        (self.folder / "drop").mkdir(exist_ok=True)
        self.stamper.start()

    @property
    def outs(self) -> list[Path]:
        return [self.folder / "one", self.folder / "two"]

    def keys_for(self, root: bytes) -> OnlineKeys:
        for body in self.bodies:
            if body.timestamp[0].public_key.keyid.encode() in root:
                return body.online
        raise OperatorFault("online_key", "no key that root names")

    def put(self, *roles: SignedRole, **more: Any) -> Path:
        return drop.put(self.folder / "drop", roles, NOW + timedelta(seconds=self.at), **more)

    def tick(self, seconds: float = 0.5) -> bool:
        self.at += seconds
        return self.stamper.tick(NOW + timedelta(seconds=self.at), self.at)

    def seen(self, out: int = 0) -> dict[str, int]:
        """What a subscriber finds in a folder; it remembers, so that it would notice going back."""
        client = Client(self.outs[out], self.folder / f"memory-{out}", ROOT, NOW + timedelta(seconds=self.at))
        return client.versions()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.put(BODY.make("targets", 1), BODY.make("keyring", 1), log_line=b'{"version":1}')
    assert made.tick()
    return made


def test_a_version_is_published_to_every_folder_at_the_next_tick(machine: Machine) -> None:
    """And a withdrawal after it, alone; the drop folder is empty then."""
    assert machine.seen() == {"root": 1, "targets": 1, "keyring": 1}
    machine.put(BODY.make("withdraw", 7))
    assert machine.tick()
    assert machine.seen(1) == {"root": 1, "targets": 1, "keyring": 1, "withdraw": 7}
    assert content(machine.outs[0]) == content(machine.outs[1])
    assert drop.waiting(machine.folder / "drop") == []
    assert (machine.outs[0] / "log.jsonl").read_bytes() == b'{"version":1}\n'
    assert machine.alarms == []


def test_the_timestamp_is_renewed_every_five_minutes(machine: Machine) -> None:
    """Counted from the last publication; nothing else is written meanwhile."""
    first = Outlet(machine.outs[0]).version_of("timestamp")
    assert not machine.tick(299)
    assert Outlet(machine.outs[0]).version_of("timestamp") == first
    machine.tick(1)
    assert Outlet(machine.outs[1]).version_of("timestamp") == first + 300
    assert [event for event, _ in machine.said] == ["published", "stamped"]


def test_a_bad_submission_is_put_aside_and_the_next_one_goes_through(machine: Machine) -> None:
    """With the reason in a file."""
    bad = machine.put(BODY.make("targets", 2, by=BODY.targets[:1]))
    machine.at += 1
    machine.put(BODY.make("targets", 2))
    assert machine.tick()
    assert machine.seen()["targets"] == 2
    reason = json.loads((machine.folder / "drop" / "refused" / bad.name / "reason.json").read_bytes())
    assert reason["code"] == "signatures"
    assert machine.said[1] == ("refused", {"submission": bad.name, "code": "signatures"})


def test_rubbish_in_the_drop_folder_stops_nothing(machine: Machine) -> None:
    """Empty folders, files, links and files that are no metadata."""
    folder = machine.folder / "drop"
    (folder / "1-empty").mkdir()
    (folder / "2-file").write_bytes(b"")
    (folder / "3-rubbish").mkdir()
    (folder / "3-rubbish" / "targets.json").write_bytes(b"\xff\x00")
    machine.put(BODY.make("targets", 2))
    assert machine.tick()
    assert (machine.seen()["targets"], drop.refused(folder)) == (2, 2)


def test_a_new_online_key_takes_over_when_root_names_it(machine: Machine) -> None:
    """Until its file is there the new root waits, and what comes after it is not refused; stamping goes on."""
    new = BODY.with_new("timestamp").with_new("snapshot")
    machine.put(roots={2: new.make_root(2, BODY)})
    assert not machine.tick()
    machine.at += 1
    machine.put(BODY.make("targets", 2, by=Signers().targets))
    machine.tick(300)
    assert machine.seen()["root"] == 1
    assert drop.refused(machine.folder / "drop") == 0
    assert "no key that root names" in machine.alarms
    machine.bodies.append(new)
    assert machine.tick(5)
    assert machine.seen() == {"root": 2, "targets": 1, "keyring": 1}
    machine.restart()
    machine.tick(10)
    assert machine.stamper.root == new.make_root(2, BODY)
    assert drop.refused(machine.folder / "drop") == 1


def test_replaced_duty_officers_are_told_to_sign_again(machine: Machine) -> None:
    """The version that replaces them is not held up by that."""
    machine.put(BODY.make("withdraw", 7))
    machine.tick()
    new = BODY.with_new("withdraw")
    machine.put(new.make("targets", 2))
    assert machine.tick()
    assert "withdraw counts no more" in machine.alarms[0]


def test_a_failing_token_is_tried_again(machine: Machine) -> None:
    """Whatever it raises: the submission stays, and is published when the token is back."""
    machine.bodies.clear()
    machine.put(BODY.make("targets", 2))
    assert not machine.tick()
    machine.bodies.append(BODY)
    assert not machine.tick()
    assert machine.tick(5)


def test_a_token_that_refuses_is_no_fault_of_the_folders(machine: Machine) -> None:
    """The alarm says what it is, and no folder is called behind."""

    class Refusing(CryptoSigner):
        def sign(self, payload: bytes) -> Signature:
            raise OperatorFault("pin", "the token refused the PIN")

    machine.bodies = [evolve(BODY, timestamp=[Refusing(BODY.timestamp[0]._private_key)])]
    machine.tick(300)
    assert machine.alarms == ["the token refused the PIN"]
    assert machine.stamper.outlets.behind == set()


def test_an_unreadable_drop_folder_does_not_stop_stamping(machine: Machine) -> None:
    """It is told of."""
    (machine.folder / "drop").rename(machine.folder / "away")
    before = Outlet(machine.outs[0]).version_of("timestamp")
    machine.tick(300)
    assert "cannot read drop folder" in machine.alarms[0]
    assert Outlet(machine.outs[0]).version_of("timestamp") > before


def test_a_full_folder_is_caught_up(machine: Machine) -> None:
    """Within seconds after it is well again."""
    bad = machine.outs[0] / "metadata" / "2.targets.json"
    bad.mkdir()
    machine.put(BODY.make("targets", 2))
    assert machine.tick()
    assert machine.seen(1)["targets"] == 2
    assert machine.stamper.status(NOW)["folders"][str(machine.outs[0])]["behind"]
    bad.rmdir()
    machine.tick(6)
    assert content(machine.outs[0]) == content(machine.outs[1])


def test_old_files_are_removed_from_every_folder(machine: Machine) -> None:
    """Every hour; what the timestamp leads to stays."""
    for out in machine.outs:
        for path in out.rglob("*"):
            os.utime(path, (0, 0))
        litter = out / "targets" / "match" / "1" / "0.full"
        litter.parent.mkdir(parents=True)
        litter.write_bytes(b"nothing leads here")
        os.utime(litter, (0, 0))
    machine.tick(3600)
    assert [facts["files"] for event, facts in machine.said if event == "pruned"] == [1, 1]
    assert machine.seen(0) == machine.seen(1) == {"root": 1, "targets": 1, "keyring": 1}


def test_the_status_file_tells_versions_ends_and_counts(machine: Machine) -> None:
    """It is written when something changed, and every 15 s."""
    facts = json.loads((machine.folder / "status.json").read_bytes())
    assert facts["versions"] == {
        "root": 1,
        "targets": 1,
        "keyring": 1,
        "snapshot": int(NOW.timestamp()),
        "timestamp": int(NOW.timestamp()),
    }
    assert facts["expires"]["timestamp"] == "2026-11-22T09:00:00Z"
    assert (facts["published"], facts["waiting"], facts["refused"]) == (1, 0, 0)
    written = facts["written_at"]
    machine.tick(1)
    assert json.loads((machine.folder / "status.json").read_bytes())["written_at"] == written
    machine.tick(15)
    assert json.loads((machine.folder / "status.json").read_bytes())["written_at"] > written


def test_a_kill_at_any_write_leaves_a_list_that_is_whole(machine: Machine) -> None:
    """`kill -9` before each change of a file: a subscriber finds one version or the other; a restart ends it."""
    machine.put(BODY.make("targets", 2), BODY.make("keyring", 2), log_line=b'{"version":2}')
    machine.seen()
    for step in itertools.count(1):
        place = machine.folder.parent / f"{machine.folder.name}-{step}"
        shutil.copytree(machine.folder, place)
        copy = evolve(machine, folder=place, said=[], alarms=[])
        copy.at = machine.at
        if not killed_at(step, copy.tick):
            break
        for out in (0, 1):
            assert copy.seen(out)["targets"] in (1, 2)
        copy.restart()
        copy.tick(5)
        assert copy.seen(0) == copy.seen(1) == {"root": 1, "targets": 2, "keyring": 2}
        assert content(copy.outs[0]) == content(copy.outs[1])
        assert drop.waiting(place / "drop") == []
        assert (copy.outs[0] / "log.jsonl").read_bytes() == b'{"version":1}\n{"version":2}\n'
        shutil.rmtree(place)
    assert step > 20
