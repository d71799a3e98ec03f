"""What an operator changes while the resolver answers: reload, restart-workers, drain and its end.

Each verb's answer comes when it is done everywhere, or says what stands in the way; a refusal has changed nothing.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred, succeed

from resolver.edge.supervision.change_limits import ChangeLimits
from resolver.edge.supervision.pool import WorkerPool
from resolver.edge.supervision.preflight_keeper import PreflightFault
from resolver.edge.supervision.proof import Proof, ProofFault, Prove
from resolver.edge.supervision.readiness import Readiness
from resolver.edge.supervision.reload import ReloadFault, Reply, Rollout
from resolver.settings import Settings, SettingsFault

Load = Callable[[], Settings]
STOPPING = "the resolver is stopping, so nothing was changed: start it again"
BUSY = "another change is under way, so nothing was changed: try once more when it is done"


@define(eq=False)
class Changes:
    """`apply(settings)` takes them up; ReloadFault or PreflightFault if not. `load()` reads the file, SettingsFault."""

    version: str  # of the code that runs
    load: Load
    prove: Prove
    apply: Callable[[Settings], None]
    pool: WorkerPool
    readiness: Readiness
    rollout: Rollout
    limits: ChangeLimits = field(factory=ChangeLimits)
    busy: bool = field(default=False, init=False)
    _once_more: Callable[[Reply], object] | None = field(default=None, init=False)

    def reload(self) -> "Deferred[Reply]":
        """Take up the settings file as it stands, with everything it names, or nothing of it."""
        return self.alone(self._reload)

    def hang_up(self, tell: Callable[[Reply], object]) -> None:
        """SIGHUP: reload, now or after the change under way, which may have read the file before it was written."""
        if self.busy:
            self._once_more = tell
        else:
            self.reload().addCallback(tell)

    def restart_workers(self) -> "Deferred[Reply]":
        """Replace the workers one at a time; their caches begin empty."""
        return self.alone(self._restart_workers)

    def drain(self, *, on: bool) -> "Deferred[Reply]":
        """`/ready` says no, or again what is true; queries are answered all the same."""
        self.readiness.drain(on=on)
        text = "draining: /ready says 503, queries are answered on" if on else "no longer draining"
        return succeed({"ok": True, "text": text})

    def alone(self, change: Callable[[], Coroutine[Any, Any, Reply]]) -> "Deferred[Reply]":
        """Run one change at a time; its faults become answers."""
        if self.busy or self.readiness.stopping:
            return succeed(refused(STOPPING if self.readiness.stopping else BUSY))
        self.busy = True
        return Deferred.fromCoroutine(self._guarded(change))

    async def _guarded(self, change: Callable[[], Coroutine[Any, Any, Reply]]) -> Reply:
        try:
            return await change()
        except (ProofFault, SettingsFault, ReloadFault, PreflightFault) as fault:
            return refused(f"nothing was changed, all goes on as before:\n{fault}")
        finally:
            self.busy = False
            if not self.readiness.stopping:
                self.readiness.tell()
                self._hear_again()

    def _hear_again(self) -> None:
        tell, self._once_more = self._once_more, None
        if tell is not None:
            self.hang_up(tell)

    async def _reload(self) -> Reply:
        await self._proven()
        settings = self.load()
        self.readiness.manager.reloading("taking up new settings")
        self.apply(settings)
        return await self.rollout.wait("the settings were taken up")

    async def _restart_workers(self) -> Reply:
        await self._proven()
        self.readiness.manager.reloading("restarting workers")
        self.pool.again(at_once=1)
        return await self.rollout.wait("the workers were replaced")

    async def _proven(self) -> Proof:
        """New workers run the code on the disk: it must be the code that runs here, and it must be able to."""
        proof = await self.prove()
        if self.readiness.stopping:
            raise ReloadFault(STOPPING)
        if proof.version != self.version:
            raise ReloadFault(
                f"version {proof.version} is installed, but {self.version} runs: `mamori upgrade` takes it up"
            )
        return proof


def refused(text: str) -> Reply:
    """Return the answer to a change that was not made."""
    return {"ok": False, "text": text}
