"""What reports are made of."""

from datetime import timedelta

from blocklist.publish.reporting.lives import End
from tests.blocklist.publish.support import NOW, Office, entry


def test_past_of_a_desk(office: Office) -> None:
    """Lives, versions and record come from the master; what was reinstated ended by nobody's withdrawal."""
    one, two = entry("one.example"), entry("two.example")
    office.subscribe()
    office.add([one, two], office.alice, office.bob)
    office.publish()
    office.desk.withdraw([one.id, two.id], office.duty, NOW + timedelta(hours=1))
    for editor in (office.alice, office.bob):
        office.desk.reinstate([two.id], editor)
    office.publish(NOW + timedelta(hours=2))
    past = office.desk.past(NOW + timedelta(hours=3))
    assert sorted(life.why for life in past.lives) == [End.ERROR, End.EXPIRED]
    assert list(past.published) == [1, 2]
    assert len(past.record) == 2
    assert [line.version for line in past.record_until(NOW + timedelta(hours=1))] == [1]
