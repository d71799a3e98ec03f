"""Who was listed when."""

from datetime import timedelta

from blocklist.publish.master.master import Master
from tests.blocklist.publish.support import NOW, Office, entry

LATER = NOW + timedelta(hours=2)


def test_listings_follow_the_versions(office: Office) -> None:
    """An entry's stay has its versions, codes and withdrawal; a draft and a self-test name have none."""
    kept, gone = entry("kept.example"), entry("gone.example")
    test = entry("test.body.example", test=True, criterion="self_test")
    office.subscribe()
    office.add([kept, gone, test], office.alice, office.bob)
    office.add([entry("draft.example")], office.alice)
    office.publish()
    office.desk.withdraw([gone.id], office.duty, NOW + timedelta(hours=1))
    office.publish(LATER)
    master = Master.open(office.folder / "desk")
    assert master.history.published() == [(1, NOW), (2, LATER)]
    found = {one.id: one for one in master.history.listings()}
    master.close()
    assert found.keys() == {kept.id, gone.id}
    assert (found[kept.id].first, found[kept.id].last, found[kept.id].withdrawn_at) == (1, None, None)
    assert (found[gone.id].last, found[gone.id].withdrawn_at) == (1, "2026-11-22T04:00:00Z")
    assert (found[gone.id].type, found[gone.id].basis, found[gone.id].last_resort) == ("host", "law", "hosted_abroad")


def test_what_dns_cannot_enforce(office: Office) -> None:
    """Approved pages and addresses count; a page whose host is devoted to it, a draft and an expired one do not."""
    page = entry("one.example", type="url", path="/a")
    office.add(
        [page, entry("two.example", type="url", path="/", dns_ok=True), entry("192.0.2.1", type="ip")],
        office.alice,
        office.bob,
    )
    office.add([entry("three.example", type="url", path="/b")], office.alice)
    master = Master.open(office.folder / "desk")
    counts = [master.history.not_for_dns(2, day) for day in (NOW.date().isoformat(), "2028-01-01")]
    master.close()
    assert counts == [2, 0]
