"""Keeping of a document what a shape allows."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from resolver.cli.bundle.picking import number, pick, switch, text, word

SHAPE = {"on": switch, "size": number, "state": word(("up", "down")), "rows": [{"id": text("[a-z]{1,3}")}]}
SECRET = "QUARTZ"  # fits no part of the shape
scalars = st.none() | st.booleans() | st.integers() | st.just(SECRET) | st.sampled_from(("up", "abc"))
documents: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from((*SHAPE, "id", SECRET)), inner),
    max_leaves=20,
)


def test_what_fits_stays_and_nothing_else() -> None:
    """Keys that are not named, and values of another kind, are left out; None says that something is not known."""
    document = {
        "on": True,
        "size": None,
        "state": "sideways",
        "rows": [{"id": "ab", "name": SECRET}, {"id": SECRET}, "x"],
        "more": SECRET,
    }
    assert pick(document, SHAPE) == {"on": True, "size": None, "rows": [{"id": "ab"}, {}]}


def test_a_switch_is_no_number() -> None:
    """Python takes True for 1; a document does not."""
    assert pick({"on": 1, "size": True}, SHAPE) == {}


@given(documents)
def test_whatever_comes_no_stray_text_passes(document: Any) -> None:
    """A resolver of another version, or one taken over, may tell anything."""
    assert SECRET not in json.dumps(pick(document, SHAPE))
