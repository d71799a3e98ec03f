"""An answer in words for an operator, and whether two answers say the same."""

from typing import Any, Final

from attrs import frozen
from dnslib import RR, DNSError, DNSRecord

# RFC 8914 and the IANA registry "Extended DNS Error Codes".
EDE: Final = (
    "Other", "Unsupported DNSKEY Algorithm", "Unsupported DS Digest Type", "Stale Answer", "Forged Answer",
    "DNSSEC Indeterminate", "DNSSEC Bogus", "Signature Expired", "Signature Not Yet Valid", "DNSKEY Missing",
    "RRSIGs Missing", "No Zone Key Bit Set", "NSEC Missing", "Cached Error", "Not Ready", "Blocked", "Censored",
    "Filtered", "Prohibited", "Stale NXDomain Answer", "Not Authoritative", "Not Supported",
    "No Reachable Authority", "Network Error", "Invalid Data",
)  # fmt: skip
RCODES: Final = {
    0: "NOERROR",
    1: "FORMERR",
    2: "SERVFAIL",
    3: "NXDOMAIN",
    4: "NOTIMP",
    5: "REFUSED",
    16: "BADVERS",
    23: "BADCOOKIE",
}
_FLAGS: Final = ((0x0400, "aa"), (0x0200, "tc"), (0x0100, "rd"), (0x0080, "ra"), (0x0020, "ad"), (0x0010, "cd"))
_POLICY: Final = ("4", "15", "16", "17")  # Forged Answer, Blocked, Censored, Filtered
_OPT, _EDE_OPTION = 41, 15


@frozen
class Said:
    """What an answer says: everything but id, case and lifetimes."""

    rcode: str
    flags: tuple[str, ...]
    answer: tuple[str, ...]  # records, as they would stand in a zone file
    errors: tuple[str, ...]  # extended errors, code and words
    truncated: bool

    @property
    def essence(self) -> tuple[object, ...]:
        """What must be equal over all transports: a cut answer over UDP agrees with any."""
        return self.rcode, tuple(f for f in self.flags if f != "tc"), frozenset(self.answer), frozenset(self.errors)

    @property
    def is_policy(self) -> bool:
        """Whether it says that a list decided."""
        return any(each.split()[0] in _POLICY for each in self.errors)

    def facts(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "rcode": self.rcode,
            "flags": list(self.flags),
            "answer": list(self.answer),
            "errors": list(self.errors),
        }


def read_answer(wire: bytes) -> Said | None:
    """What it says; None when it cannot be read."""
    try:
        record = DNSRecord.parse(wire)
        edns = [each for each in record.ar if each.rtype == _OPT]
        bits = record.header.bitmap
        rcode = bits & 15 | (edns[0].edns_rcode << 4 if edns else 0)
        return Said(
            RCODES.get(rcode, f"RCODE{rcode}"),
            tuple(word for bit, word in _FLAGS if bits & bit),
            tuple(sorted(_line(each) for each in record.rr)),
            tuple(_error(option.data) for each in edns for option in each.rdata if option.code == _EDE_OPTION),
            bool(bits & 0x0200),
        )
    except (DNSError, ValueError, IndexError, KeyError):
        return None


def agree(said: list[Said]) -> bool:
    """Whether all of them say the same."""
    whole = [each for each in said if not each.truncated]
    return len({each.essence for each in whole}) <= 1 and len({each.rcode for each in said}) <= 1


def _line(record: RR) -> str:
    """One record without its lifetime; dnslib escapes what no terminal should get."""
    words = str(record).split(None, 2)
    return " ".join([words[0].lower(), *words[2].split(None, 2)])


def _error(data: bytes) -> str:
    code = int.from_bytes(data[:2], "big")
    word = EDE[code] if code < len(EDE) else "unknown to this version"
    text = data[2:].decode(errors="replace")
    shown = "".join(letter if letter.isprintable() else "?" for letter in text)
    return f"{code} {word}" + (f": {shown}" if shown else "")
