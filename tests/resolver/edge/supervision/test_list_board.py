"""What is known of each list."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock

from resolver.edge.supervision.list_board import ListBoard


def said(**more: Any) -> dict[str, Any]:
    words = {
        "list_id": "demo",
        "version": 2,
        "age_seconds": 10.0,
        "entries": 7,
        "held_entries": 0,
        "held_by": [],
        "last_outcome": "updated",
        "last_reason": "",
        "failures": {"cut": 1},
        "epoch": 3,
        "withdrawn": 2,
        "withdrawals_refused": 1,
        "log_size": 12,
        "moved": {"added": 3},
        "exemptions": 1,
    }
    return {"type": "status", "clock_suspect": False, "audit_failing": False, "lists": [words | more]}


def _board(clock: Clock) -> ListBoard:
    board = ListBoard(clock.seconds)
    board.configure(["demo", "other"])
    return board


def test_version_is_shown_when_workers_have_it() -> None:
    """What the updater verified is known; it is enforced only once all workers said so."""
    board = _board(Clock())
    board.hear(said())
    assert [(view.version, view.known_version, view.enforcing) for view in board.views()] == [
        (0, 2, False),
        (0, 0, False),
    ]
    board.activate([{"list_id": "demo", "version": 2, "entries": 7}])
    assert (board.in_force(), board.views()[0].entries) == ({"demo"}, 7)
    board.activate([])
    assert not board.in_force()


def test_age_grows_while_the_updater_is_silent() -> None:
    """A dead updater cannot make a list look fresh; an unknown age stays unknown."""
    clock = Clock()
    board = _board(clock)
    board.hear(said())
    clock.advance(100)
    assert [view.age_seconds for view in board.views()] == [110.0, None]


def test_failures_never_fall_with_a_new_updater() -> None:
    """A new updater counts from 0; the shown counter goes on."""
    board = _board(Clock())
    board.hear(said(failures={"cut": 3}))
    board.updater_ended()
    board.hear(said(failures={"cut": 0}))
    assert board.views()[0].failures["cut"] == 3
    board.hear(said(failures={"cut": 1, "disk": 1}))
    board.updater_ended()
    board.updater_ended()
    assert (board.views()[0].failures["cut"], board.views()[0].failures["disk"]) == (4, 1)


def test_what_moved_adds_up_over_updaters() -> None:
    """Entries that came and went are counted on by the next updater; a version after another is an update."""
    board = _board(Clock())
    board.hear(said())
    board.updater_ended()
    board.hear(said(moved={"added": 1, "expired": 2}))
    for version in (2, 2, 3):
        board.activate([{"list_id": "demo", "version": version, "entries": 7}])
    view = board.views()[0]
    assert (view.moved["added"], view.moved["expired"], view.exemptions, view.updates) == (4, 2, 1, 1)


def test_a_hold_is_counted_when_it_begins() -> None:
    """Not what was held when this resolver began, not again while it lasts, once for what is added to it."""
    board = _board(Clock())
    for guards in ([], ["adds"], ["adds"], ["adds", "breaker"], [], ["adds"]):
        board.hear(said(held_by=guards))
    assert board.views()[0].holds == 3
    board = _board(Clock())
    board.hear(said(held_by=["adds"]))
    assert board.views()[0].holds == 0


def test_failed_update_shows() -> None:
    """The last outcome tells `mamori status` its exit code; a list nobody configured is passed over."""
    board = _board(Clock())
    board.hear(said(last_outcome="failed", last_reason="cut"))
    board.hear(said(list_id="stranger"))
    assert [view.last_failed for view in board.views()] == [True, False]


def test_settings_change_keeps_what_is_known() -> None:
    """Lists that stay keep their state, in the new order."""
    board = _board(Clock())
    board.hear(said())
    board.configure(["new", "demo"])
    assert [(view.list_id, view.known_version) for view in board.views()] == [("new", 0), ("demo", 2)]


def test_what_the_subscription_knows_is_shown() -> None:
    """Epoch, withdrawals and the public record; staleness follows the age, also while the updater is silent."""
    clock = Clock()
    board = _board(clock)
    board.hear(said())
    view = board.views()[0]
    assert (view.epoch, view.withdrawn, view.withdrawals_refused, view.log_size) == (3, 2, 1, 12)
    assert view.staleness == "fresh"
    clock.advance(6 * 3600)
    assert [view.staleness for view in board.views()] == ["stale", "none"]


def test_self_tests_are_counted_by_how_they_ended() -> None:
    """The last word stands beside the counts; a list that is not in the settings is passed over."""
    board = _board(Clock())
    for result in ("ok", "ok", "refused"):
        board.tested("demo", result)
    board.tested("stranger", "ok")
    view = board.views()[0]
    assert (view.self_test, view.self_tests["ok"], view.self_tests["refused"]) == ("refused", 2, 1)
    assert board.views()[1].self_test == ""
    board.tested("demo", "")
    assert (board.views()[0].self_test_failed, board.views()[0].self_tests) == (False, view.self_tests)
