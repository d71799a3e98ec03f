"""Ports that tests draw."""

from __future__ import annotations

from tests.support.ports import candidates


def test_test_processes_draw_from_parts_of_their_own() -> None:
    """A port is free for a while before its server binds it: another process that drew it then would take it away."""
    parts = [
        candidates({"PYTEST_XDIST_WORKER": f"gw{number}", "PYTEST_XDIST_WORKER_COUNT": "3"}) for number in range(3)
    ]
    assert sum(map(len, parts)) == len(set().union(*parts)) == len(candidates({}))
