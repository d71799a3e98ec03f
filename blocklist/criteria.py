"""The criteria set: the signed vocabulary an entry may use, so that no free text is ever needed.

It names the criteria for listing, the rows of the basis table (legal or procedural ground), the reasons why nothing
milder works, and the longest life of each entry type.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Final

from attrs import field, frozen

from blocklist import canonical
from blocklist.canonical import Reader
from blocklist.errors import PublisherFault
from blocklist.limits import LIMITS

FORMAT = 1
_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")
BASIS_KINDS: Final = ("emergency_necessity", "law", "order")
DEFAULT_MAX_DAYS: Final[Mapping[str, int]] = {"host": 90, "domain": 90, "url": 30, "ip": 30}
LAST_RESORTS: Final = ("not_deleted_after_request", "hosted_abroad", "request_impracticable", "urgent_spread")


@frozen
class BasisRow:
    """One row of a basis table; its position is the row number in a record's attributes, the lowest is the firmest."""

    code: str
    kind: str  # one of BASIS_KINDS

    @classmethod
    def read(cls, value: object) -> "BasisRow":
        """Read ``{"code", "kind"}``."""
        fields = Reader(value, "basis")
        row = cls(fields.take("code", str), fields.take("kind", str))
        fields.done()
        if row.kind not in BASIS_KINDS:
            raise fields.fault("kind")
        return row


@frozen
class CriteriaSet:
    """What entries may say, under one id that every subscriber pins in its configuration."""

    id: str
    version: int
    criteria: tuple[str, ...]
    basis: tuple[BasisRow, ...]
    last_resorts: tuple[str, ...] = LAST_RESORTS
    last_resort_required: bool = True
    max_days: Mapping[str, int] = field(factory=lambda: dict(DEFAULT_MAX_DAYS))  # entry type -> longest life in days

    def __attrs_post_init__(self) -> None:
        ages = self.max_days
        codes = (self.id, *self.criteria, *self.basis_codes, *self.last_resorts)
        if not all(_CODE.fullmatch(code) for code in codes):
            raise PublisherFault("criteria_set", "a code is not 1 to 64 ASCII letters, digits, dots, dashes and lines")
        if not 1 <= len(self.basis) <= LIMITS.basis_rows or not self.criteria:
            raise PublisherFault("criteria_set", f"a criteria set has criteria and 1 to {LIMITS.basis_rows} basis rows")
        if ages.keys() != DEFAULT_MAX_DAYS.keys() or not all(1 <= days <= LIMITS.max_days for days in ages.values()):
            raise PublisherFault("criteria_set", f"max_days has each entry type, with 1 to {LIMITS.max_days} days")
        if len(set(self.basis_codes)) != len(self.basis):
            raise PublisherFault("criteria_set", "a basis code stands twice")

    @cached_property
    def basis_codes(self) -> tuple[str, ...]:
        """The basis codes in row order."""
        return tuple(row.code for row in self.basis)

    def basis_number(self, code: str) -> int:
        """Return the row number of a basis code. Raises PublisherFault for one that is not in the set."""
        if code not in self.basis_codes:
            raise PublisherFault("criteria_set", f"the criteria set {self.id} lacks the basis of an entry")
        return self.basis_codes.index(code)

    def to_bytes(self) -> bytes:
        """Return the RFC 8785 bytes."""
        return canonical.dumps({"format": FORMAT} | canonical.to_json(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> "CriteriaSet":
        """Read a criteria set. Raises PublisherFault for anything unknown, missing or malformed."""
        fields = Reader(canonical.loads(data, "criteria_set"), "criteria_set")
        if fields.number("format") != FORMAT:
            raise fields.fault("format")
        ages = Reader(fields.take("max_days", dict), "criteria_set")
        criteria = cls(
            fields.take("id", str),
            fields.number("version", 1),
            fields.strings("criteria"),
            fields.array("basis", BasisRow.read),
            fields.strings("last_resorts"),
            fields.take("last_resort_required", bool),
            {kind: ages.number(kind, 1) for kind in DEFAULT_MAX_DAYS},
        )
        ages.done()
        fields.done()
        return criteria


DEMO: Final = CriteriaSet(
    id="demo-1",
    version=1,
    criteria=("dns_cumulative", "self_test"),
    basis=(BasisRow("emergency", "emergency_necessity"), BasisRow("law", "law"), BasisRow("order", "order")),
)
"""A built-in set for the demo and tests; a real list body writes its own."""
