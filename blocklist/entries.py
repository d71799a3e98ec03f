"""Entries: the clear master of a list, one JSON object a line, kept by the list body only.

There is no field for free text, a description, a severity, a picture or its hash. Optional fields are left out when
they hold their default, so an entry has exactly one RFC 8785 form, which is what editors sign.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from ipaddress import ip_address
from typing import Any, Final

from attrs import field, fields, frozen

from blocklist.attributes import Attributes, expiry_days_for
from blocklist.criteria import CriteriaSet
from blocklist.errors import EntryFault
from blocklist.limits import LIMITS, ListLimits
from blocklist.names import canonical_name, is_ip_literal, to_wire
from blocklist.tokens import domain_token, host_token
from blocklist.urls import CanonicalUrl, canonical_url

TYPES: Final = ("host", "domain", "url", "ip")
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATES = ("decided_on", "verified", "review_by", "not_after")
_URL_ONLY = ("scheme", "port", "path", "query", "path_match", "dns_ok")


@frozen(kw_only=True)
class Entry:
    """One decision of the list body. ``parse_entry`` and ``checked`` are the doors that enforce the rules.

    Its ``repr`` shows the id and no name, so that none slips into a traceback or a log.
    """

    id: str  # ULID
    type: str  # one of TYPES
    name: str = field(repr=False)  # A-label; for ``ip`` and IP URLs the address
    criterion: str
    basis: str
    decided_on: date
    verified: date
    review_by: date
    not_after: date
    last_resort: str | None = None
    scheme: str | None = None  # url only, like the next five; None is http and https
    port: int | None = None
    path: str | None = field(default=None, repr=False)
    query: str | None = field(default=None, repr=False)
    path_match: str | None = None  # exact | prefix
    dns_ok: bool = False
    all_types: bool = False
    test: bool = False

    def to_bytes(self) -> bytes:
        """Return the RFC 8785 bytes, without a line feed."""
        values = {
            name: value.isoformat() if name in _DATES else value
            for name in _FIELDS
            if (value := getattr(self, name)) is not None and value is not False
        }
        return _ENCODER.encode(values).encode()

    def token(self, key: bytes) -> bytes | None:
        """Return the match token, or None where DNS cannot enforce the entry (url without dns_ok, ip)."""
        if self.type == "domain":
            return domain_token(key, to_wire(self.name))
        if self.type == "host" or (self.type == "url" and self.dns_ok):
            return host_token(key, to_wire(self.name))
        return None

    def attributes(self, base_date: date, criteria: CriteriaSet) -> Attributes:
        """Return the match attributes. Raises EntryFault (expired) when ``not_after`` is not after ``base_date``."""
        days = expiry_days_for(self.not_after, base_date)
        return Attributes(days, criteria.basis_number(self.basis), self.all_types, self.test)


_FIELDS: Final = tuple(each.name for each in fields(Entry))
_REQUIRED: Final = ("id", "type", "name", "criterion", "basis", *_DATES)
_KINDS: Final[Mapping[str, type]] = dict.fromkeys(_FIELDS, str) | {
    "port": int,
    "dns_ok": bool,
    "all_types": bool,
    "test": bool,
}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise EntryFault("duplicate_field")
    return values


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique)
# With ASCII keys and no floats the standard library writes RFC 8785, ten times faster than rfc8785.
_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def parse_entry(line: bytes, criteria: CriteriaSet) -> Entry:
    """Read one line (no line feed). Any JSON spelling is read, ``to_bytes`` writes the one form. Raises EntryFault."""
    if len(line) > LIMITS.line_bytes:
        raise EntryFault("long_line")
    try:
        values = _DECODER.decode(line.decode("utf-8"))
    except (ValueError, RecursionError):
        raise EntryFault("not_json") from None
    if not isinstance(values, dict):
        raise EntryFault("not_an_object")
    return checked(values, criteria)


def checked(values: Mapping[str, Any], criteria: CriteriaSet) -> Entry:
    """Build an entry from JSON values (dates as ``YYYY-MM-DD`` text) and check every rule. Raises EntryFault."""
    for name in _REQUIRED:
        if name not in values:
            raise EntryFault(f"missing_{name}")
    plain = dict(values)
    for name, value in values.items():
        kind = _KINDS.get(name)
        if kind is None:
            raise EntryFault("unknown_field")
        if type(value) is not kind:
            raise EntryFault(f"bad_{name}")
    for name in _DATES:
        plain[name] = _date(name, values[name])
    entry = Entry(**plain)
    check_codes(entry, criteria)
    _check_life(entry, criteria)
    _check_address(entry)
    return entry


def read_entries(
    lines: Iterable[bytes], criteria: CriteriaSet, limits: ListLimits = LIMITS
) -> Iterator[Entry | EntryFault]:
    """Read a clear master line by line; faults carry their line number. A file beyond the limits ends in a fault."""
    ids: set[str] = set()
    size = 0
    for number, line in enumerate(lines, 1):
        size += len(line)
        if number > limits.entries or size > limits.file_bytes:
            yield EntryFault("too_long_file", number)
            return
        try:
            entry = parse_entry(line.removesuffix(b"\n"), criteria)
        except EntryFault as fault:
            yield fault.at(number)
            continue
        if entry.id in ids:
            yield EntryFault("duplicate_id", number)
            continue
        ids.add(entry.id)
        yield entry


def _date(name: str, text: str) -> date:
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise EntryFault(f"bad_{name}")


def check_codes(entry: Entry, criteria: CriteriaSet) -> None:
    """Raise EntryFault for an id, type or code that is not one of the format's or the criteria set's."""
    if not _ULID.fullmatch(entry.id):
        raise EntryFault("bad_id")
    if entry.type not in TYPES:
        raise EntryFault("bad_type")
    if entry.criterion not in criteria.criteria:
        raise EntryFault("unknown_criterion")
    if entry.basis not in criteria.basis_codes:
        raise EntryFault("unknown_basis")
    if entry.last_resort is None:
        if criteria.last_resort_required:
            raise EntryFault("missing_last_resort")
    elif entry.last_resort not in criteria.last_resorts:
        raise EntryFault("unknown_last_resort")


def _check_life(entry: Entry, criteria: CriteriaSet) -> None:
    start = max(entry.decided_on, entry.verified)
    if entry.not_after < start:
        raise EntryFault("not_after_before_decision")
    if entry.not_after - start > timedelta(days=criteria.max_days[entry.type]):
        raise EntryFault("not_after_too_late")
    if entry.review_by < entry.decided_on:
        raise EntryFault("review_before_decision")


def _check_address(entry: Entry) -> None:
    if entry.type == "url":
        _check_url(entry)
        return
    if any(getattr(entry, name) not in (None, False) for name in _URL_ONLY):
        raise EntryFault("field_for_urls_only")
    if entry.type == "ip":
        _check_ip(entry)
    elif canonical_name(entry.name) != entry.name:
        raise EntryFault("name_not_canonical")


def _check_url(entry: Entry) -> None:
    if entry.path is None or entry.path_match not in ("exact", "prefix"):
        raise EntryFault("bad_path")
    if entry.scheme not in (None, "http", "https"):
        raise EntryFault("bad_scheme")
    if entry.all_types:
        raise EntryFault("all_types_for_names_only")
    if entry.dns_ok and is_ip_literal(entry.name):
        raise EntryFault("dns_ok_for_names_only")
    url = CanonicalUrl(entry.scheme, entry.name, entry.port, entry.path, entry.query)
    if canonical_url(str(url)) != url:
        raise EntryFault("url_not_canonical")


def _check_ip(entry: Entry) -> None:
    if entry.all_types or entry.test:
        raise EntryFault("flag_for_names_only")
    try:
        if str(ip_address(entry.name)) == entry.name and "%" not in entry.name:  # a scope id could be any text
            return
    except ValueError:
        pass
    raise EntryFault("bad_ip")
