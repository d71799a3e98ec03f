"""`mamori status`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from resolver.edge.supervision.list_board import ListView
from resolver.edge.supervision.status import document
from tests.resolver.cli.at_terminal import StandIn, Terminal
from tests.resolver.edge.snapshots import snapshot


def reply(outcome: str, reason: str = "") -> dict[str, Any]:
    """What a running resolver answers whose last update had this outcome."""
    view = ListView("demo", version=7, entries=5, age_seconds=60.0, last_outcome=outcome, last_reason=reason)
    told = document(snapshot(lists=(view,)))
    return {"ok": True, "text": "", "status": told}


@pytest.mark.parametrize(("outcome", "code"), [("updated", 0), ("unchanged", 0), ("held", 0), ("failed", 2)])
def test_the_exit_code_tells_of_a_failed_update(terminal: Terminal, outcome: str, code: int) -> None:
    """Row 18: 2 while the last update failed, and only then."""
    with StandIn(terminal.state, reply(outcome, "expired")):
        result = terminal.with_config("status")
        as_json = terminal.with_config("status", "--json")
    assert (result.exit_code, as_json.exit_code) == (code, code)
    assert ("LAST UPDATE FAILED: expired" in result.stdout) == (code == 2)


def test_json_is_the_whole_document(terminal: Terminal) -> None:
    """For machines: one object, as the resolver told it."""
    told = reply("updated")
    with StandIn(terminal.state, told) as resolver:
        result = terminal.with_config("status", "--json")
    assert json.loads(result.stdout) == json.loads(json.dumps(told["status"]))
    assert resolver.asked == [{"verb": "status", "list_id": None}]
