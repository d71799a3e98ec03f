"""desk.json."""

from __future__ import annotations

from blocklist.publish.body import Body
from tests.blocklist.publish.support import NOW, Office


def test_the_file_holds_the_body_and_no_private_key(office: Office) -> None:
    """Round trip; public halves only."""
    body = office.desk.body
    assert Body.from_bytes(body.to_bytes()) == body
    assert (body.list_id, body.purpose, body.epoch) == ("demo", "csam", 1)
    assert body.base_date < NOW.date()
    assert body.editor("bob").signing == office.bob.signing.public_key
    assert office.alice.reading.hex().encode() not in body.to_bytes()
