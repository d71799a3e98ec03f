"""Plain data -> settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from resolver.settings import Settings, SettingsFault, parse
from resolver.settings.addresses import Endpoint
from tests.resolver.settings.samples import BASE, faults_of, full, read


def test_sound_settings_become_types() -> None:
    """Addresses, prefixes and paths are objects, and relative paths start at the settings file's folder."""
    settings = read(full())
    assert settings.listen[1] == Endpoint("::1", 5300)
    assert settings.lists[0].root == BASE / "demo-root.json"
    assert settings.notices["default"].ipv4.packed == bytes([192, 0, 2, 1])
    assert settings.state == Path("/var/lib/mamori")


def test_all_faults_come_at_once_with_their_paths() -> None:
    """One round of corrections is enough: every wrong, missing and unknown setting is named."""
    data = full()
    data["answer"] = {"ttl": 61}
    data["listen"] = "127.0.0.1:5300"
    data["upstreams"].append({"address": "resolver.example:53"})
    data["lists"][0] |= {"ede": 4, "purpose": "other"}
    del data["lists"][0]["decided_by"]
    data["notices"]["default"]["isp"] = {"ja": "見本"}
    found = faults_of(data)
    assert set(found) == {
        "answer.ttl",
        "listen",
        "upstreams[1].address",
        "lists[0].ede",
        "lists[0].purpose",
        "lists[0].decided_by",
        "notices.default.isp.en",
    }
    assert found["lists[0].decided_by"].startswith("required before a list is enforced: name the person who decided")


def test_unknown_settings_are_refused_with_a_suggestion() -> None:
    """A typing mistake is told with what was probably meant, at every depth."""
    found = faults_of(full() | {"lisen": [], "cache": {"byts": 1}})
    assert found["lisen"] == "unknown setting. Did you mean 'listen'?"
    assert found["cache.byts"] == "unknown setting. Did you mean 'bytes'?"


def test_whatever_enforcement_needs_is_required() -> None:
    """A list without each of its papers is refused (R6, R7), and so are lists without terms of service."""
    for key in ("id", "purpose", "root", "urls", "ground", "criteria_set", "decided_by"):
        data = full()
        del data["lists"][0][key]
        assert faults_of(data)[f"lists[0].{key}"].startswith("required before a list is enforced: ")
    data = full()
    del data["terms"]
    assert faults_of(data)["terms"].startswith("required before a list is enforced: ")


def test_url_is_the_short_form_of_urls() -> None:
    """`url: x` and `urls: [x]` mean the same; both together are refused."""
    data = full()
    data["lists"][0]["url"] = data["lists"][0].pop("urls")[0]
    assert read(data) == read(full())
    data["lists"][0]["urls"] = ["https://list.example/"]
    assert "lists[0].url" in faults_of(data)


def test_raw_gives_equal_settings_in_a_child_process() -> None:
    """`raw` survives JSON and is read into the same settings without knowing the settings file's folder."""
    settings = read(full())
    assert parse(json.loads(json.dumps(settings.raw)), base=Path("/")) == settings


def test_not_even_a_group_is_a_fault_not_a_crash() -> None:
    """A file that holds a list or a text is told what it should be."""
    for data in ([], "x", 3, None):
        assert "expected a group of settings" in faults_of(data)[""]


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
_KEYS = ["listen", "upstreams", "lists", "notices", "terms", "answer", "cache", "access", "release", "special_use"]


@given(st.dictionaries(st.sampled_from([*_KEYS, "x"]), _JUNK, max_size=5))
def test_junk_is_a_settings_fault_or_settings(junk: dict[str, Any]) -> None:
    """Whatever stands in the file, the reader returns settings or names faults; nothing else is ever raised."""
    try:
        assert isinstance(read(full() | junk), Settings)
    except SettingsFault as fault:
        assert fault.faults


@given(st.sampled_from(["root", "urls", "id", "never", "ede", "decided_by", "url", 3]), _JUNK)
def test_junk_inside_a_list_is_a_settings_fault_or_settings(key: Any, junk: Any) -> None:
    """The same one level down."""
    data = full()
    data["lists"][0][key] = junk
    try:
        assert isinstance(read(data), Settings)
    except SettingsFault as fault:
        assert fault.faults
