"""The notice child and its sockets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.task import Clock

from resolver.edge.supervision.harbour import Harbour
from resolver.edge.supervision.notice_keeper import NoticeKeeper
from tests.resolver.edge.fake_children import FakeLauncher
from tests.resolver.edge.settings_for_edge import NOTICE, changed, settings


def _keeper(deaths: list[str]) -> tuple[NoticeKeeper, FakeLauncher, Clock]:
    clock: Any = Clock()
    launcher = FakeLauncher()
    return NoticeKeeper(clock, launcher, lambda kind, _reason: deaths.append(kind)), launcher, clock


def test_sockets_outlive_the_child(tmp_path: Path) -> None:
    """Each new child gets the settings and the same sockets; a reload brings new texts to a new child."""
    deaths: list[str] = []
    keeper, launcher, clock = _keeper(deaths)
    given = settings(tmp_path)
    keeper.listen(given, Harbour())
    keeper.start(given, no_record=True)
    launcher.newest("notice").die()
    clock.advance(1)
    first = launcher.newest("notice")
    first.say({"type": "ready"})
    assert (first.sent, first.fds) == ([{"type": "start", "settings": given.raw, "no_record": True}], [1])
    other = changed(given, tmp_path, answer={"ttl": 5})
    keeper.renew(other, no_record=False)
    assert launcher.newest("notice").sent[0] == {"type": "start", "settings": other.raw, "no_record": False}
    assert deaths == ["notice"]
    stopped: list[bool] = []
    keeper.stop(lambda: stopped.append(True))
    launcher.newest("notice").die("exit_0")
    assert stopped == [True]


def test_no_page_to_serve_no_child(tmp_path: Path) -> None:
    """A notice served by another machine needs no process here."""
    keeper, launcher, _clock = _keeper([])
    given = settings(tmp_path, notices={"default": NOTICE})
    keeper.listen(given, Harbour())
    keeper.start(given, no_record=True)
    keeper.renew(given, no_record=True)
    stopped: list[bool] = []
    keeper.stop(lambda: stopped.append(True))
    assert (launcher.children, stopped) == ([], [True])
