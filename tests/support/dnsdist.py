"""dnsdist as a child of a test: the front end for transports the resolver leaves to others."""

from __future__ import annotations

import contextlib
import ssl
from pathlib import Path

from tests.support.asking import exchange, query
from tests.support.daemon import Daemon
from tests.support.ports import free_port
from tests.support.processes import Child
from tests.support.tools import require

CONFIGURATION = """\
setACL({{"127.0.0.0/8", "::1/128"}})
addLocal("127.0.0.1:{front.port}")
addTLSLocal("127.0.0.1:{front.dot_port}", "{certificate}", "{key}")
addDOHLocal("127.0.0.1:{front.doh_port}", "{certificate}", "{key}", "{front.doh_path}")
newServer({{
  address = "127.0.0.1:{daemon.dot_port}",
  tls = "openssl", caStore = "{ca}", subjectName = "{daemon.tls_name}", validateCertificates = true,
  checkName = "localhost.", checkType = "A", mustResolve = true,
}})
"""


class Dnsdist:
    """In front of a daemon, which it asks over DoT; it has the daemon's certificate and the attributes of one."""

    def __init__(self, folder: Path, daemon: Daemon) -> None:
        self.port, self.dot_port, self.doh_port = free_port(), free_port(), free_port()
        self.tls_name, self.doh_path = daemon.tls_name, daemon.doh_path
        self._daemon = daemon
        tls = daemon.settings["tls"]
        config = folder / "dnsdist.conf"
        words = {"certificate": tls["certificate"], "key": tls["key"], "ca": daemon.ca.pem}
        config.write_text(CONFIGURATION.format(front=self, daemon=daemon, **words))
        command = [require("dnsdist")["dnsdist"], "--supervised", "--disable-syslog", "-C", str(config)]
        self._child = Child(command, folder / "dnsdist.out")
        self._child.wait_for(self._answers, "dnsdist")

    def trust(self) -> ssl.SSLContext:
        """What a client needs to verify it by name."""
        return self._daemon.trust()

    def stop(self) -> None:
        self._child.stop()

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            return exchange(query("localhost").to_wire(), self.port, "tcp", timeout=1.0) is not None
        return False
