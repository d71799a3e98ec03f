"""The list that is served is one a subscriber verifies, and each version adds to the one before."""

from __future__ import annotations

import urllib.request
from pathlib import Path

from bench.site import Site
from blocklist.keyring import generate_private, public_bytes
from blocklist.trust.outcome import Keys, Kind, ListSource
from blocklist.trust.subscription import Subscription
from tests.blocklist.trust.list_body import LIST_ID, PURPOSE, SetClock
from tests.support.listbody import now


def test_a_subscriber_takes_each_version(tmp_path: Path) -> None:
    """Names and filler are entries alike; the next version comes with the names it adds."""
    private = generate_private()
    site = Site(tmp_path / "site", (public_bytes(private),), 3, filler=7)
    try:
        source = ListSource(LIST_ID, PURPOSE, site.root.read_bytes(), (site.url,))
        clock = SetClock(now().timestamp())
        subscription = Subscription(source, tmp_path / "state", Keys(bytes(32), private), clock)
        subscription.load()
        assert [subscription.refresh().kind, site.listed] == [Kind.UPDATED, 3]
        site.publish(2)
        clock.pass_seconds(10)
        assert [subscription.refresh().kind, site.listed] == [Kind.UPDATED, 5]
        with urllib.request.urlopen(site.url + "metadata/timestamp.json", timeout=10) as answer:
            assert answer.status == 200
    finally:
        site.stop()
