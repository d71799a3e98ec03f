"""The lines a body writes into the public record."""

from __future__ import annotations

from blocklist.manifest import Manifest
from blocklist.public_log import LogLine
from blocklist.publish.publication.outlet import Outlet
from blocklist.publish.versions import public_log
from tests.blocklist.publish.support import NOW, Office, entry


def lines(office: Office) -> list[LogLine]:
    return [LogLine.from_bytes(line) for line in (office.out / "log.jsonl").read_bytes().splitlines()]


def index(office: Office) -> Manifest:
    return Manifest.from_bytes(office.desk.stage.signed("targets").files["index.json"])


def test_each_published_version_leaves_one_line(office: Office) -> None:
    """Counts and a commitment, under the head that the index signs; publishing again adds nothing."""
    one, two = entry("one.example"), entry("two.example")
    office.add([one], office.alice, office.bob)
    office.publish()
    office.add([two], office.alice, office.bob)
    office.desk.remove([one.id], office.alice, NOW)
    office.publish()
    office.desk.publish(office.out, office.online, NOW)
    first, second = lines(office)
    assert (first.version, first.count, first.adds, first.removals) == (1, 1, 1, 0)
    assert (second.version, second.count, second.adds, second.removals) == (2, 1, 1, 1)
    assert first.commitment != second.commitment
    assert index(office).log == public_log.head((office.out / "log.jsonl").read_bytes().splitlines())


def test_a_version_never_handed_out_leaves_no_line(office: Office) -> None:
    """Version 2 was signed by one and built again as 3."""
    office.add([entry("one.example")], office.alice, office.bob)
    office.publish()
    office.desk.build(office.alice, NOW)
    office.desk.sign(office.alice, NOW)
    assert office.publish() == 3
    assert [line.version for line in lines(office)] == [1, 3]
    log = index(office).log
    assert log is not None and log.size == 2


def test_a_record_goes_on_where_it_ended() -> None:
    """From an end that overlaps, from one that follows, from the whole, and again."""
    assert public_log.continued([], [b"1", b"2"]) == [b"1", b"2"]
    assert public_log.continued([b"1", b"2"], [b"1", b"2", b"3"]) == [b"1", b"2", b"3"]
    assert public_log.continued([b"1", b"2"], [b"2"]) == [b"1", b"2"]
    assert public_log.continued([b"1"], [b"2"]) == [b"1", b"2"]


def test_a_version_that_never_arrived_is_made_up_for(office: Office) -> None:
    """Version 2 was handed over and lost; what is handed over with version 3 has its line, too."""
    office.add([entry("one.example")], office.alice, office.bob)
    office.publish()
    (office.folder / "lost").mkdir()
    office.signed()
    office.desk.submit(office.folder / "lost", NOW)
    (office.folder / "drop").mkdir()
    office.signed()
    office.desk.submit(office.folder / "drop", NOW)
    (place,) = (office.folder / "drop").iterdir()
    outlet = Outlet(office.out)
    signed = tuple(office.desk.stage.signed(role) for role in ("targets", "keyring"))
    outlet.publish(office.desk.root, signed, office.online, NOW, (place / "log.jsonl").read_bytes())
    assert [line.version for line in lines(office)] == [1, 2, 3]
    assert index(office).log == public_log.head((office.out / "log.jsonl").read_bytes().splitlines())
