"""An editor's tool before it signs."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from attrs import evolve

from blocklist.manifest import Manifest
from blocklist.publish.faults import Refusal
from blocklist.publish.versions import signing
from tests.blocklist.publish.support import NOW, Office, entry


def test_a_keyring_that_leaves_a_subscriber_out_is_not_signed(office: Office) -> None:
    """A kill between the version and its keyring, or a first editor who forgets an ISP."""
    known = office.subscribe()
    office.add([entry()], office.alice, office.bob)
    office.desk.build(office.alice, NOW)
    ring = office.desk._staged("keyring")
    empty = evolve(ring, files={"keys/current": b'{"format":1,"keys":[],"list_id":"demo"}'})
    with pytest.raises(Refusal, match="leaves out subscribers"):
        signing.check_keyring(empty, office.desk.body, frozenset({known}), NOW, frozenset({known}))
    assert office.desk.sign(office.bob, NOW)["keyring"].missing == 1


def test_a_record_rewritten_at_the_desk_is_not_signed_on(office: Office) -> None:
    """The lines before must have the head that was signed last."""
    office.add([entry("one.example")], office.alice, office.bob)
    office.publish()
    with closing(sqlite3.connect(office.folder / "desk" / "master.db")) as db, db:
        db.execute("UPDATE log_lines SET line = x'7b7d'")
    office.desk.build(office.alice, NOW)
    with pytest.raises(Refusal, match="not the one last published"):
        office.desk.sign(office.bob, NOW)


def test_what_is_published_is_not_signed_once_more(office: Office) -> None:
    """After a ceremony the published version may lack signatures: the next version is the way on."""
    office.add([entry("one.example")], office.alice, office.bob)
    office.publish()
    staged = office.desk._staged("targets")
    staged.metadata.signatures.clear()
    office.desk.stage.save("targets", staged.metadata)
    with pytest.raises(Refusal, match="published already: build the next"):
        office.desk.sign(office.bob, NOW)


def test_a_line_over_other_entries_is_not_signed(office: Office) -> None:
    """The commitment is made again from the entries this editor approved."""
    office.add([entry("one.example")], office.alice, office.bob)
    office.desk.build(office.alice, NOW)
    manifest = Manifest.from_bytes(office.desk.stage.signed("targets").files["index.json"])
    assert manifest.log is not None
    mine = office.desk.assembled(office.bob, NOW, mine_only=True)
    assert office.desk._log_head(mine, manifest, office.bob) == manifest.log
    other = evolve(mine, entries=(entry("other.example"),))
    assert office.desk._log_head(other, manifest, office.bob) != manifest.log
