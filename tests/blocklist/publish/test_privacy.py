"""No listed name is in any file of the desk or the published folder, nor in an error."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from blocklist.criteria import DEMO
from blocklist.errors import BlocklistError, EntryFault
from blocklist.names import to_wire
from blocklist.publish.master.backup import backup, restore
from blocklist.publish.review.foreign import read_plain
from blocklist.publish.review.importing import drafted
from blocklist.publish.review.review_queue import worklist
from tests.blocklist.publish.review.test_drafts import TEMPLATE
from tests.blocklist.publish.support import NOW, Office, entry

NAME = "very-hidden-quartz.example"
SECRETS = (NAME, "/hidden-path-onyx", "hidden-query-agate=1")


def forms(text: str) -> list[bytes]:
    """The spellings a leak could have."""
    plain = [text.encode(), text.encode("utf-16-le"), text.upper().encode()]
    return [*plain, to_wire(text), to_wire(text)[1:-1]] if "/" not in text and "=" not in text else plain


def leaks(folder: Path) -> list[tuple[str, Path]]:
    """Every place where a form of a secret can be read."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [(text, path) for path in files for text in SECRETS for form in forms(text) if form in path.read_bytes()]


def test_no_file_holds_a_name(office: Office) -> None:
    """After adding, approving, building, signing, publishing and removing: not in text, wire or UTF-16."""
    hidden = entry(NAME)
    url = entry(NAME, type="url", path="/hidden-path-onyx", query="hidden-query-agate=1", path_match="exact")
    office.subscribe()
    office.add([hidden, url, entry("kept.example")], office.alice, office.bob)
    office.publish()
    office.desk.remove([hidden.id], office.alice, NOW)
    office.publish()
    assert leaks(office.folder) == []


def test_no_file_of_a_long_life_holds_a_name(office: Office) -> None:
    """Suspended, resumed, extended, objected to by its name, backed up and restored: no file has it, nor a report."""
    hidden = entry(NAME)
    office.add([hidden], office.alice, office.bob)
    desk, later = office.desk, NOW + timedelta(days=9)
    desk.suspend([hidden.id], office.carol, NOW, "doubt")
    for keys in (office.alice, office.bob):
        desk.resume([hidden.id], keys, NOW)
    desk.request_removal([hidden.id], office.alice, NOW, "hotline", NOW.date())
    desk.extend([hidden.id], office.bob, later, NOW.date() + timedelta(days=90))
    ticket = desk.open_objection(desk.find(f"https://{NAME}/", office.bob), office.bob, NOW, received=NOW.date()).ticket
    desk.decide_objection(ticket, office.carol, NOW, "upheld")
    backup(office.folder / "desk", office.folder / "backup", NOW)
    restore(office.folder / "backup", office.folder / "restored")
    assert leaks(office.folder) == []
    told = [
        *desk.standings(NOW.date()),
        desk.verify(office.alice),
        desk.objections(),
        worklist(desk, NOW.date(), NOW.date()),
    ]
    assert NAME not in repr(told)


def test_the_scan_finds_a_planted_name(office: Office) -> None:
    """The positive control: wire form in any file is found."""
    (office.folder / "planted").write_bytes(b"\0" * 100 + to_wire(NAME))
    assert {text for text, _ in leaks(office.folder)} == {NAME}


def test_faults_do_not_repeat_what_they_refuse(office: Office) -> None:
    """Rejects and errors carry reasons and ids only."""
    found = [*drafted([f"-{NAME}\n".encode(), f"http://u:p@{NAME}/\n".encode()], read_plain, TEMPLATE, DEMO)]
    assert [type(fault) for _, fault in found] == [EntryFault, EntryFault]
    assert NAME not in repr(found) + "".join(str(fault) for _, fault in found)
    office.add([entry(NAME)], office.alice)
    with pytest.raises(BlocklistError) as caught:
        office.desk.build(office.alice, NOW)
    assert NAME not in str(caught.value)
