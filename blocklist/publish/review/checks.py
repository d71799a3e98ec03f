"""What the publisher checks before anybody signs: all guards of list.md, with the names in sight.

A finding stops a build; a note only tells. Both give counts and entry ids, never names.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from attrs import field, frozen

from blocklist import guards
from blocklist.entries import Entry
from blocklist.errors import EntryFault, OperatorFault
from blocklist.manifest import Bulk
from blocklist.matchfile import RECORD_BYTES, changed
from blocklist.names import canonical_name, suffixes, to_wire
from blocklist.publish.files import read_file

NEVER_FILE: Final = "never.txt"
EXPIRES_SOON: Final = timedelta(days=7)
SIZE_GUARDS: Final = (guards.ADDS, guards.REMOVALS)
SELF_TEST_DOMAIN: Final = "self_test_domain"
_ANNOUNCE: Final = (
    "the size guard lets fewer pass: announce them one version, and an hour at least, earlier (build --announce)"
)
_ADVICE: Final = {
    guards.PUBLIC_SUFFIX: "a public suffix, or above one: list the site's own name",
    guards.NEVER_LIST: "on the never-list, or above a name on it",
    SELF_TEST_DOMAIN: "a self-test name outside the body's own domain",
    guards.ADDS: f"additions; {_ANNOUNCE}",
    guards.REMOVALS: f"removals; {_ANNOUNCE}",
}


@frozen
class Finding:
    """A guard that was hit, how often, and by which entries (none for the size guard)."""

    guard: str
    count: int
    ids: tuple[str, ...] = ()

    @property
    def advice(self) -> str:
        """What it means and what to do."""
        return _ADVICE[self.guard]


@frozen
class Size:
    """How a set differs from the published one, in records, and what every ISP's size guard will say to it."""

    published: int
    records: int
    adds: int
    removals: int
    updates: int  # same token, other attributes: no guard counts them
    announced: tuple[int, int] | None  # adds and removals an announcement in force lets pass
    findings: tuple[Finding, ...]

    @property
    def advice(self) -> str:
        """The ISPs' answer in words."""
        if not self.findings:
            return "every ISP's size guard lets this pass"
        return "; ".join(f"every ISP holds {finding.count} {finding.advice}" for finding in self.findings)


@frozen
class Report:
    """`findings` stop a build. The rest are notes: entries DNS cannot enforce, past or near their last day."""

    entries: int
    findings: tuple[Finding, ...]
    not_enforceable: tuple[str, ...]
    expired: tuple[str, ...]
    expiring: tuple[str, ...]
    size: Size | None = None  # None: compared with nothing


@frozen
class Rules:
    """What names are measured against. `own_domain` None: the list has no self-test names."""

    own_domain: str | None
    day: date
    never: frozenset[bytes] = field(repr=False)

    def guards(self) -> dict[str, Callable[[Entry], bool]]:
        """Guard word -> does this entry hit it?"""
        return {
            guards.PUBLIC_SUFFIX: lambda entry: guards.is_public_suffix(entry.name),
            guards.NEVER_LIST: lambda entry: to_wire(entry.name) in self.never,
            SELF_TEST_DOMAIN: self._foreign_test,
        }

    def _foreign_test(self, entry: Entry) -> bool:
        return entry.test and not is_own(entry.name, self.own_domain)


def is_own(name: str, own_domain: str | None) -> bool:
    """Whether a name is the body's own domain or below it, where self-test names live; they are published in clear."""
    return own_domain is not None and to_wire(own_domain) in suffixes(to_wire(name))


def make_rules(own_domain: str | None, never_names: Iterable[str], day: date) -> Rules:
    """Rules for the UTC day `day`; raises `EntryFault` for a never-list name that is no name."""
    return Rules(own_domain, day, guards.never_names(never_names)[guards.NEVER_LIST])


def check_entries(entries: Iterable[Entry], rules: Rules) -> Report:
    """Check each entry by itself."""
    tests = rules.guards()
    hits: dict[str, list[str]] = {guard: [] for guard in tests}
    unenforced, expired, expiring = [], [], []
    count = 0
    for entry in entries:
        count += 1
        if entry.not_after < rules.day:
            expired.append(entry.id)
            continue
        if entry.not_after - rules.day <= EXPIRES_SOON:
            expiring.append(entry.id)
        if not is_enforceable(entry):
            unenforced.append(entry.id)
            continue
        for guard, hit in tests.items():
            if hit(entry):
                hits[guard].append(entry.id)
    findings = tuple(Finding(guard, len(ids), tuple(ids)) for guard, ids in hits.items() if ids)
    return Report(count, findings, tuple(unenforced), tuple(expired), tuple(expiring))


def is_enforceable(entry: Entry) -> bool:
    """Whether DNS can enforce it: a host, a domain, or a url whose host is devoted to it."""
    return entry.type in ("host", "domain") or entry.dns_ok


def read_never_names(desk: Path) -> list[str]:
    """The operator's never-list: `never.txt` of the desk, a name a line, `#` starts a comment. Without it: none."""
    path = desk / NEVER_FILE
    if not path.exists():
        return []
    names = []
    for number, line in enumerate(read_file(path, "never-list").decode(errors="replace").splitlines(), 1):
        text = line.partition("#")[0].strip()
        try:
            names += [canonical_name(text)] if text else []
        except EntryFault as fault:
            raise OperatorFault("never_list", f"{path} line {number}: {fault.reason.replace('_', ' ')}") from None
    return names


def check_size(old: bytes | None, new: bytes, bulk: Bulk | None) -> Size:
    """Compare records with the ones every ISP holds (None: it holds none), as its size guard will."""
    report = guards.check(old=old, new=new, first=old is None, never_tokens={}, bulk_lifted=bulk)
    return Size(
        published=len(old or b"") // RECORD_BYTES,
        records=len(new) // RECORD_BYTES,
        adds=report.adds,
        removals=report.removals,
        updates=len(changed(old or b"", new)) // RECORD_BYTES - report.adds,
        announced=None if bulk is None else (bulk.adds, bulk.removals),
        findings=tuple(Finding(hold.guard, hold.count) for hold in report.holds),
    )
