"""Sources from real settings: folders, keys, subscriptions; nothing is fetched."""

from __future__ import annotations

import json
from pathlib import Path

from attrs import evolve

from blocklist.index import Index
from blocklist.trust.local.audit import Event
from blocklist.trust.transfer.tls import TlsFiles
from resolver.edge.updating.sources import open_sources, own_names
from resolver.settings.lists import Terms, Tls
from tests.resolver.edge.settings_for_edge import settings


def test_fresh_state_has_keys_and_no_image(tmp_path: Path) -> None:
    """Keys are made, nothing is enforced, the compiled index is a good one, and the status is JSON."""
    sources = open_sources(settings(tmp_path))
    assert not sources.lists["demo"].load()
    assert sources.images() == ()
    assert [each.entries for each in Index(sources.compile({})).lists] == [0]
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
    assert Index(sources.compile({})).lists == ()
    assert [words["last_reason"] for words in sources.statuses()] == ["setting"]


def test_tls_files_reach_the_way_to_the_list_body(tmp_path: Path) -> None:
    """As the settings name them; without any, the system's authorities count."""
    given = settings(tmp_path)
    assert open_sources(given).lists["demo"].source.tls is None  # type: ignore[attr-defined]
    tls = Tls(ca=tmp_path / "ca.pem", certificate=tmp_path / "isp.pem", key=tmp_path / "isp.key")
    again = open_sources(evolve(given, lists=(evolve(given.lists[0], tls=tls),)))
    source = again.lists["demo"].source  # type: ignore[attr-defined]
    assert source.tls == TlsFiles(tls.ca, tls.certificate, tls.key)


def test_decisions_go_into_the_audit_file(tmp_path: Path) -> None:
    """The sources append to the file in the state folder, and have nothing to settle at first."""
    given = settings(tmp_path)
    sources = open_sources(given)
    sources.audit(Event.HELD, {"list_id": "demo"})
    assert sources.settle() is None
    assert "held" in (given.state / "audit.jsonl").read_text()
