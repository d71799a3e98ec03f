"""The code on the disk proves that it could run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml

from tests.support.ports import free_port


def settings(folder: Path, **more: object) -> str:
    path = folder / "resolver.yaml"
    plain = {
        "listen": [f"127.0.0.1:{free_port()}"],
        "upstreams": [{"address": "127.0.0.1:9"}],
        "state": "state",
        "workers": 3,
        "laptop": True,
    }
    path.write_text(yaml.safe_dump(plain | more))
    return str(path)


def proof(settings_file: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-m", "resolver.app.prove", settings_file]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_sound_resolver_is_proven(tmp_path: Path) -> None:
    """One JSON line with what the supervisor compares."""
    done = proof(settings(tmp_path))
    said = json.loads(done.stdout)
    assert (done.returncode, said["state"], said["workers"]) == (0, str(tmp_path / "state"), 3)
    assert 1 in said["takes"]


def test_faults_are_told_in_words(tmp_path: Path) -> None:
    """All of them, on stderr, and no proof."""
    done = proof(settings(tmp_path, answer={"ttl": 500}, workers=0))
    assert (done.returncode, done.stdout) == (1, "")
    assert "answer.ttl" in done.stderr
    assert "workers" in done.stderr
    assert "Traceback" not in done.stderr
