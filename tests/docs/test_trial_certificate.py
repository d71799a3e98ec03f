"""The certificate a page has its reader make, made as it says there."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from resolver.settings.certificate import pair_faults, pair_warnings
from resolver.settings.transports import Tls
from tests.docs.test_links import ROOT
from tests.support.tools import require

PAGE = ROOT / "docs" / "operators" / "encrypted.md"
COMMAND = re.compile(r"^    (openssl (?:.*\\\n)*.*)$", re.MULTILINE)


def test_the_certificate_for_a_trial_is_one_we_take(tmp_path: Path) -> None:
    """The commands run as printed; what they make has no fault and no warning, with the page's name and address."""
    require("openssl")
    commands = COMMAND.findall(PAGE.read_text("utf-8"))
    assert len(commands) == 3
    for command in commands:
        subprocess.run(["sh", "-ec", command], cwd=tmp_path, check=True, capture_output=True)
    tls = Tls(certificate=tmp_path / "cert.pem", key=tmp_path / "key.pem", name="resolver.isp.example")
    assert list(pair_faults(tls)) == []
    assert list(pair_warnings(tls, [ip_address("192.0.2.53")], datetime.now(UTC))) == []
