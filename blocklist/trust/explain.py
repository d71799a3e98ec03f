"""Why a list is enforced as it is: counts, guards, limits and times, in data and in words. No name, no token."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from blocklist.guards import ADDS, CRITERIA_SET, NEVER_LIST, PUBLIC_SUFFIX, REMOVALS
from blocklist.matchfile import RECORD_BYTES
from blocklist.tokens import TOKEN_BYTES
from blocklist.trust.holding import Holding
from blocklist.trust.outcome import ListSource, ListStatus
from blocklist.trust.reasons import Reason
from blocklist.trust.renewal import Renewal
from blocklist.trust.rules import cohorts, withdrawals
from blocklist.trust.rules.mask import BREAKER, CANARY
from blocklist.trust.update import counts_from

WHY = {
    ADDS: "the version adds far more entries than is usual, and no announcement of it counts",
    REMOVALS: "the version removes far more entries than is usual",
    PUBLIC_SUFFIX: "the version would block a suffix under which many sites are",
    NEVER_LIST: "the version would block a name that `never` says must not be blocked",
    CRITERIA_SET: "the list body changed its criteria set; the decision to enforce the list was made on another one",
    CANARY: "customers were asking for many of the new entries before they were in force",
    BREAKER: "customers were asking for many of the new entries as soon as they were in force",
    Reason.EPOCH_CHANGE.value: "new keys wait: they repeat another version, or entries are set aside or withdrawn here",
}


def explanation(status: ListStatus, holding: Holding, source: ListSource, renewal: Renewal) -> dict[str, Any]:
    """Return JSON data about one list; `words` and `do` are sentences for a person. Times are POSIX or UTC text."""
    told = {
        "list_id": status.list_id,
        "version": _version(status, holding),
        "guards": _guards(holding, source),
        "rejected": len(holding.mask().rejected) // TOKEN_BYTES,
        "withdrawals": _withdrawals(status, holding) | {"trouble": renewal.trouble},
        "new": _new(holding),
        "announcement": _announcement(holding),
        "staleness": {"state": status.staleness, "age_seconds": status.age_seconds},
        "clock": {"suspect": status.clock_suspect, "entries_end_by": _utc(holding.now())},
        "mirrors": [
            {"url": url, "last": answer.kind.value, "why": answer.text} for url, answer in renewal.answers.items()
        ],
        "log_size": status.log_size,
        "log_contradiction": holding.state.log.contradiction,
    }
    return told | {"words": list(_words(told)), "do": list(_to_do(status, told))}


def _version(status: ListStatus, holding: Holding) -> dict[str, Any]:
    current, state = holding.current, holding.state
    return {
        "number": status.version,
        "epoch": status.epoch,
        "verified": len(current.records) // RECORD_BYTES if current else 0,
        "enforced": status.entries,
        "newest_seen": state.version,
        "rolled_back_from": state.left,
    }


def _guards(holding: Holding, source: ListSource) -> list[dict[str, Any]]:
    current, limits = holding.current, source.guard_limits
    size = len(current.enforced) // RECORD_BYTES if current else 0
    most = {ADDS: int(max(limits.adds, limits.adds_share * size)), REMOVALS: int(limits.removals_share * size)}
    held = [
        {"guard": guard, "count": count, "limit": most.get(guard), "why": WHY[guard]}
        for guard, count in holding.mask().held_by.items()
    ]
    if holding.waiting_epoch:
        guard = Reason.EPOCH_CHANGE.value
        held.append({"guard": guard, "count": None, "limit": None, "why": WHY[guard]})
    return held


def _withdrawals(status: ListStatus, holding: Holding) -> dict[str, Any]:
    known, now = holding.state.withdrawals, holding.now()
    return {
        "serial": known.serial,
        "named": len(known.named) // TOKEN_BYTES,
        "in_force": status.withdrawn,
        "over_cap": known.over_cap,
        "lapsed": known.lapsed,
        "cap": withdrawals.cap(holding.current.records) if holding.current else 0,
        "next_lapse": _utc(known.next_lapse(now)),
        "signed_at": _utc(status.withdrawn_at),
    }


def _new(holding: Holding) -> dict[str, int]:
    now, known = holding.now(), holding.state.cohorts
    counted = {"young": cohorts.young(known, now), "watched": holding.fresh(), "on_trial": holding.unproven()}
    return {word: len(tokens) // TOKEN_BYTES for word, tokens in counted.items()}


def _announcement(holding: Holding) -> dict[str, Any] | None:
    known = holding.state.announced
    if known is None:
        return None
    bulk = known.bulk
    return {
        "version": bulk.version,
        "adds": bulk.adds,
        "removals": bulk.removals,
        "counts_from": _utc(counts_from(known)),
    }


def _words(told: dict[str, Any]) -> Iterator[str]:
    version, out = told["version"], told["withdrawals"]
    if not version["number"]:
        yield "No version is in force yet: nothing of this list is blocked."
    else:
        yield f"Version {version['number']} (epoch {version['epoch']}) is in force with {version['enforced']} entries."
    if version["rolled_back_from"]:
        yield f"Version {version['rolled_back_from']} was rolled back; a higher one ends that."
    for held in told["guards"]:
        count = "" if held["count"] is None else f" {held['count']} entries wait"
        limit = "" if held["limit"] is None else f", the limit is {held['limit']}"
        yield f"{held['guard']}:{count}{limit}{':' if count else ''} {held['why']}."
    if told["rejected"]:
        yield f"{told['rejected']} additions stay out because they were rejected here."
    if out["in_force"]:
        yield f"{out['in_force']} entries are withdrawn; the next lapse at {out['next_lapse']} unless confirmed."
    if out["over_cap"] or out["lapsed"]:
        yield f"{out['over_cap']} withdrawals are over the cap of {out['cap']}, {out['lapsed']} lapsed: still blocked."
    yield from _words_beside(told)


def _words_beside(told: dict[str, Any]) -> Iterator[str]:
    """Say what is true beside the entries: of announcement, age, public record and clock."""
    staleness = told["staleness"]
    if trouble := told["withdrawals"]["trouble"]:
        yield f"The newest withdrawals are not followed: {trouble}."
    if bulk := told["announcement"]:
        yield f"Version {bulk['version']} is announced as large; that lifts the size guard from {bulk['counts_from']}."
    if staleness["state"] in ("warn", "stale"):
        yield f"The newest signature is {staleness['age_seconds']:.0f} s old. The list is enforced on."
    if told["log_contradiction"]:
        yield f"The list body rewrote its public record: {told['log_contradiction']}."
    if told["clock"]["suspect"]:
        yield f"This machine's clock is not believed; entries end by {told['clock']['entries_end_by']}."


def _to_do(status: ListStatus, told: dict[str, Any]) -> Iterator[str]:
    if told["guards"] and status.held_entries:
        yield "Ask the list body by phone if this is meant; then `mamori list accept`, or `mamori list reject` if not."
    elif told["guards"] and told["rejected"]:
        yield "Ask the list body to remove what was rejected here: `mamori list accept` would enforce that, too."
    elif told["guards"]:
        yield "Ask the list body if it changed its keys on purpose; then `mamori list accept`."
    if status.withdrawals_refused:
        yield "Ask the list body whether it means these withdrawals: its editors confirm them with a new version."
    if told["withdrawals"]["trouble"]:
        yield "Tell the list body: a correction would not reach this host."
    if status.staleness in ("warn", "stale"):
        yield "See `mirrors`: if all answer, the list body has stopped signing; tell it."
    if told["log_contradiction"]:
        yield "Keep this host's state as it is, and call the list body's key custodian and other ISPs."
    if status.clock_suspect:
        yield "Set this machine's clock (NTP)."


def _utc(moment: float | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
