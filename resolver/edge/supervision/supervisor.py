"""The supervisor: owns sockets, children, counters and the state of the whole; it parses no stranger's bytes.

Start order: folder, sockets, workers and updater; queries are let in when the start rule says so, never earlier.
"""

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from twisted.internet.defer import Deferred, gatherResults, maybeDeferred, succeed

from resolver.edge import fault_log
from resolver.edge.supervision.certificate_keeper import CertificateKeeper
from resolver.edge.supervision.changes import STOPPING, Changes
from resolver.edge.supervision.control import ControlFactory, Reply
from resolver.edge.supervision.control_client import SOCKET_NAME
from resolver.edge.supervision.cookie_keeper import CookieKeeper
from resolver.edge.supervision.handover import Bag, Handed
from resolver.edge.supervision.harbour import CONTROL, Harbour, hint_name, http_name, left_by
from resolver.edge.supervision.http import bounded, serve, site
from resolver.edge.supervision.incidents import Incidents
from resolver.edge.supervision.inheritance import Heir, pool_document
from resolver.edge.supervision.latency import Latencies
from resolver.edge.supervision.ledger import Ledger
from resolver.edge.supervision.list_board import ListBoard
from resolver.edge.supervision.metrics import CONTENT_TYPE, Exposition
from resolver.edge.supervision.notice_keeper import NoticeKeeper
from resolver.edge.supervision.observer import Observer
from resolver.edge.supervision.outside import Outside
from resolver.edge.supervision.pool import WorkerPool
from resolver.edge.supervision.preflight_keeper import ALARMING, PreflightKeeper, require_vouched
from resolver.edge.supervision.readiness import Readiness
from resolver.edge.supervision.release_clock import ReleaseClock
from resolver.edge.supervision.reload import ReloadFault, Rollout, require_reloadable
from resolver.edge.supervision.sockets import ListenFault, slot_sockets
from resolver.edge.supervision.start_rule import StartLimits
from resolver.edge.supervision.state_folder import StateFolder
from resolver.edge.supervision.steering import Key, Steering
from resolver.edge.supervision.tally import Labels, Tally
from resolver.edge.supervision.updates import Updates
from resolver.edge.supervision.upgrade import VERB, Upgrade
from resolver.edge.supervision.watchdog import Watchdog
from resolver.settings import Settings, SettingsFault


class Supervisor:
    """One running resolver; `observer` tells of it.

    One is called, once: `on_ready()` when queries are let in and every worker answers, or `on_failure(why)` when they
    cannot be let in. `reactor` is the real one or a fake with timers and `adoptStreamPort`.
    """

    observer: Observer
    _updates: Updates

    def __init__(
        self,
        reactor: Any,
        settings: Settings,
        outside: Outside,
        *,
        on_ready: Callable[[], None] = lambda: None,
        on_failure: Callable[[str], None] = lambda why: None,
        start_limits: StartLimits | None = None,
    ) -> None:
        self._reactor = reactor
        self._settings = settings
        self._ports: list[Any] = []
        self._stopping: Deferred[None] | None = None
        self._state = StateFolder(settings.state)
        self._control = ControlFactory(self.command)
        self._incidents = Incidents()
        self._launcher = outside.launcher
        self._compose(outside)
        self._readiness = Readiness(
            *(reactor, settings, self._state, self._board, self._pool, lambda: self._updates.settled),
            *(on_ready, on_failure, outside.manager, start_limits or StartLimits()),
        )
        self._rollout = Rollout(reactor, self._pool)
        self._watchdog = Watchdog(reactor, outside.manager, lambda: self._settings.places)
        self._changes = Changes(
            *(outside.version, outside.load, outside.prove, self.reload),
            *(self._pool, self._readiness, self._rollout),
        )
        self.observer = Observer(
            *(outside.version, lambda: self._settings, self._readiness, self._pool, self._updates, self._tally),
            *(self._board, self._latencies, self._incidents, self._release, self._certificates),
            *(self._preflight, self._ledger),
        )
        self._upgrade = Upgrade(
            *(reactor, self._changes, outside.successor, self._updates.interrupt, self._hand_over, self._vouch),
            *(lambda: self._updates.renew(self._settings.raw), str(settings.state), lambda: len(self._pool.slots)),
        )

    def _compose(self, outside: Outside) -> None:
        reactor, settings, incidents = self._reactor, self._settings, self._incidents
        self._tally = Tally(_labels(settings))
        self._board = ListBoard(reactor.seconds)
        self._ledger = Ledger(
            *(reactor, self._state.path, outside.wall_clock, lambda: self.observer.snapshot(), _report),
        )
        self._latencies = Latencies(outside.wall_clock, self._ledger.sampled)
        self._know_lists()
        self._pool = WorkerPool(
            *(reactor, outside.launcher, self._tally, lambda: slot_sockets(self._settings.places)),
            on_change=self._pool_changed,
            on_death=incidents.death,
            on_fault=lambda message: incidents.fault("worker", message),
            steering=Steering(_steered(settings), Key.draw()),
        )
        self._updates = Updates(
            *(reactor, outside.launcher, self._pool, self._board, self._latencies),
            *(lambda: self._readiness.reconsider(), incidents.death, incidents.fault),
        )
        self._certificates = CertificateKeeper(reactor, outside.wall_clock, self._pool.share, _report)
        self._cookies = CookieKeeper(self._pool.share, _report, os.urandom)
        self._notice = NoticeKeeper(reactor, outside.launcher, incidents.death)
        self._release = ReleaseClock(
            *(reactor, self._state.path, self._tally, outside.wall_clock, _report),
            on_release=self._ledger.released,
        )
        self._preflight = PreflightKeeper(reactor, outside.wall_clock, self._state.path, self._promise, _report)

    # --- life -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start everything, or ListenFault, StateFault, PreflightFault: nothing is left but descriptors of ours."""
        settings, harbour = self._settings, Harbour()
        self._state.claim()
        require_vouched(settings)
        self._preflight.configure(settings)
        harbour.check_free(settings.places)
        hint = self._listen(harbour)
        slots = [harbour.slot(number, settings.places, is_open=False) for number in range(settings.workers)]
        self._certificates.start(settings.tls)
        self._cookies.configure(settings.cookies)
        self._serve_pages(harbour.http(settings.metrics.listen), harbour)
        self._release.configure(settings, promised=self._preflight.promised)
        self._pool.start(settings.raw, slots)
        self._start_others(hint)
        self._ledger.start()

    def go_on(self, handed: Handed, fault: str = "") -> None:
        """Start with what the code before us left. ListenFault, with all of that untouched: try the settings before.

        `fault` says why these are the settings from before.
        """
        settings, harbour, heir = self._settings, Harbour(handed["sockets"]), Heir(handed, self._launcher)
        try:
            harbour.check_free(settings.places)
            hint = self._listen(harbour)
            slots = heir.sockets(harbour, settings)
            metrics = harbour.http(settings.metrics.listen)
            self._certificates.start(settings.tls)
        except ListenFault:
            harbour.take_back()
            raise
        self._serve_pages(metrics, harbour)
        harbour.close()
        self._state.adopt(handed["lock"])
        for part, name in self._handing():
            if name in handed.document:  # else the code before us had no such part
                part.take_over(handed[name])
        self._cookies.configure(settings.cookies)
        heir.fill(self._pool, self._tally, settings, slots)
        self._preflight.configure(settings)
        self._release.configure(settings, promised=self._preflight.promised)
        self._release.take_over(handed["release"])
        self._start_others(hint)
        self._ledger.start(upgraded=True)
        heir.dismiss_others(self._reactor)
        self._upgrade.finish(handed, fault)

    def _listen(self, harbour: Harbour) -> socket.socket | None:
        self._notice.listen(self._settings, harbour)
        hint = self._settings.poll.hint
        return harbour.hint(hint) if hint else None

    def _serve_pages(self, metrics: socket.socket, harbour: Harbour) -> None:
        with metrics as listening:
            exposition = Exposition(self.observer.snapshot)
            pages = bounded(site(exposition.render, CONTENT_TYPE, self._readiness.now))
            self._ports.append(serve(self._reactor, listening, pages))
        with harbour.control(self._settings.state / SOCKET_NAME) as listening:
            self._ports.append(serve(self._reactor, listening, self._control))
        (self._settings.state / SOCKET_NAME).chmod(0o600)  # Twisted has just opened it to everybody

    def _start_others(self, hint: socket.socket | None) -> None:
        self._updates.start(self._settings.raw, hint)
        self._notice.start(self._settings, no_record=self._preflight.promised)
        self._readiness.begin()
        self._watchdog.start()

    def _handing(self) -> list[tuple[Any, str]]:
        """Parts whose state is plain data, and its name in the hand-over."""
        return [
            (self._incidents, "incidents"),
            (self._board, "board"),
            (self._latencies, "latencies"),
            (self._readiness, "readiness"),
            (self._cookies, "cookies"),
            (self._ledger, "ledger"),
        ]

    def _hand_over(self, bag: Bag) -> dict[str, Any]:
        """Everything, for the code that comes after us."""
        metrics, control = self._ports
        sockets = self._notice.hand_over(bag.keep) | left_by(self._pool.slots, bag.keep)
        sockets[http_name(self._settings.metrics.listen)] = bag.keep(metrics.fileno())
        sockets[CONTROL] = bag.keep(control.fileno())
        hint = self._updates.hand_over(bag.keep)
        if hint is not None and self._settings.poll.hint:
            sockets[hint_name(self._settings.poll.hint)] = hint
        return {
            "version": self._changes.version,
            "settings": self._settings.raw,
            "sockets": sockets,
            "lock": self._state.hand_over(bag.keep),
            "askers": [bag.keep(fd) for fd in self._control.waiting_for(VERB)],
            "release": self._release.hand_over(),
            "tally": self._tally.hand_over(bag.keep),
            "pool": pool_document(self._pool, self._tally.number_of, bag.keep),
            "children": self._launcher.hand_over(bag.keep),
            **{name: part.hand_over() for part, name in self._handing()},
        }

    def reload(self, settings: Settings) -> None:
        """Apply new settings without losing a query.

        With nothing changed: ReloadFault, when they need a restart; PreflightFault, for a list nobody vouches for.
        """
        if self._stopping is not None:  # a new child now would never be told to end
            raise ReloadFault(STOPPING)
        require_reloadable(self._settings, settings)
        require_vouched(settings, self._settings)
        self._settings = self._readiness.settings = settings
        self._tally.labels = _labels(settings)
        self._know_lists()
        self._preflight.configure(settings)
        self._release.configure(settings, promised=self._preflight.promised)
        self._certificates.renew(settings.tls)
        self._cookies.configure(settings.cookies)
        self._updates.renew(settings.raw)
        self._pool.steer(wanted=_steered(settings))
        self._pool.roll(settings.raw)
        self._notice.renew(settings, no_record=self._preflight.promised)

    def _vouch(self) -> None:
        """PreflightFault if the file on the disk would begin a list that no report of this host names."""
        with suppress(SettingsFault):  # what only the new code can read, it looks at itself
            require_vouched(self._changes.load(), self._settings)

    def _promise(self) -> None:
        """Promises begin or end; nothing that is enforced does."""
        if self._stopping is None:
            self._notice.renew(self._settings, no_record=self._preflight.promised)
            self._release.configure(self._settings, promised=self._preflight.promised)

    def hang_up(self, tell: Callable[[Reply], object]) -> None:
        """SIGHUP."""
        self._changes.hang_up(tell)

    def _know_lists(self) -> None:
        list_ids = [each.id for each in self._settings.lists]
        self._board.configure(list_ids)
        self._latencies.configure(list_ids)

    def stop(self) -> Deferred[None]:
        """Let workers finish what is in flight (3 s), end all children, remove the control socket."""
        if self._stopping is not None:
            return self._stopping
        self._stopping = Deferred()
        self._readiness.stop()
        self._watchdog.stop()
        self._release.stop()
        self._ledger.stop()
        self._certificates.stop()
        self._preflight.stop()
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

    # --- operators --------------------------------------------------------------------------------------

    def command(self, verb: str, list_id: str | None = None, by: int = 0) -> Deferred[Reply]:
        """Do what an operator asks for: {"ok", "text", …} when it is done."""
        changes = self._changes
        here: dict[str, Callable[[], Deferred[Reply]]] = {
            "ready": self.observer.tell_ready,
            "status": self.observer.tell_status,
            "index": self.observer.show_index,
            "preflight": self._look_at_preflight,
            "reload": changes.reload,
            "restart-workers": changes.restart_workers,
            "drain": lambda: changes.drain(on=True),
            "undrain": lambda: changes.drain(on=False),
            VERB: lambda: changes.alone(self._upgrade.run),
        }
        return here[verb]() if verb in here else self._updates.command(verb, list_id, by)

    def _look_at_preflight(self) -> Deferred[Reply]:
        standing = self._preflight.look()
        return succeed({"ok": standing not in ALARMING, "text": f"the preflight report {self._preflight.words}"})

    def _pool_changed(self) -> None:
        self._readiness.reconsider()
        self._rollout.look()


def _report(text: str) -> None:
    fault_log.write(f"mamori: {text}")


def _steered(settings: Settings) -> bool:
    return settings.steering == "auto"


def _labels(settings: Settings) -> Labels:
    return Labels(tuple(each.label for each in settings.servers), tuple(each.id for each in settings.lists))


def _called(begin: Callable[[Callable[[], None]], None]) -> Deferred[None]:
    done: Deferred[None] = Deferred()
    begin(lambda: done.callback(None))
    return done
