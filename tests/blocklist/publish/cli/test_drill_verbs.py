"""`drill`."""

from __future__ import annotations

from tests.blocklist.publish.cli.shell import Shell


def test_a_drill_prints_its_steps_and_ok(shell: Shell) -> None:
    """In lines, or as one JSON object."""
    lines = shell.run("drill", "lost-root-key").stdout.splitlines()
    assert lines[0] == "  alice and bob publish version 1 with 20 entries; the ISP enforces it"
    assert lines[-1].startswith("OK lost-root-key: seconds ")
    facts = shell.json("drill", "lost-root-key")
    assert (facts["ok"], facts["root_version"], len(facts["steps"])) == (True, 3, len(lines) - 1)
