"""Sources from real settings: folders, keys, subscriptions; nothing is fetched."""

from __future__ import annotations

import json
from pathlib import Path

from attrs import evolve

from blocklist.index import Index
from resolver.edge.updating.sources import open_sources, own_names
from resolver.settings.lists import Terms
from tests.resolver.edge.settings_for_edge import settings


def test_fresh_state_has_keys_and_no_image(tmp_path: Path) -> None:
    """Keys are made, nothing is enforced, the compiled index is a good one, and the status is JSON."""
    sources = open_sources(settings(tmp_path))
    assert not sources.lists["demo"].load()
    assert sources.images() == ()
    assert [each.entries for each in Index(sources.compile()).lists] == [0]
    assert sources.next_change() is None
    [words] = json.loads(json.dumps(sources.statuses()))
    assert (words["list_id"], words["version"], words["last_outcome"]) == ("demo", 0, "none")
    assert {path.name for path in (tmp_path / "state").iterdir()} >= {"host.key", "subscriber.key"}


def test_list_with_a_missing_root_keeps_no_other_out(tmp_path: Path) -> None:
    """Its status says that its setting is at fault; the others work."""
    given = settings(tmp_path)
    lost = evolve(given.lists[0], id="lost", root=tmp_path / "nowhere.json")
    sources = open_sources(evolve(given, lists=(lost, given.lists[0])))
    assert list(sources.lists) == ["demo"]
    assert sources.broken == {"lost": "FileNotFoundError"}
    told = {words["list_id"]: words for words in sources.statuses()}
    assert (told["lost"]["last_outcome"], told["lost"]["last_reason"]) == ("failed", "setting")
    assert told["lost"]["failures"]["setting"] == 1


def test_own_names_are_never_blocked(tmp_path: Path) -> None:
    """Hosts of the lists and of the ISP's own pages are guarded without being written down twice; addresses are not."""
    given = settings(tmp_path)
    mirrors = ("https://one.lists.example/demo/", "http://127.0.0.1:8081/")
    terms = Terms(version="1", url="https://www.isp.example/terms")
    again = evolve(given, lists=(evolve(given.lists[0], urls=mirrors),), terms=terms)
    assert {"one.lists.example", "www.isp.example"} <= set(own_names(again))
    assert "127.0.0.1" not in own_names(again)


def test_key_file_open_to_others_is_told_for_every_list(tmp_path: Path) -> None:
    """Nothing opens without the host key; the updater lives and has the words for whoever asks."""
    given = settings(tmp_path)
    open_sources(given)
    (given.state / "host.key").chmod(0o644)
    sources = open_sources(given)
    assert "chmod 600" in sources.broken["demo"]
    assert (sources.images(), sources.next_change(), sources.clock_offset()) == ((), None, 0.0)
    assert Index(sources.compile()).lists == ()
    assert [words["last_reason"] for words in sources.statuses()] == ["setting"]
