"""Sealed cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist.errors import OperatorFault
from blocklist.publish.master.vault import PAD_BYTES, Vault

VAULT = Vault("demo", bytes(32))


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=300))
def test_a_cell_opens_to_its_text_and_hides_its_length(text: str) -> None:
    """Round trip; the length is a whole number of pads."""
    cell = VAULT.seal("id", "name", text)
    assert VAULT.open("id", "name", cell) == text
    assert (len(cell) - 12 - 16) % PAD_BYTES == 0
    assert cell != VAULT.seal("id", "name", text)


@pytest.mark.parametrize(("entry_id", "column"), [("other", "name"), ("id", "path")])
def test_a_cell_moved_elsewhere_does_not_open(entry_id: str, column: str) -> None:
    """A cell belongs to its entry and column."""
    with pytest.raises(OperatorFault, match="does not open"):
        VAULT.open(entry_id, column, VAULT.seal("id", "name", "a.example"))


def test_a_cell_cut_short_does_not_open() -> None:
    """Whatever is left of it, the master is told to be damaged."""
    for length in (0, 5, 20):
        with pytest.raises(OperatorFault, match="does not open"):
            VAULT.open("id", "name", VAULT.seal("id", "name", "a.example")[:length])


def test_a_twin_is_what_an_entry_points_at() -> None:
    """Dates and codes do not count; list, type, name and path do."""
    one = {"type": "host", "name": "a.example", "not_after": "2026-01-01"}
    assert VAULT.twin(one) == VAULT.twin({**one, "not_after": "2027-01-01", "path": None})
    others = [{**one, "type": "domain"}, {**one, "name": "b.example"}, {**one, "path": "/"}, {**one, "port": 8080}]
    assert len({VAULT.twin(other) for other in [one, *others]}) == 5
    assert Vault("demo", bytes([1]) * 32).twin(one) != VAULT.twin(one)
