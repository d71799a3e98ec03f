"""`objection …` and `figures`."""

from __future__ import annotations

from tests.blocklist.publish.cli.shell import Shell


def test_an_objection_from_the_first_word_to_the_decision(shell: Shell) -> None:
    """By a name piped in, which is nowhere shown; the desk of three leaves one editor to decide."""
    (known,) = shell.add("one.example")
    shell.run("approve", shell.desk, "--editor", "bob", known)
    told = shell.run("objection", "open", shell.desk, "--editor", "alice", "--suspend", typed="https://one.example/x\n")
    assert "one.example" not in told.output
    assert "acknowledge by: 2026-11-24\ndecide by: 2026-11-29\n" in told.stdout
    (one,) = shell.json("objection", "list", shell.desk)["objections"]
    assert (one["stage"], one["entries"], one["received"], one["overdue"]) == ("open", [known], "2026-11-22", [])
    ticket = one["ticket"]
    words = (shell.desk, ticket, "--editor")
    assert "stage: acknowledged" in shell.run("objection", "acknowledge", *words, "bob").stdout
    assert "another decides" in shell.run("objection", "decide", *words, "bob", "--code", "upheld", code=1).stderr
    decided = shell.json("objection", "decide", *words, "carol", "--code", "upheld")
    assert (decided["code"], decided["decided"], decided["decided_by"]) == ("upheld", "2026-11-22", "carol")
    assert shell.json("objection", "list", shell.desk) == {"objections": [], "overdue": 0}
    assert shell.json("objection", "list", shell.desk, "--all")["objections"] == [decided]
    assert shell.json("objection", "show", shell.desk, ticket) == decided
    assert shell.json("show", shell.desk, known)["entries"][0]["state"] == "removed"
    counts = shell.json("figures", shell.desk, "--month", "2026-11")
    assert counts["objections"] == {"received": 1, "upheld": 1, "open": 0}


def test_late_ones_are_shown(shell: Shell) -> None:
    """With what is late; and in the number at the end."""
    (known,) = shell.add("one.example")
    shell.run("objection", "open", shell.desk, known, "--editor", "bob", "--received", "2026-11-10", "--ticket", "M-1")
    listed = shell.run("objection", "list", shell.desk).stdout
    assert "M-1" in listed and "acknowledge, decide" in listed
    assert listed.endswith("1 objections, 1 overdue\n")


def test_no_step_is_booked_on_a_day_it_cannot_have_happened(shell: Shell) -> None:
    """Received or told tomorrow, or told before it was received."""
    (known,) = shell.add("one.example")
    words = ("objection", "open", shell.desk, known, "--editor", "bob", "--ticket", "M-1", "--received")
    assert "still to come" in shell.run(*words, "2026-11-23", code=2).stderr
    shell.run(*words, "2026-11-20")
    told = ("objection", "acknowledge", shell.desk, "M-1", "--editor", "bob", "--on")
    assert "still to come" in shell.run(*told, "2026-11-23", code=2).stderr
    assert "before M-1 was received, on 2026-11-20" in shell.run(*told, "2026-11-19", code=2).stderr
    assert shell.json(*told, "2026-11-20")["acknowledged"] == "2026-11-20"


def test_what_is_no_name_is_told_and_not_repeated(shell: Shell) -> None:
    """Nor is a ticket opened when nothing was piped in."""
    words = ("objection", "open", shell.desk, "--editor", "bob")
    told = shell.run(*words, typed="no name!\n", code=2)
    assert "no name, address or URL" in told.stderr and "no name!" not in told.output
    assert "no name on standard input" in shell.run(*words, code=2).stderr
    assert shell.json("objection", "list", shell.desk)["objections"] == []


def test_words_are_no_ticket(shell: Shell) -> None:
    """Nothing but a code; and a ticket nobody opened is told."""
    words = ("objection", "open", shell.desk, "--editor", "bob", "--ticket", "angry man")
    assert "--ticket takes a code" in shell.run(*words, typed="a.example\n", code=2).stderr
    shell.run("objection", "decide", shell.desk, "O-1", "--editor", "bob", "--code", "he is right", code=2)
    assert "no objection has this ticket" in shell.run("objection", "show", shell.desk, "O-1", code=2).stderr


def test_a_name_not_listed_is_an_objection_too(shell: Shell) -> None:
    """It is answered with a code; people are shown the figures as lines."""
    opened = shell.json("objection", "open", shell.desk, "--editor", "bob", typed="free.example\n")
    assert opened["entries"] == []
    shell.run("objection", "decide", shell.desk, opened["ticket"], "--editor", "alice", "--code", "not_listed")
    assert "objections:\n  received: 1\n  upheld: 0\n  open: 0\n" in shell.run("figures", shell.desk).stdout
