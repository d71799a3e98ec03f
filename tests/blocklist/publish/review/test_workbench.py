"""Keys, entries and approvals at the desk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from blocklist.errors import EntryFault, OperatorFault, PublisherFault
from blocklist.publish.desk import Desk
from blocklist.publish.faults import Refusal
from tests.blocklist.publish.support import NOW, PASSPHRASE, Office, entry, new_desk


@pytest.mark.parametrize("fields", [{"basis": "rumour"}, {"criterion": "taste"}, {"last_resort": "none"}])
def test_a_code_the_criteria_set_lacks_is_refused(office: Office, fields: dict[str, str]) -> None:
    """Nothing of the call is added: an entry nobody can build must not wait in the master."""
    with pytest.raises(PublisherFault, match="unknown"):
        office.desk.insert([entry("good.example"), entry(**fields)], office.alice)
    assert office.desk.items() == frozenset()


@pytest.mark.parametrize("required", [True, False])
def test_a_criteria_set_can_demand_the_last_resort(office: Office, required: bool) -> None:
    """Whichever way an entry comes in: one by one, in a stream, or as the extension of an older one."""
    asked = evolve(office.desk.criteria, last_resort_required=required)
    office.desk.criteria = asked
    later = NOW.date() + timedelta(days=70)
    without, streamed = entry("a.example", last_resort=None), entry("b.example", last_resort=None)
    if not required:
        assert office.desk.insert([without], office.alice) == {}
        assert office.desk.take_in([(1, streamed)], office.alice).added == 1
        assert office.desk.extend([without.id], office.bob, NOW, later)
        return
    with pytest.raises(EntryFault, match="missing last resort"):
        office.desk.insert([without], office.alice)
    assert dict(office.desk.take_in([(1, streamed)], office.alice).reasons) == {"missing_last_resort": 1}
    office.desk.criteria = evolve(asked, last_resort_required=False)
    office.add([without])
    office.desk.criteria = asked
    with pytest.raises(Refusal, match="missing last resort"):
        office.desk.extend([without.id], office.bob, NOW, later)


def test_key_files_of_another_desk_are_refused(office: Office) -> None:
    """The desk knows its editors by their public keys."""
    other = Desk.create(office.folder / "other", new_desk(), NOW)
    other.close()
    mixed = Desk.open(office.folder / "desk", office.folder / "other" / "keys")
    with pytest.raises(OperatorFault, match="of another desk"):
        mixed.unlock("alice", PASSPHRASE)
    with pytest.raises(OperatorFault, match="no editor 'dave'"):
        mixed.unlock("dave", PASSPHRASE)
    mixed.close()


def test_a_damaged_desk_says_which_file(office: Office) -> None:
    """desk.json, criteria.json and the master are named."""
    folder = office.folder / "desk"
    for name in ("criteria.json", "desk.json"):
        good = (folder / name).read_bytes()
        (folder / name).write_bytes(b"{}")
        with pytest.raises(OperatorFault, match=name):
            Desk.open(folder)
        (folder / name).write_bytes(good)


def test_entries_survive_a_restart(office: Office) -> None:
    """What was added and approved is there when the desk is opened again."""
    one = entry()
    office.add([one], office.alice)
    again = Desk.open(office.folder / "desk")
    assert list(again.entries(again.unlock("bob", PASSPHRASE))) == [one]
    again.close()
