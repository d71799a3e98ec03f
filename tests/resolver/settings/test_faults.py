"""Faults of a settings file."""

from __future__ import annotations

from resolver.settings import Fault, SettingsFault


def test_a_fault_says_where_and_what() -> None:
    """Line, path and message, as far as they are known; one fault a line."""
    faults = [Fault("answer.ttl", "too high", 3), Fault("", "not YAML")]
    assert str(SettingsFault(faults)) == "line 3: answer.ttl: too high\nnot YAML"
