"""Where the C extension is chosen."""

from __future__ import annotations

import pytest

import native
from native import REQUIRE, SWITCH, NativeMissing, choose
from tests.support.tools import unmet

ABSENT = "native._absent"


def test_the_extension_is_taken_where_it_is() -> None:
    """Any module stands for it here: what can be loaded is the choice."""
    assert choose({}, "native") is native


def test_without_it_the_pure_twins_do_the_work() -> None:
    """No error and no word: an installation without a compiler is a whole one."""
    assert choose({}, ABSENT) is None


def test_where_it_is_required_its_absence_is_an_error_that_says_what_to_do() -> None:
    """Who pays for speed must not lose it unnoticed."""
    with pytest.raises(NativeMissing, match="install a wheel"):
        choose({REQUIRE: "1"}, ABSENT)


def test_it_can_be_left_aside() -> None:
    """Benchmarks and tests compare both."""
    assert choose({SWITCH: "off"}, "native") is None


def test_settings_that_contradict_are_refused() -> None:
    """Neither of the two is guessed to be meant."""
    with pytest.raises(ValueError, match="contradict"):
        choose({REQUIRE: "1", SWITCH: "off"}, "native")


def test_its_kind_is_told() -> None:
    """`mamori status` shows this word."""
    assert native.kind() == ("pure" if native.MODULE is None else "native")


def test_where_nothing_may_be_skipped_the_extension_is_there() -> None:
    """Tests of the C are left out without it: in CI that would be a green run that tested half."""
    if native.MODULE is None:
        unmet("the C extension is not built: make native")
