"""The settings the demo writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from resolver.app.demo_places import Places
from resolver.app.demo_settings import write_settings
from resolver.settings import load
from resolver.settings.addresses import Endpoint


@pytest.mark.parametrize("v6", [True, False])
def test_they_are_ordinary_settings(tmp_path: Path, v6: bool) -> None:
    """`mamori check-config` would accept them; everything is on loopback."""
    (tmp_path / "root.json").write_text("{}")
    places = Places(5300, 8080, 9153, v6=v6)
    upstream = Endpoint("127.0.0.1", 5301)
    path = write_settings(
        tmp_path, places, upstream=upstream, list_url="http://127.0.0.1:8081/", root=tmp_path / "root.json"
    )
    settings = load(path)
    notice = settings.notices["default"]
    everything = (*settings.listen, *notice.listen, settings.metrics.listen, settings.upstreams[0].address)
    assert all(each.is_loopback for each in everything)
    assert len(settings.listen) == len(notice.listen) == 1 + v6
    assert settings.laptop
    assert not settings.release.enabled
    assert settings.state.parent == tmp_path
