"""The two attribute bytes of a match record.

16 bits big-endian: 9 bits expiry (days after the list's ``base_date``, 1 to 511, valid to the end of that UTC day),
3 bits basis (row of the index's table), 1 bit all_types, 1 bit test, 2 bits zero.
"""

from datetime import date

from attrs import frozen

from blocklist.errors import EntryFault, PublisherFault

MAX_EXPIRY_DAYS = 511
DAY_SECONDS = 86_400
_EPOCH = date(1970, 1, 1)


@frozen
class Attributes:
    """What a record says besides its token; ``pack`` and ``unpack`` are its wire form as a 16-bit number."""

    expiry_days: int
    basis: int
    all_types: bool = False
    test: bool = False

    def pack(self) -> int:
        """Return the 16-bit number. Raises PublisherFault for a field outside its range."""
        if not 1 <= self.expiry_days <= MAX_EXPIRY_DAYS or not 0 <= self.basis <= 7:
            raise PublisherFault("attributes", "an attribute is outside its range")
        return self.expiry_days << 7 | self.basis << 4 | self.all_types << 3 | self.test << 2

    @classmethod
    def unpack(cls, value: int) -> "Attributes":
        """Read the 16-bit number. Raises PublisherFault for a zero expiry or a reserved bit."""
        if value & 3 or not value >> 7:
            raise PublisherFault("attributes", "a record has a reserved bit or no expiry")
        return cls(value >> 7, value >> 4 & 7, bool(value & 8), bool(value & 4))

    def merge(self, other: "Attributes") -> "Attributes":
        """Combine two entries behind one token: the more lasting, the firmer basis, test only if both are."""
        return Attributes(
            max(self.expiry_days, other.expiry_days),
            min(self.basis, other.basis),
            self.all_types or other.all_types,
            self.test and other.test,
        )


def expiry_days_for(not_after: date, base_date: date) -> int:
    """Return the expiry field for an entry's last day: never later than it. Raises EntryFault when already expired."""
    days = (not_after - base_date).days
    if days < 1:
        raise EntryFault("expired")
    return min(days, MAX_EXPIRY_DAYS)


def expiry_instant(base_date: date, expiry_days: int) -> int:
    """Return the POSIX second at which a record stops matching: the end of its last UTC day."""
    return ((base_date - _EPOCH).days + expiry_days + 1) * DAY_SECONDS
