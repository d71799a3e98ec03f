"""Settings of a list."""

from __future__ import annotations

from pathlib import Path

from tests.resolver.settings.samples import full, read


def test_the_never_list_joins_names_and_file(tmp_path: Path) -> None:
    """Names stand in the settings or in a file, one a line; comments and empty lines do not count."""
    path = tmp_path / "never.txt"
    path.write_text("# the most used\none.example  # ours\n\ntwo.example\n")
    data = full()
    data["lists"][0] |= {"never": ["isp.example"], "never_file": str(path)}
    assert read(data).lists[0].never_names() == ("isp.example", "one.example", "two.example")
    assert read(full()).lists[0].never_names() == ()
