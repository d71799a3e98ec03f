"""Guards: what stands between a mistake at the list body and an ISP's customers. Run by the publisher and every ISP.

A hit holds the additions of that version; its removals apply at once unless the removal guard itself is hit. The same
token with new attributes is an update, not an addition. A report says which guard and how many, never which name.
"""

from collections.abc import Collection, Iterable, Mapping, Set
from functools import cache
from itertools import chain
from pathlib import Path
from struct import iter_unpack
from types import MappingProxyType
from typing import Final

import publicsuffixlist
from attrs import frozen

from blocklist.manifest import Bulk
from blocklist.matchfile import RECORD_BYTES, added, packed_tokens, tokens_of
from blocklist.names import canonical_name, suffixes, to_wire
from blocklist.records import SETS, TABLES
from blocklist.tokens import DOMAIN_TAG, HOST_TAG, TOKEN_BYTES

ADDS: Final = "adds"
REMOVALS: Final = "removals"
PUBLIC_SUFFIX: Final = "public_suffix"
NEVER_LIST: Final = "never_list"
CRITERIA_SET: Final = "criteria_set"

ROOT_SERVERS: Final = tuple(f"{letter}.root-servers.net" for letter in "abcdefghijklm")


@frozen
class GuardLimits:
    """Size guard: additions above the larger of a number and a share of the list, removals above a share of it."""

    adds: int = 50
    """Records added in one version; above this number and the share below it is held."""
    adds_share: float = 0.05
    """Records added, of the enforced ones."""
    removals_share: float = 0.20
    """Records removed, of the enforced ones; above that it is held."""


DOMAIN_LIMITS: Final = GuardLimits()
URL_LIMITS: Final = GuardLimits(adds=200, adds_share=0.25)


@frozen
class Hold:
    """A guard that was hit, and how many additions (for the removal guard: removals) it counted."""

    guard: str
    count: int


@frozen
class GuardReport:
    """The verdict on a new version: what was hit, which additions not to enforce, whether removals wait, too."""

    holds: tuple[Hold, ...]
    held: bytes  # packed 16-byte tokens, sorted
    hold_removals: bool
    adds: int
    removals: int


def check(
    *,
    old: bytes | None,
    new: bytes,
    first: bool,
    never_tokens: Mapping[str, Set[bytes]],
    bulk_lifted: Bulk | None = None,
    limits: GuardLimits = DOMAIN_LIMITS,
    other_criteria: bool = False,
) -> GuardReport:
    """Compare a new verified set with the enforced one.

    ``first`` is the first version under a newly pinned root, or a rekey: no size guard then, never-list guards always.
    ``bulk_lifted`` is an announcement for exactly this version that has been held for ``min_wait``.
    ``other_criteria``: the version was made under another criteria set than the one this ISP decided on.
    """
    old = old or b""
    new_here = added(old, new)
    adds, size = len(new_here) // RECORD_BYTES, len(old) // RECORD_BYTES
    removals = size - (len(new) // RECORD_BYTES - adds)
    forbidden = _met(frozenset().union(*never_tokens.values()), new_here)
    holds = [Hold(guard, hits) for guard, never in never_tokens.items() if (hits := len(forbidden & never))]
    if not first:
        holds += _size_holds(adds, removals, size, bulk_lifted, limits)
    if other_criteria and adds:
        holds.append(Hold(CRITERIA_SET, adds))
    hold_removals = any(hold.guard == REMOVALS for hold in holds)
    return GuardReport(tuple(holds), packed_tokens(new_here) if holds else b"", hold_removals, adds, removals)


def _met(tokens: frozenset[bytes], records: bytes) -> frozenset[bytes]:
    """Return the tokens that the records have; the smaller side is taken apart."""
    if len(records) < len(tokens) * RECORD_BYTES:
        return tokens.intersection(tokens_of(records))
    met = SETS.among(b"".join(sorted(tokens)), records)
    return frozenset(token for (token,) in iter_unpack(f"{TOKEN_BYTES}s", met))


def _size_holds(adds: int, removals: int, size: int, bulk: Bulk | None, limits: GuardLimits) -> list[Hold]:
    holds = []
    if adds > max(limits.adds, limits.adds_share * size, bulk.adds if bulk else 0):
        holds.append(Hold(ADDS, adds))
    if removals > max(limits.removals_share * size, bulk.removals if bulk else 0):
        holds.append(Hold(REMOVALS, removals))
    return holds


@cache
def public_suffix_wires() -> frozenset[bytes]:
    """Return the exact public suffixes, private section too, and all their parents, in wire form.

    Of a wildcard rule only the names above the wildcard are here: tokens cannot express it (see ``is_public_suffix``).
    """
    names: set[str] = set()
    for line in Path(publicsuffixlist.PSLFILE).read_text(encoding="utf-8").splitlines():
        rule = line.split(" ")[0].strip()
        if rule and not rule.startswith(("//", "!")):
            name = rule.removeprefix("*.")
            name = name if name.isascii() and name.islower() else canonical_name(name)
            while name and name not in names:
                names.add(name)
                name = name.partition(".")[2]
    return frozenset(map(to_wire, names))


@cache
def _suffix_list() -> publicsuffixlist.PublicSuffixList:
    return publicsuffixlist.PublicSuffixList()


def is_public_suffix(name: str) -> bool:
    """Tell whether a canonical name is a public suffix or above one, wildcard rules and unknown TLDs included.

    For the publisher, who sees names; an ISP sees tokens only.
    """
    return to_wire(name) in public_suffix_wires() or bool(_suffix_list().is_public(name))


def never_names(operator: Iterable[str] = ()) -> Mapping[str, frozenset[bytes]]:
    """Return the wire names never to be blocked, by guard: public suffixes, and root servers with the given names.

    ``operator`` names (popular names, the ISP's own, notice host, upstreams, list hosts, NTP, OCSP) come with their
    parents. Raises EntryFault for one that is no name.
    """
    named = {wire for name in (*ROOT_SERVERS, *operator) for wire in suffixes(to_wire(canonical_name(name)))}
    return MappingProxyType({PUBLIC_SUFFIX: public_suffix_wires(), NEVER_LIST: frozenset(named)})


def never_tokens(key: bytes, wires: Mapping[str, Collection[bytes]]) -> dict[str, frozenset[bytes]]:
    """Turn wire names into the domain and host tokens of one list and epoch."""
    both = (HOST_TAG, DOMAIN_TAG)
    return {
        guard: frozenset(chain.from_iterable(TABLES.tokens_of_names(key, tag, names) for tag in both))
        for guard, names in wires.items()
    }
