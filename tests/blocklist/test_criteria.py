"""The criteria set."""

import json

import pytest
from attrs import evolve

from blocklist.criteria import DEFAULT_MAX_DAYS, DEMO, BasisRow, CriteriaSet
from blocklist.errors import PublisherFault


def test_a_criteria_set_survives_its_file() -> None:
    """What is signed is what was meant."""
    assert CriteriaSet.from_bytes(DEMO.to_bytes()) == DEMO


def test_the_basis_number_is_the_row() -> None:
    """A basis code becomes the row number of the attributes."""
    assert [DEMO.basis_number(row.code) for row in DEMO.basis] == [0, 1, 2]
    with pytest.raises(PublisherFault, match="lacks the basis"):
        DEMO.basis_number("rumour")


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"version": 0},
        {"criteria": []},
        {"criteria": [1]},
        {"criteria": ["two words"]},
        {"last_resorts": [""]},
        {"basis": []},
        {"basis": [{"code": "a", "kind": "whim"}]},
        {"basis": [{"code": "a", "kind": "law", "extra": 1}]},
        {"basis": [{"code": "a", "kind": "law"}] * 2},
        {"basis": [{"code": str(row), "kind": "law"} for row in range(9)]},
        {"last_resort_required": 1},
        {"max_days": {"host": 90}},
        {"max_days": {**DEFAULT_MAX_DAYS, "host": 401}},
        {"max_days": {**DEFAULT_MAX_DAYS, "more": 1}},
        {"extra": 1},
    ],
)
def test_a_malformed_criteria_set_is_refused(changes: dict[str, object]) -> None:
    """Nothing unknown, mistyped, double or beyond the format's limits is read."""
    document = json.loads(DEMO.to_bytes()) | changes
    with pytest.raises(PublisherFault):
        CriteriaSet.from_bytes(json.dumps(document, sort_keys=True, separators=(",", ":")).encode())


def test_a_set_made_in_code_obeys_the_same_limits() -> None:
    """More rows than three bits can number are refused at once."""
    with pytest.raises(PublisherFault, match="1 to 8"):
        evolve(DEMO, basis=tuple(BasisRow(str(row), "law") for row in range(9)))
