"""Drafts: text fields to a checked entry."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from blocklist.criteria import DEMO
from blocklist.entries import Entry, parse_entry
from blocklist.errors import EntryFault, OperatorFault
from blocklist.publish.review.drafts import Template, default_template, draft
from tests.blocklist.publish.support import NOW

TEMPLATE = Template(criterion="dns_cumulative", basis="law", last_resort="hosted_abroad", decided_on=NOW.date())


def test_a_name_becomes_a_host_entry_that_lives_as_long_as_allowed() -> None:
    """Name canonical, dates from the template and the criteria set."""
    made = draft({"name": " WWW.Example. "}, TEMPLATE, DEMO)
    assert (made.type, made.name) == ("host", "www.example")
    assert made.not_after - made.decided_on == timedelta(days=90)


def test_a_url_is_taken_apart() -> None:
    """A url column makes a url entry with canonical parts."""
    made = draft({"url": "HTTPS://Host.Example:443/a/../b?q=1#f"}, TEMPLATE, DEMO)
    assert (made.type, made.name, made.scheme, made.port, made.path, made.query) == (
        "url", "host.example", "https", None, "/b", "q=1",
    )  # fmt: skip


def test_columns_win_over_the_template() -> None:
    """Type, flags and codes of the line count."""
    made = draft({"name": "d.example", "type": "domain", "all_types": "Yes", "basis": "order"}, TEMPLATE, DEMO)
    assert (made.type, made.all_types, made.basis) == ("domain", True, "order")
    assert not draft({"name": "d.example", "all_types": "0"}, evolve(TEMPLATE, all_types=True), DEMO).all_types


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"name": ""}, "empty_name"),
        ({"name": "192.0.2.1"}, "ip_literal"),
        ({"name": "x.example", "type": "word"}, "bad_type"),
        ({"name": "x.example", "test": "perhaps"}, "bad_flag"),
        ({"name": "x.example", "url": "http://x.example/"}, "name_and_url"),
        ({"name": "x", "type": "ip"}, "bad_ip"),
        ({"name": "x.example", "not_after": "2036-01-01"}, "not_after_too_late"),
        ({"name": "x.example", "criterion": "hearsay"}, "unknown_criterion"),
    ],
)
def test_a_bad_line_says_why(values: dict[str, str], reason: str) -> None:
    """Each rule has its word."""
    with pytest.raises(EntryFault) as caught:
        draft(values, TEMPLATE, DEMO)
    assert caught.value.reason == reason


@given(st.text(max_size=80), st.sampled_from(["host", "domain", "url", "ip"]))
def test_any_text_is_an_entry_or_an_entry_fault(text: str, kind: str) -> None:
    """Nothing else comes out, and every entry made survives the strict reader."""
    try:
        made = draft({"name": text}, evolve(TEMPLATE, type=kind), DEMO)
    except EntryFault:
        return
    assert isinstance(made, Entry)
    assert parse_entry(made.to_bytes(), DEMO) == made


def test_a_code_left_out_is_asked_for() -> None:
    """Where the criteria set has several codes, the editor chooses."""
    with pytest.raises(OperatorFault, match="--criterion: choose one of dns_cumulative, self_test"):
        default_template(DEMO, NOW.date())
    with pytest.raises(OperatorFault, match="--last-resort"):
        default_template(DEMO, NOW.date(), criterion="self_test", basis="law", days=None)
    with pytest.raises(OperatorFault, match="--last-resort"):
        default_template(DEMO, NOW.date(), partial=True, criterion="self_test", basis="law", last_resort="mood")
    partial = default_template(DEMO, NOW.date(), partial=True)
    for column in ("criterion", "basis", "last_resort"):
        codes = {"criterion": "self_test", "basis": "law", "last_resort": "hosted_abroad", column: ""}
        with pytest.raises(EntryFault, match=column.replace("_", " ")):
            draft({"name": "a.example", **codes}, partial, DEMO)
    one = evolve(DEMO, criteria=("only",), last_resort_required=False)
    assert default_template(one, NOW.date(), basis="law").criterion == "only"
