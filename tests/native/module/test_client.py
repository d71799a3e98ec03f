"""Client as Python sees it: what makes no budget is refused."""

from __future__ import annotations

from typing import Any

import pytest

import native
from tests.native.paths import NEEDS_NATIVE

pytestmark = NEEDS_NATIVE


@pytest.mark.parametrize(
    "wrong",
    [
        {"view": 64},
        {"view": -1},
        {"rate": -1},
        {"rate": float("inf")},
        {"burst": float("nan")},
        {"proven_factor": -0.5},
        {"step": 0},
        {"step": 2**30},
        {"now": float("inf")},
    ],
)
def test_what_makes_no_budget_is_refused(wrong: dict[str, Any]) -> None:
    """Each number has its range."""
    assert native.MODULE is not None
    with pytest.raises(ValueError, match=r"\w"):
        native.MODULE.Client(**wrong)


def test_other_kinds_are_refused() -> None:
    """Texts are no numbers, and all arguments have names."""
    assert native.MODULE is not None
    for made in (lambda: native.MODULE.Client(rate="much"), lambda: native.MODULE.Client(1)):
        with pytest.raises(TypeError):
            made()
    with pytest.raises(TypeError):
        native.MODULE.Client().allow("now")
    with pytest.raises(ValueError, match="finite"):
        native.MODULE.Client().allow(float("nan"))


def test_nobody_else_can_be_a_client() -> None:
    """The type has no heirs: C knows what stands in one."""
    assert native.MODULE is not None
    with pytest.raises(TypeError):
        type("Heir", (native.MODULE.Client,), {})
    with pytest.raises(AttributeError):
        native.MODULE.Client().left = 5
