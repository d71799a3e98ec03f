"""What the resolver says of itself at a moment: gathered from its parts for /metrics and for operators who ask."""

from collections.abc import Callable

from attrs import frozen
from twisted.internet.defer import Deferred, succeed

from resolver.edge.supervision import status
from resolver.edge.supervision.certificate_keeper import CertificateKeeper
from resolver.edge.supervision.control import Reply
from resolver.edge.supervision.incidents import Incidents
from resolver.edge.supervision.latency import Latencies
from resolver.edge.supervision.ledger import Ledger
from resolver.edge.supervision.list_board import ListBoard
from resolver.edge.supervision.pool import WorkerPool
from resolver.edge.supervision.preflight_keeper import PreflightKeeper
from resolver.edge.supervision.readiness import Readiness
from resolver.edge.supervision.release_clock import ReleaseClock
from resolver.edge.supervision.snapshot import Snapshot
from resolver.edge.supervision.tally import Tally
from resolver.edge.supervision.updates import Updates
from resolver.edge.supervision.usage import Usage, usage
from resolver.settings import Settings
from resolver.settings.access_checks import is_open
from resolver.settings.view_words import view_documents


@frozen
class Observer:
    """Looks at the parts and changes none. `settings()` gives those in use, `version` is of the code that runs."""

    version: str
    settings: Callable[[], Settings]
    readiness: Readiness
    pool: WorkerPool
    updates: Updates
    tally: Tally
    board: ListBoard
    latencies: Latencies
    incidents: Incidents
    release: ReleaseClock
    certificates: CertificateKeeper
    preflight: PreflightKeeper
    ledger: Ledger

    def snapshot(self) -> Snapshot:
        """Everything about this moment."""
        ready, reason = self.readiness.now()
        pool, settings = self.pool, self.settings()
        return Snapshot(
            ready=ready,
            reason=reason,
            uptime_seconds=self.readiness.uptime,
            generation=pool.index.activated,
            slots=len(pool.slots),
            serving=pool.serving,
            spares=pool.spares,
            steering=pool.steering.reason,
            updater_up=self.updates.keeper.child is not None,
            totals=self.tally.totals(),
            lists=self.board.views(),
            latencies=self.latencies.view(),
            clock_suspect=self.board.clock_suspect,
            audit_failing=self.board.audit_failing,
            ledger_failing=self.ledger.failing,
            deaths=dict(self.incidents.deaths),
            faults=dict(self.incidents.faults),
            fault_places=dict(self.incidents.places),
            usage=tuple(usage(slot.worker.child.pid) if slot.worker else Usage() for slot in pool.slots),
            release=self.release.view(),
            certificate_not_after=self.certificates.not_after,
            preflight=self.preflight.view(),
            version=self.version,
            answering=self.readiness.answering,
            draining=self.readiness.drained,
            views=view_documents(settings),
            open_resolver=is_open(settings.access),
        )

    def tell_ready(self) -> Deferred[Reply]:
        """What /ready says."""
        ready, reason = self.readiness.now()
        return succeed({"ok": ready, "text": reason})

    def tell_status(self) -> Deferred[Reply]:
        """What `mamori status` shows."""
        told = status.document(self.snapshot())
        return succeed({"ok": True, "text": status.text(told), "status": told})

    def show_index(self) -> Deferred[Reply]:
        """The index in force, read-only: an operator looks a name up in it without telling us the name."""
        fd = self.pool.index.kept_open(lambda number: number)
        return succeed({"ok": True, "text": "the index in force"} | ({} if fd is None else {"fd": fd}))
