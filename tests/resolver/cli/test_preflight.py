"""`mamori preflight` as an operator types it, on a machine where everything is as it must be."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from blocklist.trust.local.preflight import REPORT_NAME, load_report, public_key
from blocklist.trust.storage.host_key import load_or_create
from resolver.cli import main
from resolver.cli import preflight as module
from resolver.preflight.attested import template
from tests.resolver.cli.at_terminal import StandIn
from tests.support.preflight import Stage, fill_in, write_attestations
from tests.support.tools import require_root

NOBODY = 65534


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage(tmp_path)
    monkeypatch.setattr("resolver.cli.preflight.this_host", stage.host)
    write_attestations(stage.loaded(), stage.attestations, stage.host.now())
    return stage


def typed(stage: Stage, *words: str) -> Result:
    return CliRunner().invoke(main, ["preflight", "--config", str(stage.config), *words])


def attested(stage: Stage, *words: str) -> Result:
    return typed(stage, "--attestations", str(stage.attestations), *words)


def test_what_passes_is_signed_and_kept_where_the_resolver_looks(stage: Stage) -> None:
    """Exit code 0; Japanese first, then English; the file vouches for the list."""
    done = attested(stage)
    assert (done.exit_code, done.stderr.count("no resolver runs")) == (0, 1), done.output
    assert done.stdout.index("結果: 合格") < done.stdout.index("Result: passed")
    state = stage.folder / "state"
    report = load_report(state, public_key(load_or_create(state)))
    assert report is not None
    assert (report.passed, report.vouched, report.host) == (True, ("demo",), "resolver-1.isp.example")


def test_what_fails_says_what_to_do(stage: Stage) -> None:
    """Exit code 1, the remedy below the fault; nothing new is vouched for."""
    stage.settings["laptop"] = True
    stage.loaded()
    done = attested(stage, "--language", "ja")
    assert done.exit_code == 1
    assert "[不合格] 試用スイッチ laptop" in done.stdout
    assert "    対処: 設定ファイルから `laptop` の行を削除してください。" in done.stdout
    assert "To do" not in done.stdout
    assert json.loads((stage.folder / "state" / REPORT_NAME).read_bytes())["vouched"] == []


def test_a_forgotten_option_takes_no_promise_back(stage: Stage) -> None:
    """The report that passed stays where the machine is well and only the file of attestations was not named."""
    attested(stage)
    before = (stage.folder / "state" / REPORT_NAME).read_bytes()
    done = typed(stage)
    assert (done.exit_code, "nothing was kept" in done.stderr) == (1, True)
    assert (stage.folder / "state" / REPORT_NAME).read_bytes() == before
    stage.settings["laptop"] = True
    stage.loaded()
    assert (typed(stage).exit_code, json.loads((stage.folder / "state" / REPORT_NAME).read_bytes())["passed"]) == (
        1,
        False,
    )


def test_copies_for_the_file_can_be_verified_elsewhere(stage: Stage) -> None:
    """Text and signed data, by the public key the command shows; another key, or a changed byte, is refused."""
    done = attested(stage, "--out", str(stage.folder / "file"))
    [data] = (stage.folder / "file").glob("preflight-resolver-1.isp.example-*.json")
    assert data.with_suffix(".txt").read_text() == done.stdout
    key = json.loads(data.read_bytes())["key"]
    assert key in done.stdout
    good = typed(stage, "--verify", str(data), "--key", key, "--language", "en")
    assert (good.exit_code, good.stdout.splitlines()[2]) == (0, "Result: passed")
    bad = typed(stage, "--verify", str(data), "--key", "00" * 32)
    assert (bad.exit_code, "not signed by this host" in bad.stderr) == (1, True)
    data.write_bytes(data.read_bytes().replace(b"passed", b"passes", 1))
    assert typed(stage, "--verify", str(data), "--key", key).exit_code == 1
    assert typed(stage, "--verify", str(data), "--key", "abc").exit_code == 64
    assert typed(stage, "--verify", str(stage.folder / "none"), "--key", key).exit_code == 1


def test_the_template_filled_in_is_what_is_asked(stage: Stage) -> None:
    """Every entry of it and no other; not filled in, each of them fails."""
    form = typed(stage, "--template")
    assert form.stdout == template(stage.loaded())
    stage.attestations.write_text(form.stdout)
    empty = attested(stage, "--language", "en")
    assert empty.exit_code == 1
    assert empty.stdout.count("[FAILED]") == len(yaml.safe_load(form.stdout))
    stage.attestations.write_text(yaml.safe_dump(fill_in(form.stdout, stage.host.now())))
    assert attested(stage).exit_code == 0


def test_the_file_may_stand_in_the_settings(stage: Stage) -> None:
    """So that the command needs no option."""
    stage.settings["preflight"] = {"attestations": "attestations.yaml"}
    stage.loaded()
    assert typed(stage).exit_code == 0


def test_a_report_does_not_outlive_what_it_rests_on(stage: Stage) -> None:
    """Attestations of thirty days ago leave it sixty, however often it is made anew."""
    write_attestations(stage.loaded(), stage.attestations, stage.host.now() - 30 * 86_400)
    assert attested(stage).exit_code == 0
    document = json.loads((stage.folder / "state" / REPORT_NAME).read_bytes())
    left = datetime.fromisoformat(document["not_after"]) - datetime.fromisoformat(document["made_at"])
    assert 60 <= left.days <= 61


def test_a_running_resolver_is_told(stage: Stage) -> None:
    """It looks at once and says what the report is worth to it."""
    with StandIn(stage.folder / "state", {"ok": True, "text": "the preflight report is valid"}) as resolver:
        done = attested(stage)
    assert [each["verb"] for each in resolver.asked] == ["preflight"]
    assert "the running resolver: the preflight report is valid" in done.stderr


def test_what_was_vouched_for_stays(stage: Stage) -> None:
    """A later failure withdraws promises, not the list; a damaged report is told and counts for nothing."""
    attested(stage)
    stage.settings["laptop"] = True
    stage.loaded()
    attested(stage)
    path = stage.folder / "state" / REPORT_NAME
    document = json.loads(path.read_bytes())
    assert (document["passed"], document["vouched"]) == (False, ["demo"])
    path.write_bytes(b"{}")
    assert "the report from before is not used" in attested(stage).stderr
    assert json.loads(path.read_bytes())["vouched"] == []


def test_a_folder_that_cannot_be_written_is_told(stage: Stage) -> None:
    """With its place."""
    (stage.folder / "taken").write_text("")
    done = attested(stage, "--out", str(stage.folder / "taken" / "below"))
    assert (done.exit_code, "cannot write into" in done.stderr) == (1, True)


@pytest.mark.root
def test_root_leaves_no_file_the_resolver_cannot_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Key and report belong to whom the state folder belongs to."""
    require_root()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        stage = Stage(Path(folder))
        monkeypatch.setattr("resolver.cli.preflight.this_host", stage.host)
        write_attestations(stage.loaded(), stage.attestations, stage.host.now())
        state = stage.folder / "state"
        os.chown(state, NOBODY, NOBODY)
        assert attested(stage).exit_code == 0
        assert {path.stat().st_uid for path in state.iterdir()} == {NOBODY}
        assert {path.name for path in state.iterdir()} == {"host.key", REPORT_NAME}


def test_the_command_looks_at_this_machine() -> None:
    """What tests replace is the real one otherwise."""
    assert (module.this_host.proc, module.this_host.sys, module.this_host.etc) == (
        *(Path("/proc"), Path("/sys")),
        Path("/etc"),
    )
