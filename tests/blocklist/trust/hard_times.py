"""A child process in which a subscriber is killed between any two steps, or finds the disk full.

Run as `python -m tests.blocklist.trust.hard_times {kill|decide|disk} FOLDER`; it prints how many cases it met, and ends
with a failed assertion when a case leaves anything but the old or the new list.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from blocklist import keyring
from blocklist.trust.outcome import Kind
from blocklist.trust.reasons import Reason
from blocklist.trust.rules.mask import BREAKER, CANARY
from tests.blocklist.trust.conftest import KEYS, Isp
from tests.blocklist.trust.list_body import ListBody, names

STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.symlink", "os.link"}  # audited steps that touch the disk
OLD, NEW = 10, 12
Live = Callable[[Isp], None]
Check = Callable[[Isp, str], None]


def main(what: str, folder: Path) -> None:
    isp = _enforcing_old(folder)
    cases = {
        "kill": lambda: kill_at_each_step(isp, _update, _old_or_new),
        "decide": lambda: kill_at_each_step(isp, *_deciding(isp)),
        "disk": lambda: fill_disk_at_each_size(isp),
    }
    print(cases[what]())


def _enforcing_old(folder: Path) -> Isp:
    """Version 1 is enforced and was good; the body has published version 2, its delta and its line of the record."""
    body = ListBody((keyring.public_bytes(KEYS.subscriber_private),))
    body.with_deltas = body.with_log = True
    body.publish(names(*range(OLD)))
    isp = Isp(folder / "isp", body)
    subscription = isp.subscribe()
    assert subscription.refresh().kind is Kind.UPDATED
    subscription.mark_good(1)
    isp.clock.pass_seconds(60)
    body.publish(names(*range(NEW)), isp.clock.utc)
    return isp


def kill_at_each_step(isp: Isp, live: Live, check: Check) -> int:
    """Kill -9 at the n-th step of a life, for each n until it gets through; after each kill, start again."""
    before = isp.folder.with_name("before")
    shutil.copytree(isp.folder, before, symlinks=True)
    step = 0
    while True:
        step += 1
        killed = _live_in_child(isp, live, step)
        check(isp, f"killed at step {step}")
        if not killed:
            return step - 1
        shutil.rmtree(isp.folder)
        shutil.copytree(before, isp.folder, symlinks=True)


def _live_in_child(isp: Isp, live: Live, step: int) -> bool:
    child = os.fork()
    if child == 0:
        _die_at(step, str(isp.folder))
        live(isp)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _update(isp: Isp) -> None:
    subscription = isp.subscribe()
    subscription.refresh()
    subscription.mark_good(2)


def _old_or_new(isp: Isp, case: str) -> None:
    """The old or the new list is enforced, and the next update brings the new one."""
    again = isp.subscribe()
    assert again.status().entries in (OLD, NEW), f"{case}: {again.status()}"
    assert again.refresh().kind is not Kind.FAILED, f"{case}: {again.status()}"
    status = again.status()
    assert (status.version, status.entries, status.log_size) == (2, NEW, 2), f"{case}: {status}"
    assert sum(again.status().failures.values()) == 0, f"{case}: {again.status()}"


def _deciding(isp: Isp) -> tuple[Live, Check]:
    """A withdrawal, then a third version: a life in which canary, breaker and NOC decide, and what holds after it."""
    isp.body.withdraw(names(0), isp.clock.utc)
    before = dict(isp.body.files)
    isp.body.publish(names(*range(NEW + 1)), isp.clock.utc)
    after = dict(isp.body.files)
    isp.body.files.clear()
    isp.body.files |= before

    def live(isp: Isp) -> None:
        subscription = isp.subscribe()
        subscription.refresh()
        subscription.set_aside(CANARY, 2)
        subscription.accept()
        subscription.mark_good(2)
        subscription.rollback()
        isp.body.files |= after
        subscription.refresh()
        subscription.set_aside(BREAKER, 3)
        subscription.reject()

    def check(isp: Isp, case: str) -> None:
        """What is in force beyond the first list is known to be new, and the next update takes the rest."""
        again = isp.subscribe()
        status, new = again.status(), again.explain()["new"]["young"]
        assert status.entries + status.withdrawn <= OLD + new, f"{case}: {status}, {new} are new"
        assert sum(status.failures.values()) == 0, f"{case}: {status}"
        isp.body.files |= after
        assert again.refresh().kind is not Kind.FAILED, f"{case}: {again.status()}"
        status = again.status()
        assert (status.version, status.withdrawn, status.log_size) == (3, 1, 3), f"{case}: {status}"
        isp.body.files |= before

    return live, check


def _die_at(step: int, folder: str) -> None:
    left = step

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in STEPS and any(str(argument).startswith(folder) for argument in arguments):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def fill_disk_at_each_size(isp: Isp) -> int:
    """Let every file end at some size, so that each write of an update fails in turn; then give the space back."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    subscription = isp.subscribe()
    sizes = (*range(0, 4000, 200),)
    full = 0
    for size in sizes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        outcome = subscription.refresh()
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        if outcome.kind is not Kind.FAILED:
            break
        full += 1
        assert outcome.reason is Reason.DISK, outcome
        assert (subscription.status().version, subscription.status().entries) == (1, OLD)
        assert isp.subscribe().status().entries == OLD
    assert subscription.refresh().kind is not Kind.FAILED
    assert isp.subscribe().status().entries == NEW
    isp.clock.pass_seconds(60)
    isp.body.stamp(isp.clock.utc)
    assert subscription.refresh().kind is not Kind.FAILED
    assert isp.subscribe().status().log_size == 2
    return full


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
