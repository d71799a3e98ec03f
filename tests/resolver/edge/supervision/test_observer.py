"""What a resolver says of itself to operators; its children are fakes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from resolver.edge.sealed_memory import is_sealed
from tests.resolver.edge.settings_for_edge import changed
from tests.resolver.edge.supervision.test_changes import begun
from tests.resolver.edge.supervision.test_supervisor import Resolver


@pytest.fixture
def resolver(tmp_path: Path) -> Iterator[Resolver]:
    made = Resolver(tmp_path, workers=2)
    made.supervisor.start()
    yield made
    made.stop()


def test_the_words_follow_the_moment(resolver: Resolver) -> None:
    """`ready` and `status` say the same: first what is waited for, then that all is well."""
    waiting = "waiting for list demo"
    assert resolver.ask("ready") == {"ok": False, "text": waiting}
    told = resolver.ask("status")
    assert (told["ok"], told["status"]["reason"], told["text"].splitlines()[0]) == (
        True,
        waiting,
        f"NOT READY: {waiting}",
    )
    resolver.take_list()
    resolver.workers_up()
    assert resolver.ask("ready") == {"ok": True, "text": "answering"}
    assert resolver.ask("status")["status"]["workers"]["serving"] == 2


def test_the_index_is_shown_as_it_is_and_cannot_be_changed(resolver: Resolver) -> None:
    """No descriptor while there is none; then the one that workers have, sealed, which stays ours."""
    assert "fd" not in resolver.ask("index")
    resolver.take_list()
    fd = resolver.ask("index")["fd"]
    assert is_sealed(fd)
    os.fstat(fd)
    assert resolver.ask("index")["fd"] == fd


def test_a_snapshot_is_of_the_settings_in_use(resolver: Resolver, tmp_path: Path) -> None:
    """A reload shows in what is told, not only in what is done."""
    assert not resolver.supervisor.observer.snapshot().views
    view = {"name": "mail", "from": ["192.0.2.0/24"], "lists": []}
    new = changed(resolver.settings, tmp_path, views=[view])
    resolver.on_disk = lambda: new
    begun(resolver, "reload")
    assert [each["name"] for each in resolver.supervisor.observer.snapshot().views] == ["mail"]
