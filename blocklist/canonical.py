"""Signed JSON documents: RFC 8785 bytes, and nothing but RFC 8785 bytes.

Reading back is strict: a document whose canonical form is not byte for byte what was received is refused, which also
covers duplicate keys, white space, NaN and numbers beyond 2**53.
"""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import attrs
import rfc8785

from blocklist.errors import PublisherFault
from blocklist.limits import LIMITS

T = TypeVar("T")


def dumps(document: object) -> bytes:
    """Return the RFC 8785 bytes of plain JSON data."""
    return rfc8785.dumps(document)  # type: ignore[arg-type]


def to_json(value: Any) -> Any:
    """Return plain JSON data for attrs objects, fields by name or by their ``json`` metadata, and what they hold."""
    if attrs.has(type(value)):
        return {
            each.metadata.get("json", each.name): to_json(getattr(value, each.name))
            for each in attrs.fields(type(value))
        }
    if isinstance(value, tuple):
        return [to_json(each) for each in value]
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return dict(value) if isinstance(value, Mapping) else value


def loads(data: bytes, what: str) -> dict[str, Any]:
    """Read an object that is in canonical form. Raises PublisherFault with code ``what``."""
    if len(data) > LIMITS.document_bytes:
        raise PublisherFault(what, f"{what} is longer than {LIMITS.document_bytes} bytes")
    try:
        document = json.loads(data)
        canonical = dumps(document)
    except (ValueError, RecursionError):
        raise PublisherFault(what, f"{what} is not JSON") from None
    if not isinstance(document, dict) or canonical != data:
        raise PublisherFault(what, f"{what} is not an RFC 8785 object")
    return document


class Reader:
    """Takes the fields out of one JSON object, each once and of its exact type; ``done`` refuses what is left over."""

    def __init__(self, fields: object, what: str) -> None:
        self._what = what
        if not isinstance(fields, Mapping):
            raise self.fault("an object")
        self._left = dict(fields)

    def fault(self, name: str) -> PublisherFault:
        """Return the fault for a field that is missing or wrong."""
        return PublisherFault(self._what, f"{self._what}: {name} is missing, unknown or malformed")

    def take(self, name: str, kind: type[T]) -> T:
        """Return a field of exactly this type (a bool is no int)."""
        value = self._left.pop(name, None)
        if type(value) is not kind:
            raise self.fault(name)
        return value

    def number(self, name: str, low: int = 0) -> int:
        """Return an integer that is at least ``low``."""
        value = self.take(name, int)
        if value < low:
            raise self.fault(name)
        return value

    def optional(self, name: str, read: Callable[[object], T]) -> T | None:
        """Return None for null, else what ``read`` makes of the value."""
        if name not in self._left:
            raise self.fault(name)
        value = self._left.pop(name)
        return None if value is None else read(value)

    def array(self, name: str, read: Callable[[object], T]) -> tuple[T, ...]:
        """Return a list, each element read by ``read``."""
        return tuple(read(value) for value in self.take(name, list))

    def strings(self, name: str) -> tuple[str, ...]:
        """Return a list of strings."""
        values = self.take(name, list)
        if any(type(value) is not str for value in values):
            raise self.fault(name)
        return tuple(values)

    def hex_digest(self, name: str) -> str:
        """Return a lower-hex SHA-256."""
        value = self.take(name, str)
        if not is_hex_digest(value):
            raise self.fault(name)
        return value

    def day(self, name: str) -> date:
        """Return a ``YYYY-MM-DD`` date."""
        text = self.take(name, str)
        try:
            value = date.fromisoformat(text)
        except ValueError:
            raise self.fault(name) from None
        if value.isoformat() != text:
            raise self.fault(name)
        return value

    def instant(self, name: str) -> datetime:
        """Return a ``YYYY-MM-DDThh:mm:ssZ`` time, aware, in UTC."""
        text = self.take(name, str)
        try:
            value = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise self.fault(name) from None
        if format_instant(value) != text:
            raise self.fault(name)
        return value

    def done(self) -> None:
        """Refuse unknown fields."""
        if self._left:
            raise self.fault("a field")


def is_hex_digest(text: str) -> bool:
    """Tell whether a text is a lower-hex SHA-256."""
    return len(text) == 64 and not set(text) - set("0123456789abcdef")


def format_instant(value: datetime) -> str:
    """Write an aware time as ``YYYY-MM-DDThh:mm:ssZ``."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
