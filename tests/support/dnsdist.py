"""dnsdist as a child of a test: the front end for transports the resolver leaves to others."""

from __future__ import annotations

import contextlib
import re
import ssl
from pathlib import Path

from tests.support.asking import exchange, query
from tests.support.daemon import Daemon
from tests.support.ports import free_port
from tests.support.processes import Child
from tests.support.tools import require

DOCUMENT = Path(__file__).parents[2] / "docs" / "operators" / "doq.md"
LISTENERS = """\
addLocal("127.0.0.1:{0.port}")
addTLSLocal("127.0.0.1:{0.dot_port}", "{1[certificate]}", "{1[key]}")
addDOHLocal("127.0.0.1:{0.doh_port}", "{1[certificate]}", "{1[key]}", "{0.doh_path}")
"""


class Dnsdist:
    """In front of a daemon, which it asks over DoT; it has the daemon's certificate and the attributes of one."""

    def __init__(self, folder: Path, daemon: Daemon) -> None:
        self.port, self.dot_port, self.doh_port = free_port(), free_port(), free_port()
        self.tls_name, self.doh_path = daemon.tls_name, daemon.doh_path
        self._daemon = daemon
        config = folder / "dnsdist.conf"
        config.write_text(self._configuration())
        command = [require("dnsdist")["dnsdist"], "--supervised", "--disable-syslog", "-C", str(config)]
        self._child = Child(command, folder / "dnsdist.out")
        self._child.wait_for(self._answers, "dnsdist")

    def _configuration(self) -> str:
        """What the document shows, with other doors for QUIC's, which the dnsdist of Debian 12 does not have."""
        shown = re.search(r"```lua\n(.*?)```", DOCUMENT.read_text(), re.S)
        assert shown is not None
        lines = [line for line in shown[1].splitlines() if not line.startswith("addDOQLocal(")]
        replaced = {
            "192.0.2.54:853": f"127.0.0.1:{self._daemon.dot_port}",
            "/etc/ssl/certs/ca-certificates.crt": str(self._daemon.ca.pem),
            "192.0.2.0/24": "127.0.0.0/8",
        }
        text = "\n".join(lines)
        for old, new in replaced.items():
            assert text.count(old) == 1
            text = text.replace(old, new)
        return LISTENERS.format(self, self._daemon.settings["tls"]) + text

    def trust(self) -> ssl.SSLContext:
        """What a client needs to verify it by name."""
        return self._daemon.trust()

    def stop(self) -> None:
        self._child.stop()

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            return exchange(query("localhost").to_wire(), self.port, "tcp", timeout=1.0) is not None
        return False
