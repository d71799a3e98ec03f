"""Approved entries to bytes."""

from __future__ import annotations

from datetime import timedelta

from blocklist.criteria import DEMO
from blocklist.publish.versions.assemble import Version, assemble
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
