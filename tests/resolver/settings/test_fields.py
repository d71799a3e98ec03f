"""The declaration of a setting."""

from __future__ import annotations

import attrs

from resolver.settings.fields import setting


@attrs.frozen(kw_only=True)
class _Section:
    needed: int = setting("Needed.", why="say how many")
    spare: int = setting("Spare.", default=3, shown_default="auto")


def test_a_setting_carries_its_meaning_and_whether_it_is_required() -> None:
    """The reader and the schema take everything from here."""
    fields = attrs.fields_dict(_Section)
    assert fields["needed"].default is attrs.NOTHING
    assert fields["needed"].metadata["why"] == "say how many"
    assert fields["spare"].metadata == {"meaning": "Spare.", "why": "", "shown_default": "auto"}
    assert _Section(needed=1).spare == 3
