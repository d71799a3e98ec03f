"""The index all workers have in force."""

from __future__ import annotations

import os

import pytest

from resolver.edge.supervision.workers import IndexInForce, Worker
from tests.resolver.edge.fake_children import FakeChild, memfd


def _worker(generation: int, *, ready: bool = True, leaving: bool = False) -> Worker:
    worker = Worker(0, ready=ready, leaving=leaving, generation=generation)
    worker.child = FakeChild("worker", 1, lambda *_: None, lambda _: None)
    return worker


def test_newest_index_is_kept_open_for_workers_to_come() -> None:
    """Without an index nothing is sent; a newer one takes the place of the older."""
    index, worker = IndexInForce(), _worker(0)
    index.send(worker)
    assert not worker.child.told("index")  # type: ignore[attr-defined]
    first, second = memfd(), memfd()
    index.replace(first)
    index.replace(second)
    index.send(worker)
    assert worker.child.sent[-1] == {"type": "index", "generation": 2}  # type: ignore[attr-defined]
    index.replace(memfd())
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(first)
    os.fstat(second)


def test_the_index_before_is_let_go_of_when_all_workers_have_the_new_one() -> None:
    """Until then it stays open here, so that no worker is the last to hold it; and it is closed once."""
    index, first = IndexInForce(), memfd()
    index.replace(first)
    index.replace(memfd())
    assert not index.newly_activated([_worker(2), _worker(1)])
    os.fstat(first)
    assert index.newly_activated([_worker(2), _worker(2)])
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(first)
    again = os.dup(0)
    index.replace(memfd())
    os.fstat(again)
    os.close(again)


def test_activation_is_told_once_and_by_those_who_count() -> None:
    """Starting and leaving workers are not waited for; without any worker nothing is in force."""
    index = IndexInForce()
    index.replace(memfd())
    assert not index.newly_activated([])
    assert not index.newly_activated([_worker(1), _worker(0)])
    workers = [_worker(1), _worker(0, ready=False), _worker(0, leaving=True)]
    assert index.newly_activated(workers)
    assert not index.newly_activated(workers)
