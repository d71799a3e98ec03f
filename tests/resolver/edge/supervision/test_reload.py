"""Which settings can change while running."""

from __future__ import annotations

from pathlib import Path

import pytest

from resolver.edge.supervision.reload import ReloadFault, require_reloadable
from tests.resolver.edge.settings_for_edge import NOTICE, changed, settings


def test_answers_and_lists_can_change(tmp_path: Path) -> None:
    """Upstreams, lists, TTL and page texts are taken up."""
    old = settings(tmp_path)
    page = old.raw["notices"]["default"] | {"isp": {"ja": "新", "en": "New"}}
    require_reloadable(old, old)
    require_reloadable(
        old,
        changed(old, tmp_path, upstreams=[{"address": "127.0.0.1:10"}], answer={"ttl": 5}, notices={"default": page}),
    )


def test_every_obstacle_is_named_at_once(tmp_path: Path) -> None:
    """Sockets and processes need an upgrade, the state folder a restart; the operator reads it all in one message."""
    old = settings(tmp_path)
    other = {"listen": ["127.0.0.1:5399"], "workers": 7, "state": "/x", "poll": {"hint": "127.0.0.1:5398"}}
    new = changed(old, tmp_path, notices={"default": NOTICE}, **other)
    named = r"^state cannot.*restart the.*\nlisten, workers, poll\.hint, notices\.\*\.listen cannot.*`mamori upgrade`"
    with pytest.raises(ReloadFault, match=named):
        require_reloadable(old, new)


def test_fewer_workers_are_a_matter_of_a_restart(tmp_path: Path) -> None:
    """An upgrade would refuse them too, so nobody is sent there."""
    more = changed(settings(tmp_path), tmp_path, workers=3)
    with pytest.raises(ReloadFault, match=r"^workers cannot change in a reload, so nothing was applied: restart the"):
        require_reloadable(more, changed(more, tmp_path, workers=2))
