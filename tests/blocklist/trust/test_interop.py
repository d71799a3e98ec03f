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
from blocklist.trust.local.exemptions import Exemptions
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


def test_withdrawal_confirmation_and_rekey_of_a_real_desk(
    published: QuickBody, isp: Isp, body: ListBody, tmp_path: Path
) -> None:
    """One key takes an entry out at once; the editors' next version confirms it; new keys change nothing.

    A second host sees the withdrawal, misses the confirming version and the empty file after it, and comes to the same.
    """
    isp.root = published.root
    late = Isp(tmp_path / "late", body, isp.clock, root=published.root)
    with serving(site(published.out)) as mirror:
        always, sometimes = (each.subscribe(urls=(mirror.url,)) for each in (isp, late))
        for each in (always, sometimes):
            assert each.refresh().kind is Kind.UPDATED
        isp.clock.pass_seconds(60)
        (first, *_rest) = published.desk.entries(published.alice)
        published.withdraw([first.id], isp.clock.utc)
        mirror.files.update(site(published.out))
        for each in (always, sometimes):
            assert each.refresh().kind is Kind.UPDATED
            assert (each.status().version, each.status().entries, each.status().withdrawn) == (1, 1, 1)
        isp.clock.pass_seconds(60)
        published.republish(isp.clock.utc)
        mirror.files.update(site(published.out))
        assert always.refresh().kind is Kind.UPDATED
        assert (always.status().version, always.status().entries, always.status().withdrawn) == (2, 1, 0)
        isp.clock.pass_seconds(60)
        published.rekey(isp.clock.utc)
        mirror.files.update(site(published.out))
        for each in (always, sometimes):
            assert each.refresh().kind is Kind.UPDATED
            status = each.status()
            assert (status.version, status.epoch, status.entries, status.withdrawn) == (3, 2, 1, 0)
            assert sum(status.failures.values()) == 0, status
    published.close()


def test_deltas_and_public_record_of_a_real_desk(published: QuickBody, isp: Isp) -> None:
    """A version behind, the delta is enough; two behind, both; and every version has its line of the record."""
    isp.root = published.root
    entries = [entry(name) for name in names(*range(60))]
    published.publish(entries, isp.clock.utc)
    with serving(site(published.out)) as mirror:
        subscription = isp.subscribe(urls=(mirror.url,))
        assert subscription.refresh().kind is Kind.UPDATED
        for dropped, links in ((1, ["3.delta"]), (2, ["4.delta", "5.delta"])):
            for _ in range(dropped):
                isp.clock.pass_seconds(60)
                entries.pop()
                published.publish(entries, isp.clock.utc)
            mirror.files.update(site(published.out))
            mirror.asked.clear()
            assert subscription.refresh().kind is Kind.UPDATED
            fetched = [path.rpartition("/")[2].partition(".")[2] for path in mirror.asked if "/match/" in path]
            assert fetched == links
        status = subscription.status()
        assert (status.version, status.entries, status.log_size) == (5, 57, 5)
        assert sum(status.failures.values()) == 0, status
    published.close()
