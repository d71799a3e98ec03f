"""Kinds of plain values."""

from __future__ import annotations

import os

import pytest

from resolver.settings.kinds import Choice, Duration, Kind, Number, Switch, Words, Workers, found, spell_seconds


@pytest.mark.parametrize(
    ("kind", "value", "result"),
    [
        (Switch(), True, True),
        (Number(1, 60), 60, 60),
        (Words(), "見本", "見本"),
        (Choice((403, 451)), 451, 451),
        (Duration(1, 300), 15, 15),
        (Duration(1, 300), "5m", 300),
        (Duration(1, 700_000), "7d", 604_800),
        (Workers(), 3, 3),
        (Workers(), "auto", len(os.sched_getaffinity(0))),
    ],
)
def test_good_values_are_read(kind: Kind, value: object, result: object) -> None:
    """Each kind turns its spelling into its type."""
    assert kind.read(value) == result


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (Switch(), "yes", "expected true or false, found 'yes'"),
        (Switch(), 1, "expected true or false, found 1"),
        (Number(1, 60, "seconds"), 61, "expected a number from 1 to 60 seconds, found 61"),
        (Number(1, 60), True, "expected a number from 1 to 60, found the switch true"),
        (Number(1, 60), "30", "expected a number from 1 to 60, found '30'"),
        (Words(), 1.5, "expected a text, found the number 1.5: put it in quotation marks"),
        (Words(), "  ", "expected a text, found '  '"),
        (Words(), None, "expected a text, found nothing"),
        (Words(), "見\0本", "expected a text, found the character U+0000 in it: take it out"),
        (Words(), "見\ud800本", "expected a text, found the character U+D800 in it: take it out"),
        (Choice(("notice", "dns-only")), "notise", "Did you mean 'notice'"),
        (Choice((403, 451)), True, "found the switch true"),
        (Choice((15,)), 15.0, "found 15.0"),
        (Duration(1, 300), "6m", "expected a duration from 1s to 5m"),
        (Duration(1, 300), "5 m", "found '5 m'"),
        (Duration(0, 10, only=(2, 5)), 3, "expected a duration: 2s or 5s, found 3"),
        (Workers(), 0, "expected a number from 1 to 256"),
        (Workers(), "many", "expected auto or a number"),
    ],
)
def test_bad_values_say_what_was_expected(kind: Kind, value: object, message: str) -> None:
    """The sentence names what is wanted and what stood there."""
    with pytest.raises(ValueError) as caught:
        kind.read(value)
    assert message in str(caught.value)


def test_what_was_found_is_named_shortly() -> None:
    """A long text is cut, a structure is only named."""
    assert len(found("x" * 500)) <= 60
    assert found([1]) == "a list"
    assert found({}) == "a group of settings"


def test_durations_are_spelt_in_their_largest_unit() -> None:
    """86400 is a day, 90 are seconds."""
    assert [spell_seconds(each) for each in (0, 90, 300, 7200, 86_400)] == ["0s", "90s", "5m", "2h", "1d"]
