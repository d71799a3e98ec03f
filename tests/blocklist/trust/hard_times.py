"""A child process in which a subscriber is killed between any two steps, or finds the disk full.

Run as `python -m tests.blocklist.trust.hard_times {kill|disk} FOLDER`; it prints how many cases it met, and ends with
a failed assertion when a case leaves anything but the old or the new list.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
from pathlib import Path

from blocklist import keyring
from blocklist.trust.outcome import Kind
from blocklist.trust.reasons import Reason
from tests.blocklist.trust.conftest import KEYS, Isp
from tests.blocklist.trust.list_body import ListBody, names

STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.symlink", "os.link"}  # audited steps that touch the disk
OLD, NEW = 10, 12


def main(what: str, folder: Path) -> None:
    isp = _enforcing_old(folder)
    print(kill_at_each_step(isp) if what == "kill" else fill_disk_at_each_size(isp))


def _enforcing_old(folder: Path) -> Isp:
    """Version 1 is enforced and was good; the body has published version 2."""
    body = ListBody((keyring.public_bytes(KEYS.subscriber_private),))
    body.publish(names(*range(OLD)))
    isp = Isp(folder / "isp", body)
    subscription = isp.subscribe()
    assert subscription.refresh().kind is Kind.UPDATED
    subscription.mark_good(1)
    isp.clock.pass_seconds(60)
    body.publish(names(*range(NEW)), isp.clock.utc)
    return isp


def kill_at_each_step(isp: Isp) -> int:
    """Kill -9 at the n-th step of an update, for each n until it gets through; after each kill, start again."""
    before = isp.folder.with_name("before")
    shutil.copytree(isp.folder, before, symlinks=True)
    step = 0
    while True:
        step += 1
        killed = _update_in_child(isp, step)
        again = isp.subscribe()
        assert again.status().entries in (OLD, NEW), f"killed at step {step}: {again.status()}"
        assert again.refresh().kind is not Kind.FAILED, f"killed at step {step}: {again.status()}"
        assert (again.status().version, again.status().entries) == (2, NEW), f"killed at step {step}"
        assert sum(again.status().failures.values()) == 0, f"killed at step {step}: {again.status()}"
        if not killed:
            return step - 1
        shutil.rmtree(isp.folder)
        shutil.copytree(before, isp.folder, symlinks=True)


def _update_in_child(isp: Isp, step: int) -> bool:
    child = os.fork()
    if child == 0:
        _die_at(step, str(isp.folder))
        subscription = isp.subscribe()
        subscription.refresh()
        subscription.mark_good(2)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


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
    return full


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
