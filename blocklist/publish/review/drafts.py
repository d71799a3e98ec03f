"""From what an editor or a foreign file gives (a name, perhaps dates and codes) to a checked entry."""

from collections.abc import Mapping
from datetime import date, timedelta
from ipaddress import ip_address
from typing import Any, Final

from attrs import frozen
from ulid import ULID

from blocklist.criteria import CriteriaSet
from blocklist.entries import TYPES, Entry, checked
from blocklist.errors import EntryFault, OperatorFault
from blocklist.names import canonical_name
from blocklist.urls import canonical_url

FLAGS: Final = ("all_types", "dns_ok", "test")
_TRUE: Final = frozenset({"1", "true", "yes"})
_FALSE: Final = frozenset({"", "0", "false", "no"})


@frozen(kw_only=True)
class Template:
    """What every entry of one command shares; a file's own columns win over it. `days` is the life of an entry."""

    criterion: str
    basis: str
    decided_on: date
    type: str = "host"
    last_resort: str | None = None
    days: int | None = None  # None: as long as the criteria set allows for the type
    path_match: str = "exact"
    all_types: bool = False
    dns_ok: bool = False
    test: bool = False

    def fields(self, kind: str, criteria: CriteriaSet) -> dict[str, Any]:
        """The shared fields of an entry of type `kind`, as JSON values."""
        last_day = self.decided_on + timedelta(days=self.days if self.days is not None else criteria.max_days[kind])
        fields: dict[str, Any] = {
            "criterion": self.criterion,
            "basis": self.basis,
            "decided_on": self.decided_on.isoformat(),
            "verified": self.decided_on.isoformat(),
            "review_by": last_day.isoformat(),
            "not_after": last_day.isoformat(),
        }
        if self.last_resort is not None:
            fields["last_resort"] = self.last_resort
        return fields | {flag: True for flag in FLAGS if getattr(self, flag)}


def default_template(criteria: CriteriaSet, today: date, *, partial: bool = False, **chosen: Any) -> Template:
    """A template from what the editor chose; a code left out must be the only one the criteria set has.

    `partial`: the file may bring codes of its own. A line without one is refused then, not the whole command.
    """
    given = {name: value for name, value in chosen.items() if value is not None}
    given.setdefault("criterion", criteria.criteria[0] if len(criteria.criteria) == 1 else "")
    given.setdefault("basis", criteria.basis_codes[0] if len(criteria.basis) == 1 else "")
    for name, codes in (("criterion", criteria.criteria), ("basis", criteria.basis_codes)):
        if given[name] not in codes and not (partial and not given[name]):
            raise OperatorFault("code_missing", f"--{name}: choose one of {', '.join(codes)}")
    known = given.get("last_resort") in criteria.last_resorts
    if not known and ("last_resort" in given or (criteria.last_resort_required and not partial)):
        raise OperatorFault("code_missing", f"--last-resort: choose one of {', '.join(criteria.last_resorts)}")
    return Template(**{"decided_on": today, **given})


def draft(values: Mapping[str, str], template: Template, criteria: CriteriaSet) -> Entry:
    """Make an entry under a new id from text fields: `name` or `url`, and any of an entry. Raises `EntryFault`."""
    given = {name: text.strip() for name, text in values.items() if text.strip()}
    if "name" in given and "url" in given:
        raise EntryFault("name_and_url")
    kind = given.pop("type", "url" if "url" in given else template.type)
    if kind not in TYPES:
        raise EntryFault("bad_type")
    fields: dict[str, Any] = {**template.fields(kind, criteria), "id": str(ULID()), "type": kind}
    if kind == "url":
        fields |= _url_fields(
            given.pop("url", "") or given.pop("name", ""), given.pop("path_match", template.path_match)
        )
    else:
        fields["name"] = _host_name(given.pop("name", ""), kind)
        fields.pop("dns_ok", None)
    fields |= {name: _flag(text) if name in FLAGS else text for name, text in given.items()}
    return checked({name: value for name, value in fields.items() if value is not False}, criteria)


def _url_fields(text: str, path_match: str) -> dict[str, Any]:
    url = canonical_url(text)
    parts = {"name": url.host, "scheme": url.scheme, "port": url.port, "path": url.path, "query": url.query}
    return {name: value for name, value in parts.items() if value is not None} | {"path_match": path_match}


def _host_name(text: str, kind: str) -> str:
    if kind != "ip":
        return canonical_name(text)
    try:
        return str(ip_address(text))
    except ValueError:
        raise EntryFault("bad_ip") from None


def _flag(text: str) -> bool:
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise EntryFault("bad_flag")
    return word in _TRUE
