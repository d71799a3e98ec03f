"""Subscribers and the keyring."""

from __future__ import annotations

import pytest
from attrs import evolve

from blocklist.errors import OperatorFault
from blocklist.keyring import Keyring, WrappedKey, generate_private, public_bytes, unwrap
from blocklist.publish.faults import Refusal
from blocklist.publish.records import Subscriber
from blocklist.publish.versions.subscribing import make_keyring
from tests.blocklist.publish.support import NOW, Office, entry

SECRET = bytes(32)


def test_a_keyring_keeps_the_wraps_it_has(office: Office) -> None:
    """New subscribers are wrapped for in this epoch, known ones untouched, the epoch before the last is dropped."""
    private = generate_private()
    known, new = Subscriber("known", public_bytes(generate_private())), Subscriber("new", public_bytes(private))
    body = evolve(office.desk.body, epoch=3)
    kept = {(epoch, known.id): WrappedKey(epoch, "match", known.id, b"kept %d" % epoch) for epoch in (1, 2, 3)}
    keyring = make_keyring(body, SECRET, [known, new], kept)
    assert [(key.epoch, key.subscriber) for key in keyring.keys] == [(2, known.id), (3, known.id), (3, new.id)]
    assert keyring.find(3, "match", known.id) == b"kept 3"
    wrapped = keyring.find(3, "match", new.id)
    assert wrapped is not None
    assert unwrap(wrapped, private, list_id="demo", epoch=3) == SECRET


def test_letting_a_subscriber_go_takes_two_editors(office: Office) -> None:
    """One word changes nothing; after two the next keyring leaves it out."""
    known = office.subscribe()
    office.add([entry()], office.alice, office.bob)
    office.publish()
    assert office.desk.remove_subscriber(known, office.alice) == 1
    assert office.desk.remove_subscriber(known, office.alice) == 1
    assert [one.id for one, _ in office.desk.subscribers()] == [known]
    assert office.desk.remove_subscriber(known, office.bob) == 2
    assert office.desk.subscribers() == []
    office.publish()
    assert Keyring.from_bytes(office.desk.stage.signed("keyring").files["keys/current"]).keys == ()
    with pytest.raises(OperatorFault, match="no subscriber"):
        office.desk.remove_subscriber("0" * 64, office.alice)


def test_an_editor_who_let_a_subscriber_go_signs_no_keyring_for_it(office: Office) -> None:
    """Even if the first editor's build still has it."""
    known = office.subscribe()
    office.add([entry()], office.alice, office.bob)
    office.desk.build(office.alice, NOW)
    office.desk.remove_subscriber(known, office.bob)
    with pytest.raises(Refusal, match="1 subscribers you did not approve"):
        office.desk.sign(office.bob, NOW)
