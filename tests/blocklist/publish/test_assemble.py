"""Approved entries to bytes."""

from __future__ import annotations

from datetime import timedelta

from blocklist.criteria import DEMO
from blocklist.keyring import PUBLIC_BYTES, generate_private, public_bytes, unwrap
from blocklist.publish.assemble import Version, assemble, assemble_keyring
from blocklist.publish.records import Subscriber
from tests.blocklist.publish.support import NOW, Office, entry

SECRET = bytes(32)


def test_only_what_dns_can_enforce_and_is_in_force_is_taken(office: Office) -> None:
    """Host, domain and devoted url; no ip, no plain url, nothing past its day."""
    url = {"type": "url", "path": "/", "path_match": "exact"}
    taken = [entry("h.example"), entry("d.example", type="domain"), entry("u.example", **url, dns_ok=True)]
    left = [
        entry("p.example", **url),
        entry("192.0.2.1", type="ip"),
        entry("old.example", not_after=NOW.date() - timedelta(days=1)),
    ]
    made = assemble(office.desk.body, DEMO, SECRET, [*taken, *left], NOW.date())
    assert made.entries == tuple(taken)
    assert made.manifest(Version(1, NOW), 1).count == 3


def test_two_builds_never_share_a_sealed_file(office: Office) -> None:
    """The random header differs, the set digest does not."""
    made = assemble(office.desk.body, DEMO, SECRET, [entry()], NOW.date())
    first, second = made.files(Version(1, NOW)), made.files(Version(1, NOW))
    assert first["index.json"] == second["index.json"]
    assert first["match/1/1.full"] != second["match/1/1.full"]


def test_a_keyring_keeps_the_wraps_it_has(office: Office) -> None:
    """New subscribers are wrapped for, known ones untouched."""
    private = generate_private()
    public = public_bytes(private)
    assert len(public) == PUBLIC_BYTES
    known, new = Subscriber("known", public_bytes(generate_private())), Subscriber("new", public)
    keyring = assemble_keyring(office.desk.body, SECRET, [known, new], {known.id: b"kept"})
    assert keyring.find(1, "match", known.id) == b"kept"
    wrapped = keyring.find(1, "match", new.id)
    assert wrapped is not None
    assert unwrap(wrapped, private, list_id="demo", epoch=1) == SECRET
