"""`reject`, `suspend`, `resume`, `ask-removal`, `gone`, `extend`."""

from __future__ import annotations

import pytest

from tests.blocklist.publish.cli.shell import Shell


def state(shell: Shell, entry_id: str) -> str:
    (found,) = shell.json("show", shell.desk, entry_id)["entries"]
    return str(found["state"])


def test_a_second_editor_rejects_a_draft(shell: Shell) -> None:
    """With a code; the drafter herself is refused, and free text is no code."""
    (known,) = shell.add("one.example")
    words = ("reject", shell.desk, known, "--code", "too_wide", "--editor")
    assert "another editor rejects it" in shell.run(*words, "alice", code=1).stderr
    assert shell.json(*words, "bob") == {"rejected": 1, "code": "too_wide"}
    assert state(shell, known) == "rejected"
    shell.run("reject", shell.desk, known, "--code", "because I say so", "--editor", "bob", code=2)


def test_suspending_takes_one_editor_and_resuming_two(shell: Shell) -> None:
    """`resume` says how many wait for another word."""
    (known,) = shell.add("one.example")
    words = ("suspend", shell.desk, known, "--editor", "carol", "--code", "objection")
    shell.run(*words, "--ticket", "the site of my neighbour", code=2)
    assert "suspended: 1" in shell.run(*words, "--ticket", "O-1").stdout
    assert state(shell, known) == "suspended"
    first = shell.run("resume", shell.desk, known, "--editor", "alice").stdout
    assert first == "0 back, 1 wait for another editor's word\n"
    assert shell.json("resume", shell.desk, known, "--editor", "bob") == {"back": 1, "waiting": 0}
    assert state(shell, known) == "draft"


def test_requests_at_the_source_and_what_became_of_them(shell: Shell) -> None:
    """Today by default, or the day that is named; gone takes the entry off."""
    (known,) = shell.add("one.example")
    words = ("ask-removal", shell.desk, known, "--editor", "alice", "--asked", "hotline")
    assert shell.json(*words) == {"requested": 1, "asked": "hotline", "on": "2026-11-22"}
    shell.run(*words, "--on", "2026-11-20")
    shell.run(*words, "--on", "tomorrow", code=2)
    for still_to_come in (words, ("gone", shell.desk, known, "--editor", "bob")):
        assert "2026-11-23 is still to come" in shell.run(*still_to_come, "--on", "2026-11-23", code=2).stderr
    assert "gone: 1" in shell.run("gone", shell.desk, known, "--editor", "bob").stdout
    (found,) = shell.json("show", shell.desk, known)["entries"]
    assert found["removal_requested"] == ["2026-11-22 hotline", "2026-11-20 hotline"]
    assert (found["state"], found["gone_at_source"]) == ("removed", "2026-11-22")


@pytest.mark.parametrize("more", [(), ("--approve",)])
def test_extend_makes_a_new_draft(shell: Shell, more: tuple[str, ...]) -> None:
    """Under a new id, which is printed."""
    (known,) = shell.add("one.example", more=("--days", "20"))
    words = ("extend", shell.desk, known, "--editor", "bob", "--not-after", "2027-01-20", "--review-by", "2027-01-10")
    new = shell.json(*words, *more)["extended"][known]
    (found,) = shell.json("show", shell.desk, new)["entries"]
    assert (found["not_after"], found["review_by"], found["drafted_by"]) == ("2027-01-20", "2027-01-10", "bob")
    assert found["approved_by"] == (["bob"] if more else [])
    shell.run(*words, code=1)
