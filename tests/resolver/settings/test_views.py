"""What one view says."""

from __future__ import annotations

from resolver.settings import parse
from tests.resolver.settings.samples import BASE, full, read


def test_lists_left_out_means_all_and_an_empty_list_none() -> None:
    """What an operator forgets must not unblock anything."""
    everything, nothing, some = (
        read(full() | {"views": [{"name": "v", "from": ["192.0.2.0/24"], **lists}]}).views[0]
        for lists in ({}, {"lists": []}, {"lists": ["demo"]})
    )
    assert everything.has("demo") and some.has("demo")
    assert not nothing.has("demo") and not some.has("other")


def test_the_key_from_is_read_and_written_as_such() -> None:
    """Python keeps the word for itself; the file, the plain form and the way to the children do not."""
    settings = read(full() | {"views": [{"name": "v", "from": ["192.0.2.0/24"], "listen": ["127.0.0.1:5300"]}]})
    assert settings.raw["views"][0]["from"] == ["192.0.2.0/24"]
    assert parse(settings.raw, base=BASE) == settings
