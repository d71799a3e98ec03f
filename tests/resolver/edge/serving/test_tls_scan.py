"""sslyze looks at what we offer, against Mozilla's "intermediate" profile."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.resolver.edge.encrypted_worker import NAME, EncryptedWorker
from tests.support.tools import unmet

pytestmark = [pytest.mark.daemon, pytest.mark.peers]

SSLYZE = Path(sys.prefix) / "sslyze" / "bin" / "sslyze"
# Beside what the profile asks for by itself. Early data needs a server that answers HTTP/1.1 in it.
MORE = ("reneg", "resum", "compression", "heartbleed", "robot", "fallback", "openssl_ccs", "ems", "elliptic_curves")


@pytest.mark.parametrize("kind", ["dot", "doh"])
def test_the_scanner_finds_nothing_but_a_private_authority(kind: str, tmp_path: Path) -> None:
    """Compliant with the profile; no known attack works, no session is resumed, nothing is compressed."""
    if not SSLYZE.exists():
        unmet("not installed: sslyze (make scanner)")
    world = EncryptedWorker(tmp_path / "world")
    try:
        found = scan(world, kind, tmp_path / "found.json")
    finally:
        assert world.worker.close() == ""
    assert found["tls_compression"] == {"supports_compression": False}
    assert found["openssl_ccs_injection"] == {"is_vulnerable_to_ccs_injection": False}
    assert found["heartbleed"] == {"is_vulnerable_to_heartbleed": False}
    assert found["robot"]["robot_result"] == "NOT_VULNERABLE_RSA_NOT_SUPPORTED"
    assert found["tls_fallback_scsv"] == {"supports_fallback_scsv": True}
    assert found["tls_extended_master_secret"] == {"supports_ems_extension": True}
    assert not found["session_renegotiation"]["is_vulnerable_to_client_renegotiation_dos"]
    assert found["session_resumption"]["session_id_successful_resumptions_count"] == 0
    assert found["session_resumption"]["tls_ticket_successful_resumptions_count"] == 0
    curves = {each["name"] for each in found["elliptic_curves"]["supported_curves"]}
    assert curves == {"X25519", "secp256r1", "secp384r1"}


def scan(world: EncryptedWorker, kind: str, report: Path) -> dict[str, Any]:
    """Every scan's result by its name; the scanner's exit code says whether the profile is kept."""
    place, authority = f"127.0.0.1:{world.ports[kind]}", str(world.authority.pem)
    options = ["--mozilla_config", "intermediate", "--certinfo_ca_file", authority, "--sni", NAME]
    options += [f"--{each}" for each in MORE]
    done = subprocess.run(
        [str(SSLYZE), *options, "--json_out", str(report), place],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-1500:]
    results = json.loads(report.read_text())["server_scan_results"][0]["scan_result"]
    asked = {name: each for name, each in results.items() if each["status"] != "NOT_SCHEDULED"}
    assert {each["status"] for each in asked.values()} == {"COMPLETED"}
    return {name: each["result"] for name, each in asked.items()}
