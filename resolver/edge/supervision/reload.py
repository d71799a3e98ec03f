"""Which settings a reload can change, and when a change is done: when every slot is served by a new worker alone."""

from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from resolver.edge.supervision.change_limits import ChangeLimits
from resolver.edge.supervision.pool import WorkerPool
from resolver.settings import Settings

Reply = dict[str, Any]
NEEDS_UPGRADE: Final = ("listen", "workers", "metrics", "user", "laptop")
NEEDS_RESTART: Final = ("state",)


class ReloadFault(Exception):
    """The new settings cannot be taken up by a reload; nothing was changed."""


def require_reloadable(old: Settings, new: Settings) -> None:
    """Raise ReloadFault, which names every setting that stands in the way and the verb that can take it up."""
    restart = [name for name in NEEDS_RESTART if getattr(old, name) != getattr(new, name)]
    upgrade = [name for name in NEEDS_UPGRADE if getattr(old, name) != getattr(new, name)]
    if new.workers < old.workers:  # a socket that is closed loses its queue
        upgrade.remove("workers")
        restart.append("workers")
    if old.places != new.places and "listen" not in upgrade:
        upgrade.append("where other transports listen")
    if old.poll.hint != new.poll.hint:
        upgrade.append("poll.hint")
    if old.notice_places != new.notice_places:
        upgrade.append("notices.*.listen")
    lines = [_refusal(names, verb) for names, verb in ((restart, "restart"), (upgrade, "upgrade")) if names]
    if lines:
        raise ReloadFault("\n".join(lines))


def _refusal(names: list[str], verb: str) -> str:
    how = {
        "restart": "restart the resolver",
        "upgrade": "`mamori upgrade` can do it without losing a query",
    }[verb]
    return f"{', '.join(names)} cannot change in a reload, so nothing was applied: {how}, or put back the old value"


@define(eq=False)
class _Waiting:
    told: "Deferred[Reply]"
    done: str
    timer: IDelayedCall


@define(eq=False)
class Rollout:
    """Tells those who wait when every slot is served by a worker with the newest settings, and by no other."""

    clock: IReactorTime
    pool: WorkerPool
    limits: ChangeLimits = field(factory=ChangeLimits)
    _waiting: list[_Waiting] = field(factory=list, init=False)
    _behind: int = field(default=0, init=False)

    def wait(self, done: str) -> "Deferred[Reply]":
        """{"ok": True, "text": `done` …} when it is so; "ok" is False when nothing moves any more."""
        if not self.pool.is_open:
            return succeed({"ok": True, "text": f"{done}; queries are not let in yet: see `mamori status`"})
        each = _Waiting(Deferred(), done, self.clock.callLater(self.limits.stalled_seconds, self._stalled))
        self._waiting.append(each)
        self._behind = len(self.pool.behind)
        self.look()
        return each.told

    def look(self) -> None:
        """Something changed in the pool."""
        behind = self.pool.behind
        if not behind:
            self._tell(ok=True, more=f": {self.pool.serving} workers serve")
        elif len(behind) < self._behind:
            for each in self._waiting:
                each.timer.reset(self.limits.stalled_seconds)
        self._behind = len(behind)

    def _stalled(self) -> None:
        behind = ", ".join(map(str, self.pool.behind))
        more = (
            f", but nothing moved for {self.limits.stalled_seconds:g} s: slot {behind} of {len(self.pool.slots)} has "
            "no new worker that serves, and goes on with the one before where that lives; the log says why"
        )
        self._tell(ok=False, more=more)

    def _tell(self, *, ok: bool, more: str) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if each.timer.active():
                each.timer.cancel()
            each.told.callback({"ok": ok, "text": each.done + more})
