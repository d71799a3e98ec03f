"""`mamori check-config`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from blocklist.trust.local.preflight import REPORT_NAME
from resolver.cli import main
from tests.resolver.cli.at_terminal import Terminal, settings
from tests.support.preflight import Stage, pass_preflight
from tests.support.tools import require_root

NOBODY = 65534
NO_REPORT = (
    "warning: preflight: a start would be refused: list demo may not be enforced before the preflight of this host has "
    "passed: run `mamori preflight --config FILE` with this settings file, and do what it says (to try it out only: "
    "`preflight: {required: false}`)\n"
)


def test_a_good_file_is_called_good(terminal: Terminal) -> None:
    """Exit code 0 and the lists it enforces."""
    result = terminal.type("check-config", str(terminal.config))
    assert (result.exit_code, result.stderr) == (0, NO_REPORT)
    assert result.stdout.endswith("good. Lists to enforce: demo.\n")


def test_views_are_shown_in_order(terminal: Terminal) -> None:
    """Who meets what, before anybody does."""
    terminal.write(settings() | {"views": [{"name": "mail", "from": ["10.0.0.25/32"], "lists": []}]})
    result = terminal.type("check-config", str(terminal.config))
    assert (result.exit_code, result.stderr) == (0, NO_REPORT)
    assert result.stdout.splitlines()[1:] == [
        "view mail · from 10.0.0.25/32 · NO LISTS",
        "clients of no view · all lists",
    ]


def test_a_report_that_vouches_is_no_matter_to_tell_of(tmp_path: Path) -> None:
    """Passed: silence; else a warning, which says whether a start would be refused. No key is made by looking."""
    stage = Stage(tmp_path)

    def warned() -> str:
        return CliRunner().invoke(main, ["check-config", str(stage.config)]).stderr

    stage.loaded()
    assert warned() == NO_REPORT
    assert not (stage.folder / "state" / "host.key").exists()
    pass_preflight(stage.config, stage.folder)
    assert warned() == ""
    stage.settings["answer"] = {"ttl": 5}
    stage.loaded()
    assert "preflight: the report was made for other" in warned()
    (stage.folder / "state" / REPORT_NAME).write_bytes(b"{}")
    assert "preflight: a start would be refused" in warned()
    held = stage.folder / "state" / "lists" / "demo" / "versions"
    held.mkdir(parents=True)
    (held / "1.sealed").write_bytes(b"")
    assert "preflight: the report cannot be used" in warned()
    (stage.folder / "state" / REPORT_NAME).unlink()
    assert "preflight: the report is missing" in warned()


def test_what_to_think_about_is_a_warning(terminal: Terminal) -> None:
    """A laptop switch is legal, but told."""
    terminal.write(settings() | {"laptop": True})
    result = terminal.type("check-config", str(terminal.config))
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: laptop:")


def test_faults_have_their_lines(terminal: Terminal) -> None:
    """Exit code 78, one fault a line."""
    terminal.config.write_text("listen: ['127.0.0.1:53']\nupstreams: []\nanswer: {ttl: 0}\n")
    result = terminal.type("check-config", str(terminal.config))
    assert result.exit_code == 78
    assert "line 3: answer.ttl: expected a number from 1 to 60 seconds, found 0" in result.stderr


@pytest.mark.root
def test_what_only_root_can_read_is_warned_of() -> None:
    """Checked by root, started as another user: a file of 0600 would keep the resolver down."""
    require_root()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        terminal, secrets = Terminal(Path(folder)), Path(folder) / "secrets"
        secrets.write_text("00" * 16)
        os.chown(secrets, 0, NOBODY)
        os.chown(terminal.state, NOBODY, NOBODY)
        terminal.write(settings() | {"state": str(terminal.state), "cookies": {"secrets": str(secrets)}})
        told = {}
        for mode in (0o600, 0o640):
            secrets.chmod(mode)
            result = terminal.type("check-config", str(terminal.config))
            assert result.exit_code == 0
            told[mode] = result.stderr
    assert f"cookies.secrets: cannot read {secrets}: Permission denied, for nobody" in told[0o600]
    assert told[0o640] == NO_REPORT
