"""Signed JSON documents."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from blocklist import canonical
from blocklist.canonical import Reader, format_instant
from blocklist.errors import PublisherFault


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"1",
        b'{"a": 1}',
        b'{"a":1}\n',
        b'\xef\xbb\xbf{"a":1}',
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":NaN}',
        b'{"a":1e2}',
        b'{"a":9007199254740992}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\ud800"}',
        b"[" * 100_000,
    ],
)
def test_only_rfc_8785_objects_are_read(data: bytes) -> None:
    """White space, order, doubles, number spelling and escapes are all checked by one comparison."""
    with pytest.raises(PublisherFault) as caught:
        canonical.loads(data, "index")
    assert caught.value.code == "index"


def test_what_is_written_is_read() -> None:
    """Writing and reading agree, for keys out of order and text beyond ASCII, too."""
    document = {"b": [1, None, True], "a": "守り", "c": {"é": ""}}
    assert canonical.loads(canonical.dumps(document), "index") == document


def test_too_long_documents_are_not_even_parsed() -> None:
    """The limit holds before any parsing."""
    with pytest.raises(PublisherFault, match="longer"):
        canonical.loads(bytes(16 * 1024 * 1024 + 1), "index")


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("number", True),
        ("number", -1),
        ("number", 1.0),
        ("number", "1"),
        ("hex_digest", "A" * 64),
        ("hex_digest", "a" * 63),
        ("day", "2026-1-1"),
        ("day", "20260101"),
        ("day", "2026-02-30"),
        ("instant", "2026-01-01T00:00:00"),
        ("instant", "2026-01-01T00:00:00+00:00"),
        ("instant", "2026-01-01 00:00:00Z"),
        ("instant", "2026-01-01T00:00:00.5Z"),
        ("instant", "0001-01-01T00:00:00+23:59"),
        ("instant", "soon"),
        ("strings", "ab"),
        ("strings", ["a", 1]),
    ],
)
def test_fields_of_the_wrong_shape_are_refused(method: str, value: object) -> None:
    """Each reader accepts one spelling only."""
    with pytest.raises(PublisherFault, match="field_x"):
        getattr(Reader({"field_x": value}, "index"), method)("field_x")


def test_missing_and_left_over_fields_are_refused() -> None:
    """Every field is taken exactly once."""
    fields: Any = Reader({"a": 1}, "index")
    with pytest.raises(PublisherFault):
        fields.take("b", int)
    with pytest.raises(PublisherFault):
        fields.optional("b", lambda value: Reader(value, "index"))
    with pytest.raises(PublisherFault):
        fields.done()
    assert fields.number("a") == 1
    fields.done()
    with pytest.raises(PublisherFault):
        fields.number("a")


def test_times_and_days_have_one_spelling() -> None:
    """Times are written in UTC with whole seconds and read back aware."""
    local = datetime(2026, 1, 1, 9, tzinfo=timezone(timedelta(hours=9)))
    assert format_instant(local) == "2026-01-01T00:00:00Z"
    assert Reader({"t": "2026-01-01T00:00:00Z"}, "index").instant("t") == datetime(2026, 1, 1, tzinfo=UTC)
    assert Reader({"d": "2026-01-01"}, "index").day("d") == date(2026, 1, 1)
