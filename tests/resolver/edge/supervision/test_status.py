"""`mamori status`."""

from __future__ import annotations

import json

import pytest
from attrs import evolve

import native
from blocklist.trust.local.preflight import Standing
from resolver.core.trouble import Trouble
from resolver.edge.supervision.snapshot import PreflightView
from resolver.edge.supervision.status import document, exit_code, text
from tests.resolver.edge.snapshots import LIST, snapshot


def test_document_is_json_and_says_what_is_in_force() -> None:
    """Version, age, entries and workers stand where scripts look for them."""
    told = json.loads(json.dumps(document(snapshot())))
    assert (told["ready"], told["hit_path"], told["generation"]) == (True, native.kind(), 4)
    assert f"hit path {native.kind()} " in text(told)
    assert told["workers"] == {"slots": 2, "serving": 2, "spare": 1}
    assert {key: told["lists"][0][key] for key in ("version", "entries", "age_seconds", "enforcing")} == {
        "version": 3,
        "entries": 21,
        "age_seconds": 12,
        "enforcing": True,
    }
    assert told["upstreams"] == [{"name": "127.0.0.1:5301", "up": False, "trouble": "none"}]
    assert exit_code(told) == 0


def test_cache_note_says_what_workers_share() -> None:
    """One cache in parts while names are steered; where they are not, the reason stands beside it."""
    steered = document(snapshot())
    assert (steered["steering"], steered["cache"]["note"]) == (
        {"on": True, "reason": ""},
        "one cache in 2 parts: names are steered",
    )
    refused = document(snapshot(steering="the kernel refused the program: Operation not permitted"))
    assert refused["steering"]["on"] is False
    assert "one cache per worker: names are not steered, the kernel refused" in text(refused)
    assert document(snapshot(slots=1))["cache"]["note"] == "one cache"


def test_the_end_of_the_certificate_is_told() -> None:
    """As a day; nothing where none is shown."""
    told = document(snapshot())
    assert told["certificate_ends"] == "2027-01-15"
    assert "certificate of DoT and DoH until 2027-01-15" in text(told)
    plain = document(snapshot(certificate_not_after=None))
    assert plain["certificate_ends"] is None
    assert "certificate" not in text(plain)


def test_views_stand_below_the_lists() -> None:
    """As JSON data, and a line for each."""
    view = {"name": "mail", "from": ["10.0.0.25/32"], "listen": [], "lists": [], "notices": {}}
    told = document(snapshot(views=(view,)))
    assert told["views"] == [view]
    assert "view mail · from 10.0.0.25/32 · NO LISTS\nclients of no view · all lists" in text(told)


def test_failed_update_is_exit_code_2() -> None:
    """Row 18: while the last update failed, although the last good list is enforced."""
    told = document(snapshot(lists=(LIST, evolve(LIST, last_outcome="failed", last_reason="cut"))))
    assert exit_code(told) == 2
    assert "LAST UPDATE FAILED: cut" in text(told)


def test_text_shouts_what_needs_a_person() -> None:
    """Not ready, not enforced, held, upstream down and a suspect clock are in capitals."""
    held = evolve(LIST, version=0, age_seconds=None, held_entries=5, held_by=("size",))
    silent = evolve(snapshot().totals, upstream_trouble={"127.0.0.1:5301": Trouble.SILENT})
    waiting = snapshot(ready=False, reason="waiting for list demo", lists=(held,), totals=silent)
    shown = text(document(evolve(waiting, clock_suspect=True, audit_failing=True, ledger_failing=True)))
    for words in (
        "NOT READY: waiting",
        "NOT ENFORCED",
        "never verified",
        "HELD 5 entries by size",
        "DOWN",
        "CLOCK SUSPECT",
        "LEDGER CANNOT BE WRITTEN",
        "AUDIT FILE CANNOT BE WRITTEN",
    ):
        assert words in shown


def test_an_upstream_nobody_asked_is_not_called_down() -> None:
    """A resolver that waits for its list has no worker that could know."""
    assert "upstream 127.0.0.1:5301 not asked yet" in text(document(snapshot())).splitlines()


def test_text_says_why_an_upstream_is_down() -> None:
    """In words an operator can act on; each word of the closed set has some."""
    for trouble in set(Trouble) - {Trouble.NONE}:
        told = document(snapshot(totals=evolve(snapshot().totals, upstream_trouble={"127.0.0.1:5301": trouble})))
        assert told["upstreams"][0]["trouble"] == trouble.name.lower()
        assert f"upstream 127.0.0.1:5301 DOWN: {trouble.text}" in text(told).splitlines()


def test_text_says_what_else_needs_a_look() -> None:
    """Age in words, refused withdrawals and a failed self-test; none of them changes the exit code."""
    odd = evolve(LIST, age_seconds=7 * 3600.0, withdrawn=4, withdrawals_refused=2, self_test="refused", epoch=3)
    told = document(snapshot(lists=(odd,)))
    shown = text(told)
    for words in ("(STALE)", "4 withdrawn", "2 WITHDRAWALS REFUSED", "SELF-TEST FAILED: refused", "epoch 3"):
        assert words in shown
    assert exit_code(told) == 0
    assert "self-test ok" in text(document(snapshot(lists=(evolve(LIST, self_test="ok"),))))


def test_the_last_way_here_is_shown() -> None:
    """How long the newest version took from the list body to every worker; nothing where none came yet."""
    told = document(snapshot())["lists"][0]
    assert (told["publish_to_enforce_seconds"], told["withdraw_to_enforce_seconds"]) == (18, None)
    assert "last change in force after 18 s" in text(document(snapshot()))


def test_calm_text_is_short() -> None:
    """A healthy resolver fits a terminal; released totals name their bucket."""
    release = evolve(snapshot().release, enabled=True, bucket_seconds=604_800)
    shown = text(document(snapshot(release=release)))
    assert "every 7 d" in shown
    assert "up 25 h" in shown
    assert len(shown.splitlines()) < 10


def test_an_open_resolver_is_told() -> None:
    """As long as it is one."""
    told = document(snapshot(open_resolver=True))
    assert told["open_resolver"] is True
    assert "OPEN RESOLVER" in text(told)
    assert "OPEN RESOLVER" not in text(document(snapshot()))


@pytest.mark.parametrize("standing", list(Standing))
def test_what_the_preflight_is_worth_is_told(standing: Standing) -> None:
    """In the document as a word, in the text as a line; capitals for what needs a person. No exit code changes."""
    told = document(snapshot(preflight=PreflightView(standing.value, 1_800_000_000.0)))
    assert told["preflight"] == {"standing": standing.value, "not_after": 1_800_000_000.0}
    [line] = [line for line in text(told).splitlines() if line.lower().startswith("preflight")]
    assert ("PREFLIGHT" in line) == (standing not in (Standing.PASSED, Standing.NOT_REQUIRED))
    assert exit_code(told) == 0


def test_a_release_that_pauses_says_so() -> None:
    """It is not the same as one that nobody asked for."""
    paused = evolve(snapshot().release, paused=True)
    assert "block totals: NOT RELEASED until a preflight report is valid" in text(document(snapshot(release=paused)))
    assert "release.enabled is false" in text(document(snapshot()))
