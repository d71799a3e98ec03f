"""The scratch list body of the drills."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from blocklist.publish.drills.rehearsal import URL, DrillClock, FolderTransport, Rehearsal
from blocklist.publish.faults import Refusal
from blocklist.trust.transfer.transport import HttpStatusFault
from tests.blocklist.publish.support import NOW


def test_the_folder_is_served_with_tags_and_ranges(tmp_path: Path) -> None:
    """As a Web server would; what is not there is a 404."""
    (tmp_path / "log.jsonl").write_bytes(b"0123456789")
    transport = FolderTransport(tmp_path)
    reply = transport.get(URL + "log.jsonl", 100)
    assert reply.body == b"0123456789"
    assert transport.get(URL + "log.jsonl", 100, etag=reply.etag).status == 304
    assert transport.get(URL + "log.jsonl", 3, start=4).body == b"456"
    with pytest.raises(HttpStatusFault):
        transport.get(URL + "none", 100)
    transport.close()


def test_clocks_are_told() -> None:
    """Both go together."""
    clock = DrillClock(NOW.timestamp())
    clock.pass_time(timedelta(minutes=1))
    assert (clock.now() - NOW.timestamp(), clock.monotonic(), clock.utc) == (60, 60, NOW + timedelta(minutes=1))


def test_what_does_not_hold_ends_the_drill(tmp_path: Path) -> None:
    """Not true, not refused, refused for another reason, not followed."""
    said: list[str] = []
    here = Rehearsal.begin(tmp_path, NOW, said.append)

    def refuse() -> None:
        raise Refusal("other", "no")

    for wrong in (
        lambda: here.expect(False, "it holds"),
        lambda: here.refused(lambda: None, "code", "it is refused"),
        lambda: here.refused(refuse, "code", "it is refused"),
        lambda: here.follows("the ISP follows"),
    ):
        with pytest.raises(Refusal, match="the drill failed: not true that"):
            wrong()
    here.expect(True, "one is one")
    here.refused(refuse, "other", "it is refused")
    assert said == here.steps == ["one is one", "it is refused (other)"]
    here.close()
