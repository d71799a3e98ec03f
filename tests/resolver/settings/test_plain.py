"""Settings as plain data."""

from __future__ import annotations

import datetime
from pathlib import Path

from resolver.settings.addresses import Endpoint
from resolver.settings.plain import to_plain
from tests.resolver.settings.samples import full, read


def test_every_type_becomes_json() -> None:
    """Addresses, paths and days are written out, tuples are lists, sections are objects."""
    assert to_plain((Endpoint("::1", 53), Path("/x"), datetime.date(2026, 1, 2))) == ["[::1]:53", "/x", "2026-01-02"]
    plain = to_plain(read(full()))
    assert plain["notices"]["default"]["ipv4"] == "192.0.2.1"
    assert "10.0.0.0/8" in plain["access"]["allow"]
