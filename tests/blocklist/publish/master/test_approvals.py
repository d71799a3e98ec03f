"""Editors' signatures."""

from __future__ import annotations

from attrs import evolve

from blocklist.publish.master import approvals
from blocklist.publish.records import Subscriber
from tests.blocklist.publish.support import Office, entry


def test_an_approval_is_an_ed25519_signature_over_the_entrys_bytes(office: Office) -> None:
    """Anybody with the public key can check it."""
    one = entry()
    ((item, signature),) = approvals.sign_entries([one], office.alice)
    assert item == one.id
    office.alice.signing._private_key.public_key().verify(signature, one.to_bytes())  # type: ignore[union-attr,call-arg]


def test_only_her_own_unchanged_approvals_count(office: Office) -> None:
    """Another editor's signature, another entry's, and a changed entry do not."""
    one, two = entry("one.example"), entry("two.example")
    mine = dict(approvals.sign_entries([one, two], office.alice))
    assert list(approvals.approved_entries([one, two], mine, office.alice)) == [one, two]
    assert list(approvals.approved_entries([one], mine, office.bob)) == []
    assert list(approvals.approved_entries([one], {one.id: mine[two.id]}, office.alice)) == []
    assert list(approvals.approved_entries([evolve(one, all_types=True)], mine, office.alice)) == []


def test_a_subscribers_approval_binds_its_label_and_list(office: Office) -> None:
    """The same key under another label is another statement."""
    one = Subscriber("isp", b"key")
    mine = dict([approvals.sign_subscriber(one, "demo", office.alice)])
    assert list(approvals.approved_subscribers([one], "demo", mine, office.alice)) == [one]
    assert list(approvals.approved_subscribers([evolve(one, label="x")], "demo", mine, office.alice)) == []
    assert list(approvals.approved_subscribers([one], "other", mine, office.alice)) == []
