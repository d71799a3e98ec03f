"""One moment of the whole resolver as plain data: what /metrics, /ready and `mamori status` are made of."""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from resolver.edge.supervision.latency import Latency
from resolver.edge.supervision.list_board import ListView
from resolver.edge.supervision.tally import Totals
from resolver.edge.supervision.usage import Usage

CHILD_KINDS = ("worker", "updater", "notice")


@frozen
class ReleaseView:
    """Release of block totals: what has been released, never what is being counted."""

    enabled: bool
    bucket_seconds: int
    last_release: float  # POSIX seconds, 0 before the first
    released: Mapping[str, int]  # by list
    noised: Mapping[str, int] = field(factory=dict)  # by list, while enabled: the same unrounded, for reports
    paused: bool = False  # wanted, but not promised: the preflight report is not valid


@frozen
class PreflightView:
    """What the preflight report is worth: a word of `blocklist.trust.local.preflight.Standing`."""

    standing: str
    not_after: float | None = None  # POSIX seconds; None without a report, or where none is required


@frozen
class Snapshot:
    """All of it. `reason` says in words why the resolver is ready or not."""

    ready: bool
    reason: str
    uptime_seconds: float
    generation: int
    slots: int
    serving: int
    spares: int
    steering: str  # why UDP queries do not go to workers by name; empty while they do
    updater_up: bool
    totals: Totals
    lists: tuple[ListView, ...]
    latencies: Mapping[str, Latency]  # by list
    clock_suspect: bool
    audit_failing: bool  # the newest decision is missing from the audit file
    deaths: Mapping[tuple[str, str], int]  # by kind of child and reason
    faults: Mapping[str, int]  # by kind of child: errors it survived
    usage: tuple[Usage, ...]  # by slot
    release: ReleaseView
    version: str  # of the code that runs
    answering: bool  # queries are answered, draining or not
    draining: bool  # an operator wants no new customers
    open_resolver: bool = False  # strangers are answered, as the settings say
    certificate_not_after: float | None = None  # POSIX seconds; None: none is shown
    fault_places: Mapping[tuple[str, str, str], int] = field(factory=dict)  # reports by child, type and place in source
    preflight: PreflightView = PreflightView("not_required")
    ledger_failing: bool = False  # lines of the ledger wait for the disk
    views: tuple[Mapping[str, Any], ...] = ()  # as `settings.view_words` tells of them
