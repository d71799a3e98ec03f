"""Plain, hosts and CSV readers."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist.errors import EntryFault, OperatorFault
from blocklist.publish.review.foreign import FORMATS, decoded, reader


def read(form: str, lines: Iterable[bytes], **columns: str) -> list[tuple[int, object]]:
    found = reader(form, columns, ",")(decoded(lines))
    return [(number, what.reason if isinstance(what, EntryFault) else dict(what)) for number, what in found]


def test_plain_skips_comments_and_numbers_lines() -> None:
    """One name a line."""
    lines = [b"\xef\xbb\xbfa.example\r\n", b"# note\n", b"\n", b"b.example # why\n", b"c.example d.example\n"]
    assert read("plain", lines) == [(1, {"name": "a.example"}), (4, {"name": "b.example"}), (5, "several_words")]


def test_hosts_gives_every_name_but_the_hosts_own() -> None:
    """The address is of no meaning, local names are no listing."""
    lines = [b"127.0.0.1 localhost\n", b"0.0.0.0 a.example b.example # x\n", b"fe80::1%lo0 localhost\n", b"a.example\n"]
    assert read("hosts", lines) == [(2, {"name": "a.example"}), (2, {"name": "b.example"}), (4, "no_hosts_line")]


def test_csv_maps_columns() -> None:
    """Columns by mapping, or by their own names."""
    lines = [b"Site,Note,Kind\n", b'"a.example","x, y",domain\n', b"b.example\n", b'"open\n', b"\n"]
    assert read("csv", lines, name="Site", type="Kind") == [
        (2, {"name": "a.example", "type": "domain"}),
        (3, "bad_csv_line"),
        (4, "bad_csv_line"),
    ]
    assert read("csv", [b"name,all_types\n", b"a.example,1\n"]) == [(2, {"name": "a.example", "all_types": "1"})]


@pytest.mark.parametrize("columns", [{"name": "Missing"}, {"severity": "x"}, {}, {"type": "Kind"}])
def test_a_wrong_column_map_is_the_operators_fault(columns: dict[str, str]) -> None:
    """No column, no such field, or no name at all."""
    with pytest.raises(OperatorFault, match="column"):
        read("csv", [b"Kind,Note\n", b"a,b\n"], **columns)


def test_undecodable_and_endless_lines_are_rejected() -> None:
    """They are named by line and do not stop the file."""
    assert read("plain", [b"\xff\n", b"a" * 7000, b"ok.example\n"]) == [
        (1, "bad_encoding"),
        (2, "long_line"),
        (3, {"name": "ok.example"}),
    ]


@given(st.lists(st.binary(max_size=60), max_size=8), st.sampled_from([form for form in FORMATS if form != "jsonl"]))
def test_any_bytes_are_read_or_rejected(lines: list[bytes], form: str) -> None:
    """No input makes a reader fail otherwise; a CSV without its header is the operator's fault."""
    try:
        assert all(1 <= number <= len(lines) for number, _ in read(form, lines))
    except OperatorFault:
        assert form == "csv"
