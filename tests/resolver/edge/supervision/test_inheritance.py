"""A pool goes on with the workers of the code before; both ends with fake children."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from resolver.edge.supervision.handover import Handed
from resolver.edge.supervision.inheritance import Heir, inherited_workers, pool_document
from resolver.edge.supervision.tally import Labels, Tally
from resolver.edge.supervision.workers import PoolLimits
from tests.resolver.edge.fake_children import FakeSockets
from tests.resolver.edge.settings_for_edge import settings
from tests.resolver.edge.supervision.test_pool import Pool


class Heirs:
    """Two pools: one before and one after; sockets are fakes."""

    def __init__(self, folder: Path, before: Pool, **changes: Any) -> None:
        document = {
            "pool": pool_document(before.pool, before.tally.number_of, os.dup),
            "tally": before.tally.hand_over(os.dup) | changes,
            "children": before.launcher.hand_over(lambda fd: fd),
        }
        self.after = Pool(0)
        self.after.pool._pulse.stop()
        for child in self.after.launcher.children:
            child.dead = True
        self.after.pool.workers.clear()
        self.heir = Heir(Handed(json.loads(json.dumps(document))), self.after.launcher)
        count = len(before.pool.slots)
        given = [FakeSockets() if slot.sockets is not None else None for slot in before.pool.slots]
        self.heir.fill(self.after.pool, self.after.tally, settings(folder, workers=count), given)  # type: ignore[arg-type]

    @property
    def old(self) -> list[Any]:
        return [child for child in self.after.launcher.children if child.kind == "adopted"]

    def new_ones_come_up(self) -> None:
        for worker in self.after.launcher.living("worker"):
            worker.ready()
        for worker in self.after.launcher.living("worker"):
            if worker.told("slot"):
                worker.serve()


def test_the_old_answer_until_new_ones_serve(tmp_path: Path) -> None:
    """Slots count as served all the time, old workers are told to stop only when theirs is taken over."""
    heirs = Heirs(tmp_path, Pool().bring_up())
    after = heirs.after.pool
    assert (after.serving, after.behind) == (2, [0, 1])
    assert not any(child.told("stop") for child in heirs.old)
    heirs.new_ones_come_up()
    heirs.new_ones_come_up()
    assert (after.serving, after.behind) == (2, [0, 1])
    assert all(child.told("stop") for child in heirs.old)
    heirs.after.clock.advance(PoolLimits().stop_seconds + 1)
    assert all(child.dead for child in heirs.old)
    assert (len(after.workers), after.behind) == (3, [])
    assert not heirs.after.deaths


def test_counts_go_on_in_the_same_memory(tmp_path: Path) -> None:
    """What an old worker counts after the hand-over is in the sums, before and after its end."""
    before = Pool().bring_up()
    before.pool.slots[0].region.cells[0] = 5
    heirs = Heirs(tmp_path, before)
    assert heirs.after.tally.totals().cache_hits == 5
    before.pool.slots[0].region.cells[0] = 9
    assert heirs.after.tally.totals().cache_hits == 9
    for _ in range(2):
        heirs.new_ones_come_up()
    heirs.after.clock.advance(10)
    assert heirs.after.tally.totals().cache_hits == 9


def test_counts_of_another_layout_do_not_fall(tmp_path: Path) -> None:
    """Code that knows other series keeps the sums, reads nothing as its own, and gives no slot to an old spare."""
    before = Pool().bring_up()
    before.pool.slots[0].region.cells[0] = 5
    heirs = Heirs(tmp_path, before, shape="another")
    assert heirs.after.tally.totals().cache_hits == 5
    before.pool.slots[0].region.cells[0] = 9
    assert heirs.after.tally.totals().cache_hits == 5
    holder = next(worker for worker in heirs.after.pool.workers if worker.slot is not None)
    holder.child.die("sigkill")  # type: ignore[attr-defined]
    assert not any(child.told("slot") for child in heirs.old)
    for _ in range(2):
        heirs.new_ones_come_up()
    assert heirs.after.pool.serving == 2
    assert heirs.after.tally.totals().cache_hits == 5


def test_an_old_worker_that_dies_is_made_good_by_the_old_spare(tmp_path: Path) -> None:
    """In the seconds until new ones are warm."""
    heirs = Heirs(tmp_path, Pool().bring_up())
    holder = next(worker for worker in heirs.after.pool.workers if worker.slot is not None)
    holder.child.die("sigkill")  # type: ignore[attr-defined]
    [stand_in] = [child for child in heirs.old if child.told("slot")]
    assert stand_in.told("slot")[0]["slot"] == 0
    assert heirs.after.deaths == ["sigkill"]


def test_a_roll_under_way_is_gone_on_with(tmp_path: Path) -> None:
    """One old worker leaves, one still answers, new ones are half way: all of them are old to the new code."""
    before = Pool().bring_up()
    before.pool.roll({"n": 2})
    first = next(worker for worker in before.workers if worker.sent[0]["settings"] == {"n": 2})
    first.ready()
    first.serve()
    before.pool.slots[0].region.cells[0] = 3
    counted = before.tally.totals().cache_hits
    heirs = Heirs(tmp_path, before)
    after = heirs.after.pool
    assert (after.serving, after.behind) == (2, [0, 1])
    assert len([child for child in heirs.old if child.told("stop")]) == 1  # who left already is told once more
    for _ in range(3):
        heirs.new_ones_come_up()
    heirs.after.clock.advance(10)
    assert (after.serving, after.behind, len(after.workers)) == (2, [], 3)
    assert heirs.after.tally.totals().cache_hits == counted
    assert not heirs.after.deaths


def test_a_slot_at_rest_comes_back_with_the_new_code(tmp_path: Path) -> None:
    """Other code may be the cure for its crash loop; its first worker opens sockets for it."""
    before = Pool().bring_up()
    for _ in range(3):
        before.spare().ready()
        before.holder(0).die()
    assert before.pool.slots[0].sockets is None
    heirs = Heirs(tmp_path, before)
    for _ in range(3):
        heirs.new_ones_come_up()
    assert heirs.after.pool.complete
    assert len(heirs.after.reopened) == 1


def test_what_nobody_takes_up_is_told_to_leave(tmp_path: Path) -> None:
    """The old updater and notice page; a worker whose child was gone already is no worker of ours."""
    before = Pool().bring_up()
    before.launcher.launch("updater", lambda *_: None, lambda _: None)
    before.holder(0).dead = True
    heirs = Heirs(tmp_path, before)
    heirs.heir.dismiss_others(heirs.after.clock)  # type: ignore[arg-type]
    [other] = [child for child in heirs.old if child.told("stop")]
    heirs.after.clock.advance(3)
    assert other.killed
    assert heirs.after.pool.slots[0].worker in heirs.after.pool.workers  # the old spare


def test_nothing_is_answered_before_it_was(tmp_path: Path) -> None:
    """A resolver that waits for its list is upgraded waiting."""
    heirs = Heirs(tmp_path, Pool())
    heirs.new_ones_come_up()
    assert not heirs.after.pool.is_open
    assert not any(worker.told("slot") for worker in heirs.after.workers)
    heirs.after.pool.open()
    heirs.new_ones_come_up()
    assert heirs.after.pool.complete


def test_spares_without_a_region_keep_their_epoch() -> None:
    """Where layouts agree, an old spare stands by for slots of its own settings only."""
    said = {
        "workers": [
            {"pid": 1, "epoch": 1, "slot": None, "holds": False, "region": None, "generation": 3}
            | {"ready": True, "serving": False, "leaving": False}
        ]
    }
    [(pid, worker)] = inherited_workers(said, [], [Tally(Labels()).region()])
    assert (pid, worker.epoch, worker.ready) == (1, -2, True)
