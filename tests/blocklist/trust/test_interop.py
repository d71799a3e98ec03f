"""The list body's own tool and the subscriber, over HTTP on loopback."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from ulid import ULID

from blocklist import keyring
from blocklist.entries import Entry
from blocklist.index import Index
from blocklist.names import to_wire
from blocklist.publish.quick import QuickBody, make_body
from blocklist.trust.compile import compile_enforced
from blocklist.trust.exemptions import Exemptions
from blocklist.trust.outcome import Kind
from tests.blocklist.trust.conftest import KEYS, Isp
from tests.blocklist.trust.faulty_server import serving
from tests.blocklist.trust.list_body import LIST_ID, NOW, ListBody, names


def entry(name: str) -> Entry:
    day: date = NOW.date()
    return Entry(
        id=str(ULID()),
        type="domain",
        name=name,
        criterion="dns_cumulative",
        basis="emergency",
        last_resort="hosted_abroad",
        decided_on=day,
        verified=day,
        review_by=day + timedelta(days=60),
        not_after=day + timedelta(days=60),
    )


@pytest.fixture
def published(tmp_path: Path) -> QuickBody:
    entries = [entry(name) for name in names(1, 2)]
    publics = [keyring.public_bytes(KEYS.subscriber_private)]
    desk, out = tmp_path / "desk", tmp_path / "out"
    return make_body(desk, list_id=LIST_ID, entries=entries, subscriber_public_keys=publics, now=NOW, out=out)


def site(out: Path) -> dict[str, bytes]:
    return {f"/{path.relative_to(out)}": path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_published_list_is_enforced(published: QuickBody, isp: Isp, body: ListBody) -> None:
    """What three editors' tools published is fetched, verified, decrypted and answers; the next version as well."""
    isp.root = published.root
    with serving(site(published.out)) as mirror:
        subscription = isp.subscribe(urls=(mirror.url,))
        assert subscription.refresh().kind is Kind.UPDATED
        isp.clock.pass_seconds(60)
        published.publish([entry(name) for name in names(1, 2, 3)], isp.clock.utc)
        mirror.files.update(site(published.out))
        assert subscription.refresh().kind is Kind.UPDATED
    exemptions = Exemptions(isp.folder / "exemptions.sealed", KEYS.host_key, isp.clock)
    index = Index(compile_enforced([subscription], exemptions, isp.clock))
    assert index.match(to_wire(f"www.{names(3)[0]}"), isp.clock.monotonic()) is not None
    assert index.match(to_wire(names(4)[0]), isp.clock.monotonic()) is None
    published.close()
