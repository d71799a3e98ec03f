"""All settings of one resolver."""

from __future__ import annotations

import json

from tests.resolver.settings.samples import full, read


def test_raw_is_small_plain_data_with_absolute_paths() -> None:
    """What goes to every child process is small and JSON: paths are absolute, and file contents stay in the files."""
    raw = read(full()).raw
    assert raw["lists"][0]["root"] == "/srv/mamori/demo-root.json"
    assert len(json.dumps(raw)) < 4096
    assert read(full()).raw == raw


def test_defaults_serve_nobody_from_outside() -> None:
    """What is not written is safe: loopback, no release, no laptop switch, normal mode."""
    settings = read({"upstreams": [{"address": "127.0.0.1:5301"}]})
    assert all(each.is_loopback for each in settings.listen)
    assert settings.metrics.listen.is_loopback
    assert not settings.release.enabled
    assert not settings.laptop
    assert settings.mode == "normal"
    assert settings.workers >= 1
