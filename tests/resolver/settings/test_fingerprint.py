"""What makes another fingerprint of settings, and what does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resolver.settings import Settings, parse
from resolver.settings.fingerprint import fingerprint
from tests.resolver.edge.settings_for_edge import settings


def changed(old: Settings, **more: Any) -> Settings:
    return parse(old.raw | more, base=Path("/"))


def test_the_same_settings_have_the_same_fingerprint(tmp_path: Path) -> None:
    """Read twice, and a default written out: nobody has to examine anything anew for that."""
    given = settings(tmp_path)
    assert fingerprint(given) == fingerprint(parse(given.raw, base=Path("/")))
    assert fingerprint(given) == fingerprint(changed(given, mode="normal", steering="auto"))
    assert len(fingerprint(given)) == 64


def test_what_the_machine_works_out_counts_for_nothing(tmp_path: Path) -> None:
    """A unit with fewer processors than the shell that examines has the same settings."""
    given = settings(tmp_path)
    assert fingerprint(changed(given, workers=7)) == fingerprint(changed(given, workers="auto"))


@pytest.mark.parametrize(
    "more",
    [{"mode": "relay"}, {"answer": {"ttl": 5}}, {"terms": {"version": "2", "url": "https://isp.example/terms"}}],
    ids=lambda more: next(iter(more)),
)
def test_any_other_value_makes_another(tmp_path: Path, more: dict[str, Any]) -> None:
    """At the top, in a group, in a text."""
    given = settings(tmp_path)
    assert fingerprint(changed(given, **more)) != fingerprint(given)


@pytest.mark.parametrize("file", ["root.json", "never.txt"])
def test_what_the_lists_files_hold_counts(tmp_path: Path, file: str) -> None:
    """A new root or never list under the old path is another thing to answer for; a file that went, too."""
    (tmp_path / "never.txt").write_text("isp.example\n")
    given = settings(tmp_path)
    given = changed(given, lists=[given.raw["lists"][0] | {"never_file": str(tmp_path / "never.txt")}])
    before = fingerprint(given)
    (tmp_path / file).write_bytes(b"{} \n")
    after = fingerprint(given)
    (tmp_path / file).unlink()
    assert len({before, after, fingerprint(given)}) == 3
