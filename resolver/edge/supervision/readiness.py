"""When queries are let in, and what is said about it: /ready, the service manager, the READY line.

Nothing closes again once queries are let in. Draining takes no query away either: only `/ready` changes, so that
routers may send new customers elsewhere first.
"""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

from resolver.edge.supervision.list_board import ListBoard
from resolver.edge.supervision.notify import ServiceManager
from resolver.edge.supervision.pool import WorkerPool
from resolver.edge.supervision.sockets import ListenFault
from resolver.edge.supervision.start_rule import Situation, StartLimits, Verdict, decide
from resolver.edge.supervision.state_folder import StateFolder
from resolver.settings import Settings

TICK_SECONDS = 1.0  # between two looks at the start rule while it says wait


@define(eq=False)
class Readiness:
    """Applies the start rule. `settled()`: the updater has looked at the disk.

    One of `on_ready()` and `on_failure(why)` is called, once: queries are let in, or they cannot be.
    """

    clock: IReactorTime
    settings: Settings
    state: StateFolder
    board: ListBoard
    pool: WorkerPool
    settled: Callable[[], bool]
    on_ready: Callable[[], None]
    on_failure: Callable[[str], None]
    manager: ServiceManager
    limits: StartLimits
    started: float = field(init=False)
    verdict: Verdict = field(default=Verdict.WAIT, init=False)
    drained: bool = field(default=False, init=False)
    stopping: bool = field(default=False, init=False)
    _had_list: bool = field(default=False, init=False)
    _told: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.started = self.clock.seconds()

    def begin(self) -> None:
        """Look now, and again each second while the rule says wait: time alone may change it."""
        self._had_list = self.state.had_list
        self._tick()

    def hand_over(self) -> dict[str, Any]:
        """Where we are, for the code that comes after us."""
        return {
            "started": self.started,
            "verdict": self.verdict.value,
            "drained": self.drained,
            "told": self._told,
        }

    def take_over(self, handed: Mapping[str, Any]) -> None:
        """Go on from there; READY is said once."""
        self.started, self.verdict = handed["started"], Verdict(handed["verdict"])
        self.drained, self._told = handed["drained"], handed["told"]

    def drain(self, *, on: bool) -> None:
        """Say that we want no new customers, or that we do again."""
        self.drained = on
        self.manager.status(self.now()[1])

    def tell(self) -> None:
        """A change is over: the service manager learns how we are now."""
        if self.verdict is Verdict.WAIT:
            self.manager.waiting(self.now()[1])
        else:
            self.manager.ready(self.now()[1])

    def stop(self) -> None:
        """The end has begun."""
        self.stopping = True
        self.manager.stopping()

    def _tick(self) -> None:
        self.reconsider()
        if self.verdict is Verdict.WAIT and not self.stopping:
            self.tell()
            self.clock.callLater(TICK_SECONDS, self._tick)

    def reconsider(self) -> None:
        """Something changed: workers, lists or the time."""
        required = frozenset(each.id for each in self.settings.lists if each.required)
        in_force = self.board.in_force()
        if required and required <= in_force:
            self.state.note_list()
        if self.verdict is Verdict.WAIT and not self.stopping:
            verdict = decide(self._situation(required, in_force), self.limits)
            if verdict is not Verdict.WAIT and self._open():
                self.verdict = verdict
        if not self._told and self.verdict is not Verdict.WAIT and self.pool.complete:
            self._told = True
            self.tell()
            self.on_ready()

    def _open(self) -> bool:
        try:
            self.pool.open()
        except ListenFault as fault:
            self.stopping = True  # nothing more is let in or said
            self.on_failure(str(fault))
        return not self.stopping

    def _situation(self, required: frozenset[str], in_force: frozenset[str]) -> Situation:
        return Situation(
            choice=self.settings.start.without_list,
            had_list=self._had_list,
            required=required,
            in_force=in_force,
            reported=self.settled(),
            waited=self.uptime,
        )

    @property
    def uptime(self) -> float:
        """Seconds since the start; an upgrade is none."""
        return self.clock.seconds() - self.started

    @property
    def answering(self) -> bool:
        """Whether queries are answered, draining or not."""
        return not self.stopping and self.verdict is not Verdict.WAIT and self.pool.serving > 0

    def now(self) -> tuple[bool, str]:
        """Whether customers should be sent here, and why or why not."""
        missing = [each.id for each in self.settings.lists if each.required and each.id not in self.board.in_force()]
        if self.stopping:
            return False, "stopping"
        if self.verdict is Verdict.WAIT:
            return False, f"waiting for {'list ' + ', '.join(missing) if missing else 'the updater'}"
        if not self.pool.serving:
            return False, "no worker answers yet"
        if self.drained:
            return False, "draining"
        if missing:
            return True, f"answering unfiltered: list {', '.join(missing)} is not in force"
        return True, "answering"
