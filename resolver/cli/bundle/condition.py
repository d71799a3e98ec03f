"""How the resolver is, for a support bundle: what a shape allows of its status, and what of it needs a person.

No count of traffic is taken over: ages, versions, workers, faults by their place in the source, and alarms.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from blocklist.trust.local.preflight import Standing
from blocklist.trust.outcome import Kind
from blocklist.trust.reasons import REASONS
from resolver.cli.bundle.picking import Shape, number, pick, switch, text, word
from resolver.core.trouble import Trouble
from resolver.edge.selftest import SELFTEST_RESULTS
from resolver.edge.supervision.metrics import GUARDS
from resolver.edge.supervision.preflight_keeper import ALARMING
from resolver.edge.supervision.snapshot import CHILD_KINDS

_DAY: Final = text(r"\d{4}-\d\d-\d\d")
_VERSION: Final = text(r"[0-9A-Za-z.+-]{1,40}")
_LIST_ID: Final = text(r"[a-z0-9][a-z0-9-]{0,62}")

LIST: Final[Shape] = {
    "list_id": _LIST_ID,
    **dict.fromkeys(("enforcing", "last_failed", "self_test_failed"), switch),
    **dict.fromkeys(("version", "known_version", "epoch", "entries", "held_entries", "age_seconds"), number),
    **dict.fromkeys(("withdrawn", "withdrawals_refused", "log_size"), number),
    **dict.fromkeys(("publish_to_enforce_seconds", "withdraw_to_enforce_seconds"), number),
    "held_by": [word(GUARDS)],
    "staleness": word(("none", "fresh", "warn", "stale")),
    "last_outcome": word(("none", *Kind)),
    "last_reason": word(("", *REASONS)),
    "failures": dict.fromkeys(REASONS, number),
    "self_test": word(("", *SELFTEST_RESULTS)),
    "self_tests": dict.fromkeys(SELFTEST_RESULTS, number),
}
_STATUS: Final[Shape] = {
    **dict.fromkeys(("ready", "draining", "clock_suspect", "open_resolver"), switch),
    **dict.fromkeys(("audit_failing", "ledger_failing"), switch),
    **dict.fromkeys(("uptime_seconds", "generation", "exit_code"), number),
    "version": _VERSION,
    "workers": dict.fromkeys(("slots", "serving", "spare"), number),
    "updater": word(("up", "down")),
    "hit_path": word(("native", "pure")),
    "steering": {"on": switch},
    "certificate_ends": _DAY,
    "lists": [LIST],
    "upstreams": [{"up": switch, "trouble": word(each.name.lower() for each in Trouble)}],
    "deaths": dict.fromkeys(CHILD_KINDS, number),
    "faults": [
        {
            "process": word(CHILD_KINDS),
            "kind": text(r"\w{1,100}|-"),
            "where": text(r"[\w./-]{1,200}:\d{1,7}|-"),
            "reports": number,
        }
    ],
    "release": {"enabled": switch, "paused": switch, "bucket_seconds": number},
    "preflight": {"standing": word(Standing), "not_after": number},
}


def condition(status: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a status document may go into a bundle; upstreams are told by their place in the settings."""
    kept: dict[str, Any] = pick(status, _STATUS)
    return kept


def alarms(kept: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What of a condition needs a person: each by the name of its run-book, with the list or upstream it is about.

    What a resolver of another version does not tell raises none.
    """
    alone = [{"alarm": name} for name in _of_the_whole(kept)]
    lists = [{"alarm": name, "list_id": each["list_id"]} for each in kept.get("lists", ()) for name in _of_a_list(each)]
    return alone + lists + _of_upstreams(kept.get("upstreams", ()))


def _of_the_whole(kept: Mapping[str, Any]) -> Iterator[str]:
    workers = kept.get("workers", {})
    raised = {
        "not-ready": kept.get("ready") is False and not kept.get("draining"),
        "draining": kept.get("draining"),
        "clock-suspect": kept.get("clock_suspect"),
        "audit-failing": kept.get("audit_failing"),
        "updater-down": kept.get("updater") == "down",
        "workers-missing": workers.get("serving", 0) < workers.get("slots", 0),
        "unexpected-errors": bool(kept.get("faults")),
        "preflight": kept.get("preflight", {}).get("standing") in ALARMING,
    }
    return (name for name, is_raised in raised.items() if is_raised)


def _of_a_list(each: Mapping[str, Any]) -> Iterator[str]:
    raised = {
        "not-enforcing": each.get("enforcing") is False,
        "list-stale": each.get("staleness") in ("warn", "stale"),
        "update-failing": each.get("last_failed"),
        "update-held": bool(each.get("held_by")),
        "self-test-failing": each.get("self_test_failed"),
        "withdrawals-refused": bool(each.get("withdrawals_refused")),
    }
    return (name for name, is_raised in raised.items() if is_raised)


def _of_upstreams(upstreams: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    down = [place for place, each in enumerate(upstreams) if each.get("up") is False]
    if upstreams and len(down) == len(upstreams):
        return [{"alarm": "all-upstreams-down"}]
    return [{"alarm": "upstream-down", "upstream": place} for place in down]
