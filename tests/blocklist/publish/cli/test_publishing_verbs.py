"""`stamp`, as a daemon, and `nginx`."""

from __future__ import annotations

import json
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve
from click.testing import CliRunner

from blocklist.publish.cli import main
from blocklist.publish.cli.publishing_verbs import Teller
from blocklist.publish.keys.keyfiles import new_signing_key
from blocklist.publish.publication import drop
from blocklist.publish.publication.outlet import Outlet
from tests.blocklist.publish.client import Client
from tests.blocklist.publish.signers import Signers
from tests.blocklist.publish.support import PASSPHRASE
from tests.support.processes import Child

COMMAND = [sys.executable, "-c", "from blocklist.publish.cli import main; main()"]


def online_machine(folder: Path) -> tuple[Signers, bytes]:
    """A folder `keys` as the online machine has it: two key files, root.json, and the passphrase in a file."""
    signers = Signers()
    for role in ("snapshot", "timestamp"):
        key = new_signing_key(_made(folder / "keys") / f"{role}.pem", PASSPHRASE)
        signers = evolve(signers, **{role: [key]})
    now = datetime.now(UTC).replace(microsecond=0)
    root = signers.make_root(now=now)
    (folder / "keys" / "root.json").write_bytes(root)
    (folder / "passphrase").write_bytes(PASSPHRASE)
    return signers, root


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def test_the_daemon_publishes_what_is_dropped_tells_and_ends(tmp_path: Path) -> None:
    """A real process: two mirrors, a hint, a status file, events as JSON, and SIGTERM."""
    signers, root = online_machine(tmp_path)
    now = datetime.now(UTC)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(30)
        words = ["stamp", "--daemon", "--drop", tmp_path / "drop", "--keys", tmp_path / "keys", "--json"]
        words += ["--passphrase-file", tmp_path / "passphrase", "--status", tmp_path / "status.json"]
        words += ["--hint", f"127.0.0.1:{listener.getsockname()[1]}", tmp_path / "one", tmp_path / "two"]
        child = Child([*COMMAND, *map(str, words)], tmp_path / "output")
        child.wait_for(lambda: '"ready"' in child.text(), "the daemon")
        roles = (signers.make("targets", 1, days=3000), signers.make("keyring", 1, days=3000))
        drop.put(tmp_path / "drop", roles, now)
        assert listener.recv(100)
        for out in ("one", "two"):
            assert Client(tmp_path / out, tmp_path / f"at-{out}", root, now).versions()["targets"] == 1
        drop.put(tmp_path / "drop", (signers.make("targets", 2, by=()),), now)
        child.wait_for(lambda: '"refused"' in child.text(), "the refusal")
        child.wait_for(lambda: _status(tmp_path)["refused"] == 1, "the status file")
        assert child.stop() == 0
    lines = [json.loads(line) for line in child.text().splitlines()]
    assert [line["event"] for line in lines if "event" in line] == ["ready", "published", "refused"]


def _status(folder: Path) -> dict[str, int]:
    found: dict[str, int] = json.loads((folder / "status.json").read_bytes())
    return found


def test_one_stamp_without_a_desk(tmp_path: Path) -> None:
    """As a timer would run it."""
    signers, root = online_machine(tmp_path)
    roles = (signers.make("targets", 1, days=3000), signers.make("keyring", 1, days=3000))
    Outlet(tmp_path / "out").publish(root, roles, signers.online, datetime.now(UTC))
    words = ["stamp", str(tmp_path / "out"), "--keys", str(tmp_path / "keys")]
    words += ["--passphrase-file", str(tmp_path / "passphrase")]
    before = Outlet(tmp_path / "out").version_of("timestamp")
    found = json.loads(CliRunner().invoke(main, [*words, "--json"], catch_exceptions=False).stdout)
    assert found["timestamp"] > before


@pytest.mark.parametrize("words", [("--daemon",), ("--daemon", "--drop", "drop"), ("one", "two", "three")])
def test_a_daemon_needs_its_folders(words: tuple[str, ...]) -> None:
    """Wrong use is exit code 2."""
    assert CliRunner().invoke(main, ["stamp", "out", *words]).exit_code == 2


def test_nginx_prints_a_configuration(tmp_path: Path) -> None:
    """For a folder or for a cache, as text or in JSON."""
    words = ["nginx", "--server-name", "list.example", "--certificate", "/c.pem", "--key", "/c.key"]
    served = CliRunner().invoke(main, [*words, str(tmp_path), "--client-ca", "/ca.pem"]).stdout
    assert f'root "{tmp_path}";' in served
    assert "ssl_verify_client on;" in served
    cached = CliRunner().invoke(main, [*words, "--cache", "https://origin.example/", "--json"]).stdout
    assert 'proxy_pass "https://origin.example";' in json.loads(cached)["nginx"]
    for wrong in ([], [str(tmp_path), "--cache", "https://origin.example/"]):
        assert CliRunner().invoke(main, [*words, *wrong]).exit_code == 2


def test_an_alarm_is_told_once_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that stays full does not fill the log."""
    teller = Teller(as_json=False)
    for text in ("full", "full", "other"):
        teller.alarm(text)
    teller.say("stamped", {"version": 3})
    captured = capsys.readouterr()
    assert (captured.err, captured.out) == ("ALARM full\nALARM other\n", "stamped version=3\n")


def test_a_daemon_with_a_wrong_passphrase_ends_at_once(tmp_path: Path) -> None:
    """Exit code 2, and what is wrong."""
    online_machine(tmp_path)
    (tmp_path / "passphrase").write_bytes(b"another passphrase of somebody")
    words = ["stamp", "--daemon", "--drop", tmp_path / "drop", "--keys", tmp_path / "keys", tmp_path / "out"]
    words += ["--passphrase-file", tmp_path / "passphrase"]
    ended = CliRunner().invoke(main, [*map(str, words)])
    assert (ended.exit_code, "do not open with this passphrase" in ended.stderr) == (2, True)
