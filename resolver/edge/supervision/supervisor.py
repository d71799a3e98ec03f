"""The supervisor: owns sockets, children, counters and the state of the whole; it parses no stranger's bytes.

Start order: folder, sockets, workers and updater; queries are let in when the start rule says so, never earlier.
"""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from twisted.internet.defer import Deferred, gatherResults, maybeDeferred, succeed

from resolver.edge import fault_log
from resolver.edge.channel import Message
from resolver.edge.supervision import status
from resolver.edge.supervision.children import Launcher, ProcessLauncher
from resolver.edge.supervision.control import ControlFactory, Reply
from resolver.edge.supervision.control_client import SOCKET_NAME
from resolver.edge.supervision.http import bounded, serve, site
from resolver.edge.supervision.latency import Latencies
from resolver.edge.supervision.list_board import ListBoard
from resolver.edge.supervision.metrics import CONTENT_TYPE, Exposition
from resolver.edge.supervision.notice_keeper import NoticeKeeper
from resolver.edge.supervision.pool import WorkerPool
from resolver.edge.supervision.release_clock import ReleaseClock
from resolver.edge.supervision.reload import ReloadFault, require_reloadable
from resolver.edge.supervision.snapshot import Snapshot
from resolver.edge.supervision.sockets import check_free, control_socket, hint_socket, http_socket, slot_sockets
from resolver.edge.supervision.start_rule import Situation, StartLimits, Verdict, decide
from resolver.edge.supervision.state_folder import StateFolder
from resolver.edge.supervision.steering import Key, Steering
from resolver.edge.supervision.tally import Labels, Tally
from resolver.edge.supervision.updates import Updates
from resolver.edge.supervision.usage import Usage, usage
from resolver.settings import Settings

TICK_SECONDS = 1.0  # between two looks at the start rule while it says wait


class Supervisor:
    """One running resolver.

    `on_ready()` is called once: queries are let in and every worker answers. `reactor` is the real one or a fake with
    timers and `adoptStreamPort`.
    """

    def __init__(
        self,
        reactor: Any,
        settings: Settings,
        *,
        on_ready: Callable[[], None] = lambda: None,
        launcher: Launcher | None = None,
        start_limits: StartLimits | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._reactor = reactor
        self._settings = settings
        self._on_ready: Callable[[], None] | None = on_ready
        self._limits = start_limits or StartLimits()
        self._started = reactor.seconds()
        self._verdict = Verdict.WAIT
        self._deaths: Counter[tuple[str, str]] = Counter()
        self._faults: Counter[str] = Counter()
        self._ports: list[Any] = []
        self._stopping: Deferred[None] | None = None
        self._state = StateFolder(settings.state)
        self._control = ControlFactory(self._handle)
        self._compose(launcher or ProcessLauncher(reactor), wall_clock)

    def _compose(self, launcher: Launcher, wall_clock: Callable[[], float]) -> None:
        reactor, settings = self._reactor, self._settings
        self._tally = Tally(_labels(settings))
        self._board = ListBoard(reactor.seconds)
        self._latencies = Latencies(wall_clock)
        self._know_lists()
        self._pool = WorkerPool(
            reactor,
            launcher,
            self._tally,
            lambda: slot_sockets(self._settings.places),
            on_change=self._reconsider,
            on_death=self._count_death,
            on_fault=lambda message: self._count_fault("worker", message),
            steering=Steering(_steered(settings), Key.draw()),
        )
        self._updates = Updates(
            reactor,
            launcher,
            self._pool,
            self._board,
            self._latencies,
            self._reconsider,
            self._count_death,
            self._count_fault,
        )
        self._notice = NoticeKeeper(reactor, launcher, self._count_death)
        self._release = ReleaseClock(reactor, self._state.path, self._tally, wall_clock, _report)

    # --- life -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start everything. ListenFault or StateFault, with nothing left behind but the process's own descriptors."""
        settings = self._settings
        self._state.claim()
        check_free(settings.places)
        hint = hint_socket(settings.poll.hint) if settings.poll.hint else None
        slots = [slot_sockets(settings.places) for _ in range(settings.workers)]
        self._notice.listen(settings)
        with http_socket(settings.metrics.listen) as listening:
            exposition = Exposition(self.snapshot)
            pages = bounded(site(exposition.render, CONTENT_TYPE, self._readiness))
            self._ports.append(serve(self._reactor, listening, pages))
        with control_socket(settings.state / SOCKET_NAME) as listening:
            self._ports.append(serve(self._reactor, listening, self._control))
        (settings.state / SOCKET_NAME).chmod(0o600)  # Twisted has just opened it to everybody
        self._had_list = self._state.had_list
        self._release.configure(settings)
        self._pool.start(settings.raw, slots)
        self._updates.start(settings.raw, hint)
        self._notice.start(settings)
        self._tick()

    def reload(self, settings: Settings) -> None:
        """Apply new settings without losing a query. ReloadFault, with nothing changed, when they need a restart."""
        if self._stopping is not None:  # a new child now would never be told to end
            raise ReloadFault("the resolver is stopping, so nothing was applied: start it again")
        require_reloadable(self._settings, settings)
        self._settings = settings
        self._tally.labels = _labels(settings)
        self._know_lists()
        self._release.configure(settings)
        self._updates.renew(settings.raw)
        self._pool.steer(wanted=_steered(settings))
        self._pool.roll(settings.raw)
        self._notice.renew(settings)

    def _know_lists(self) -> None:
        list_ids = [each.id for each in self._settings.lists]
        self._board.configure(list_ids)
        self._latencies.configure(list_ids)

    def stop(self) -> Deferred[None]:
        """Let workers finish what is in flight (3 s), end all children, remove the control socket."""
        if self._stopping is not None:
            return self._stopping
        self._stopping = Deferred()
        self._release.stop()
        self._control.close_all()
        ended = [_called(self._pool.stop), _called(self._updates.stop), _called(self._notice.stop)]
        ended += [maybeDeferred(port.stopListening) for port in self._ports]
        gatherResults(ended, consumeErrors=True).addBoth(self._stopped)
        return self._stopping

    def _stopped(self, _result: object) -> None:
        assert self._stopping is not None
        with suppress(OSError):
            (self._state.path / SOCKET_NAME).unlink()
        self._state.release()
        self._stopping.callback(None)

    # --- when to answer ---------------------------------------------------------------------------------

    def _tick(self) -> None:
        """Time alone may change the verdict."""
        self._reconsider()
        if self._verdict is Verdict.WAIT and self._stopping is None:
            self._reactor.callLater(TICK_SECONDS, self._tick)

    def _reconsider(self) -> None:
        required = frozenset(each.id for each in self._settings.lists if each.required)
        in_force = self._board.in_force()
        if required and required <= in_force:
            self._state.note_list()
        if self._verdict is Verdict.WAIT and self._stopping is None:
            self._verdict = decide(self._situation(required, in_force), self._limits)
            if self._verdict is not Verdict.WAIT:
                self._pool.open()
        if self._on_ready is not None and self._verdict is not Verdict.WAIT and self._pool.complete:
            on_ready, self._on_ready = self._on_ready, None
            on_ready()

    def _situation(self, required: frozenset[str], in_force: frozenset[str]) -> Situation:
        return Situation(
            choice=self._settings.start.without_list,
            had_list=self._had_list,
            required=required,
            in_force=in_force,
            reported=self._updates.settled,
            waited=self._reactor.seconds() - self._started,
        )

    def _readiness(self) -> tuple[bool, str]:
        missing = [each.id for each in self._settings.lists if each.required and each.id not in self._board.in_force()]
        if self._stopping is not None:
            return False, "stopping"
        if self._verdict is Verdict.WAIT:
            return False, f"waiting for {'list ' + ', '.join(missing) if missing else 'the updater'}"
        if not self._pool.serving:
            return False, "no worker answers yet"
        if missing:
            return True, f"answering unfiltered: list {', '.join(missing)} is not in force"
        return True, "answering"

    # --- telling ----------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Everything about this moment."""
        ready, reason = self._readiness()
        pool = self._pool
        return Snapshot(
            ready=ready,
            reason=reason,
            uptime_seconds=self._reactor.seconds() - self._started,
            generation=pool.index.activated,
            slots=len(pool.slots),
            serving=pool.serving,
            spares=pool.spares,
            steering=pool.steering.reason,
            updater_up=self._updates.keeper.child is not None,
            totals=self._tally.totals(),
            lists=self._board.views(),
            latencies=self._latencies.view(),
            clock_suspect=self._board.clock_suspect,
            audit_failing=self._board.audit_failing,
            deaths=dict(self._deaths),
            faults=dict(self._faults),
            usage=tuple(usage(slot.worker.child.pid) if slot.worker else Usage() for slot in pool.slots),
            release=self._release.view(),
        )

    def _handle(self, verb: str, list_id: str | None, by: int) -> Deferred[Reply]:
        if verb == "ready":
            ready, reason = self._readiness()
            return succeed({"ok": ready, "text": reason})
        if verb == "status":
            told = status.document(self.snapshot())
            return succeed({"ok": True, "text": status.text(told), "status": told})
        return self._updates.command(verb, list_id, by)

    def _count_death(self, kind: str, reason: str) -> None:
        self._deaths[kind, reason] += 1
        fault_log.write(f"mamori: {kind} process ended ({reason}); a new one takes its place")

    def _count_fault(self, kind: str, message: Message) -> None:
        self._faults[kind] += 1
        words = (str(message.get(key, "-")) for key in ("code", "kind", "where"))
        fault_log.write(f"mamori {kind}: {' '.join(words)}")


def _report(text: str) -> None:
    fault_log.write(f"mamori: {text}")


def _steered(settings: Settings) -> bool:
    return settings.steering == "auto"


def _labels(settings: Settings) -> Labels:
    return Labels(tuple(each.label for each in settings.upstreams), tuple(each.id for each in settings.lists))


def _called(begin: Callable[[Callable[[], None]], None]) -> Deferred[None]:
    done: Deferred[None] = Deferred()
    begin(lambda: done.callback(None))
    return done
