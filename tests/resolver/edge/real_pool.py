"""A pool of real workers with limits of the test's choice, in a process of its own; `RealPool` starts it and looks on.

The process writes a line of JSON whenever something changed: the process id at each slot (null: nobody there), whether
its worker answers, whether the slot listens, the spares, and the deaths so far by their word.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import asdict
from twisted.internet import reactor
from twisted.internet.task import LoopingCall

from resolver.edge.supervision.launcher import ProcessLauncher
from resolver.edge.supervision.pool import WorkerPool
from resolver.edge.supervision.sockets import slot_sockets
from resolver.edge.supervision.steering import Key, Steering
from resolver.edge.supervision.tally import Labels, Tally
from resolver.edge.supervision.workers import PoolLimits, Slot
from resolver.settings import parse
from tests.support.processes import Child

ROOT = Path(__file__).parents[3]
LOOK_SECONDS = 0.05
State = dict[str, Any]


class RealPool:
    """`slots` workers and a spare on the settings' addresses."""

    def __init__(self, folder: Path, raw: State, slots: int, limits: PoolLimits | None = None) -> None:
        order = {"raw": raw, "slots": slots, "limits": asdict(limits or PoolLimits())}
        (folder / "order.json").write_text(json.dumps(order))
        command = [sys.executable, "-m", "tests.resolver.edge.real_pool", str(folder / "order.json")]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
        self.child = Child(command, folder / "pool.out", cwd=ROOT, env=environment)
        self.until(lambda state: all(each["serving"] for each in state["slots"]) and state["spares"] == 1)

    def state(self) -> State:
        whole = self.child.text().rpartition("\n")[0].splitlines()
        states = [line for line in whole if line.startswith("{")]  # the log's lines are among them
        return dict(json.loads(states[-1])) if states else {"slots": [{"serving": False}], "spares": 0}

    def until(self, condition: Callable[[State], bool], seconds: float = 60.0) -> State:
        """The first state seen of which `condition` is true."""
        seen: State = {}

        def holds() -> bool:
            nonlocal seen
            seen = self.state()
            return condition(seen)

        self.child.wait_for(holds, "the pool", seconds)
        return seen

    def whole(self) -> State:
        """Wait until every slot that listens is served and a spare is warm."""
        return self.until(
            lambda state: all(each["serving"] for each in state["slots"] if each["listens"]) and state["spares"] == 1
        )

    def pid(self, slot: int) -> int:
        return int(self.state()["slots"][slot]["pid"])

    def kill(self, slot: int) -> State:
        """kill -9 of the slot's worker; the state once that is known."""
        deaths = len(self.state()["deaths"])
        os.kill(self.pid(slot), signal.SIGKILL)
        return self.until(lambda state: len(state["deaths"]) > deaths)

    def stop(self) -> None:
        assert self.child.stop() == 0, self.child.text()


def main() -> None:
    order = json.loads(Path(sys.argv[1]).read_text())
    settings = parse(order["raw"], base=Path("/"))
    deaths: list[str] = []
    pool = WorkerPool(
        reactor,  # type: ignore[arg-type]
        ProcessLauncher(reactor),
        Tally(Labels(tuple(each.label for each in settings.upstreams), ())),
        lambda: slot_sockets(settings.places),
        PoolLimits(**order["limits"]),
        on_death=lambda _kind, reason: deaths.append(reason),
        steering=Steering(settings.steering == "auto", Key.draw()),
    )
    shown = ""

    def look() -> None:
        nonlocal shown
        now = json.dumps({"slots": list(map(_slot, pool.slots)), "spares": pool.spares, "deaths": deaths})
        if now != shown:
            shown = now
            print(now, flush=True)

    def stop() -> None:
        pool.stop(reactor.stop)  # type: ignore[attr-defined]

    signal.signal(signal.SIGTERM, lambda *_: reactor.callFromThread(stop))  # type: ignore[attr-defined]
    pool.start(settings.raw, [slot_sockets(settings.places) for _ in range(order["slots"])])
    pool.open()
    LoopingCall(look).start(LOOK_SECONDS)
    reactor.run(installSignalHandlers=True)  # type: ignore[attr-defined]


def _slot(slot: Slot) -> State:
    worker = slot.worker
    return {
        "pid": worker.child.pid if worker else None,
        "serving": worker is not None and worker.serving,
        "listens": slot.sockets is not None,
    }


if __name__ == "__main__":
    main()
