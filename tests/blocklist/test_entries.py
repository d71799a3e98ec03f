"""Entries of the clear master."""

import json
from datetime import date
from typing import Any

import pytest
import rfc8785
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from blocklist.attributes import Attributes
from blocklist.criteria import DEMO
from blocklist.entries import Entry, checked, parse_entry, read_entries
from blocklist.errors import EntryFault
from blocklist.limits import ListLimits
from blocklist.names import to_wire
from blocklist.tokens import domain_token, host_token

HOST: dict[str, Any] = {
    "id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "type": "host",
    "name": "exact.example",
    "criterion": "dns_cumulative",
    "basis": "law",
    "last_resort": "hosted_abroad",
    "decided_on": "2026-11-01",
    "verified": "2026-11-02",
    "review_by": "2026-12-01",
    "not_after": "2027-01-01",
}
URL = HOST | {"type": "url", "path": "/a", "path_match": "prefix", "not_after": "2026-11-20"}
IP = HOST | {"type": "ip", "name": "192.0.2.1", "not_after": "2026-11-20"}
KEY = b"k" * 32


def line(values: dict[str, Any]) -> bytes:
    return json.dumps(values).encode()


@pytest.mark.parametrize(
    "values",
    [
        HOST,
        HOST | {"type": "domain", "all_types": True, "test": True},
        URL,
        URL | {"scheme": "https", "port": 8443, "query": "q=%7e", "dns_ok": True},
        URL | {"query": "", "name": "192.0.2.1"},
        IP,
        IP | {"name": "2001:db8::1"},
    ],
)
def test_a_good_entry_survives_its_line(values: dict[str, Any]) -> None:
    """Any spelling of the JSON is read, and one is written: RFC 8785, with defaults left out."""
    entry = parse_entry(line(values), DEMO)
    assert entry.to_bytes() == rfc8785.dumps(values)
    assert parse_entry(entry.to_bytes(), DEMO) == entry


def test_a_default_that_is_spelt_out_changes_nothing() -> None:
    """An entry has one signed form, however it was imported."""
    assert parse_entry(line(HOST | {"all_types": False}), DEMO) == parse_entry(line(HOST), DEMO)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        *((({key: value for key, value in HOST.items() if key != name}), f"missing_{name}") for name in HOST),
        (HOST | {"note": "x"}, "unknown_field"),
        (HOST | {"name": 1}, "bad_name"),
        (HOST | {"test": 1}, "bad_test"),
        (HOST | {"last_resort": None}, "bad_last_resort"),
        (HOST | {"id": "1"}, "bad_id"),
        (HOST | {"id": "8" + HOST["id"][1:]}, "bad_id"),
        (HOST | {"type": "mail"}, "bad_type"),
        (HOST | {"criterion": "x"}, "unknown_criterion"),
        (HOST | {"basis": "x"}, "unknown_basis"),
        (HOST | {"last_resort": "x"}, "unknown_last_resort"),
        (HOST | {"verified": "2026-11-2"}, "bad_verified"),
        (HOST | {"verified": "2026-11-31"}, "bad_verified"),
        (HOST | {"not_after": "2026-11-01"}, "not_after_before_decision"),
        (HOST | {"not_after": "2027-02-01"}, "not_after_too_late"),
        (URL | {"not_after": "2027-01-01"}, "not_after_too_late"),
        (HOST | {"review_by": "2026-10-31"}, "review_before_decision"),
        (HOST | {"name": "Exact.example"}, "name_not_canonical"),
        (HOST | {"name": "exact.example."}, "name_not_canonical"),
        (HOST | {"name": "192.0.2.1"}, "ip_literal"),
        (HOST | {"path": "/"}, "field_for_urls_only"),
        (HOST | {"scheme": ""}, "field_for_urls_only"),
        (HOST | {"dns_ok": True}, "field_for_urls_only"),
        (HOST | {"type": "url", "not_after": "2026-11-20"}, "bad_path"),
        (URL | {"path_match": "regex"}, "bad_path"),
        (URL | {"scheme": "ftp"}, "bad_scheme"),
        (URL | {"path": "/a/../b"}, "url_not_canonical"),
        (URL | {"path": "a"}, "url_not_canonical"),
        (URL | {"path": "/%7e"}, "url_not_canonical"),
        (URL | {"path": "/\ud800"}, "bad_url"),
        (URL | {"path": "/a#b"}, "url_not_canonical"),
        (URL | {"path": "/" + "a" * 2048}, "long_path"),
        (URL | {"port": 80, "scheme": "http"}, "url_not_canonical"),
        (URL | {"port": -1}, "bad_url"),
        (URL | {"name": "user@exact.example"}, "userinfo"),
        (URL | {"all_types": True}, "all_types_for_names_only"),
        (URL | {"name": "192.0.2.1", "dns_ok": True}, "dns_ok_for_names_only"),
        (IP | {"name": "192.0.2.01"}, "bad_ip"),
        (IP | {"name": "2001:DB8::1"}, "bad_ip"),
        (IP | {"name": "exact.example"}, "bad_ip"),
        (IP | {"name": "fe80::1%free text"}, "bad_ip"),
        (IP | {"test": True}, "flag_for_names_only"),
    ],
)
def test_a_bad_entry_is_refused_with_its_reason(values: dict[str, Any], reason: str) -> None:
    """Each rule refuses on its own, and the fault names no name."""
    with pytest.raises(EntryFault) as caught:
        parse_entry(line(values), DEMO)
    assert caught.value.reason == reason
    assert "example" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not_json"),
        (b"\xff", "not_json"),
        (line(HOST).decode().encode("utf-16"), "not_json"),
        (b"[]", "not_an_object"),
        (line(HOST)[:-1] + b',"type":"host"}', "duplicate_field"),
        (line(HOST).ljust(6001), "long_line"),
        (b"[" * 5000, "not_json"),
    ],
)
def test_a_line_that_is_no_object_is_refused(data: bytes, reason: str) -> None:
    """Bytes that are no single JSON object never reach the rules."""
    with pytest.raises(EntryFault) as caught:
        parse_entry(data, DEMO)
    assert caught.value.reason == reason


@given(st.dictionaries(st.sampled_from([*HOST, *URL, "note"]), st.text(max_size=20) | st.integers() | st.booleans()))
def test_no_content_breaks_the_reader(changes: dict[str, Any]) -> None:
    """Whatever the fields hold: an entry that writes itself as RFC 8785, or an EntryFault."""
    try:
        entry = checked(URL | changes, DEMO)
    except EntryFault:
        return
    assert rfc8785.dumps(json.loads(entry.to_bytes())) == entry.to_bytes()


def test_an_entry_shows_no_name_in_its_repr() -> None:
    """An entry may appear in a traceback by its id only."""
    shown = repr(checked(URL | {"query": "exact.example", "path": "/exact.example"}, DEMO))
    assert "exact.example" not in shown
    assert HOST["id"] in shown


def test_a_whole_file_is_read_past_its_faults() -> None:
    """Good lines come through, each fault has its line, and an id stands once."""
    other = HOST | {"id": "01ARZ3NDEKTSV4RRFFQ69G5FAW"}
    read = list(read_entries([line(HOST) + b"\n", b"{}\n", line(HOST) + b"\n", line(other)], DEMO))
    assert [type(item) for item in read] == [Entry, EntryFault, EntryFault, Entry]
    assert [(item.line, item.reason) for item in read if isinstance(item, EntryFault)] == [
        (2, "missing_id"),
        (3, "duplicate_id"),
    ]


@pytest.mark.parametrize("limits", [ListLimits(entries=2), ListLimits(file_bytes=2 * len(line(HOST)) + 1)])
def test_reading_stops_at_the_limits_of_a_file(limits: ListLimits) -> None:
    """Too many lines, or too many bytes, end the reading with one fault."""
    read = list(read_entries([line(HOST)] * 9, DEMO, limits))
    assert [item.reason for item in read if isinstance(item, EntryFault)] == ["duplicate_id", "too_long_file"]


def test_a_criteria_set_may_do_without_last_resorts() -> None:
    """The reason why nothing milder works is required where the set says so."""
    values = {key: value for key, value in HOST.items() if key != "last_resort"}
    assert checked(values, evolve(DEMO, last_resort_required=False)).last_resort is None


def test_only_devoted_hosts_of_urls_are_enforced_by_dns() -> None:
    """A url entry is never widened to its host unless it says dns_ok; an ip never is."""
    wire = to_wire("exact.example")
    assert checked(HOST, DEMO).token(KEY) == host_token(KEY, wire)
    assert checked(HOST | {"type": "domain"}, DEMO).token(KEY) == domain_token(KEY, wire)
    assert checked(URL | {"dns_ok": True}, DEMO).token(KEY) == host_token(KEY, wire)
    assert checked(URL, DEMO).token(KEY) is None
    assert checked(IP, DEMO).token(KEY) is None


def test_the_attributes_say_expiry_basis_and_flags() -> None:
    """The basis is the row of the criteria set's table."""
    entry = checked(HOST | {"all_types": True}, DEMO)
    assert entry.attributes(date(2026, 12, 1), DEMO) == Attributes(31, 1, True, False)
