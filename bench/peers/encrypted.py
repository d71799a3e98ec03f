"""unbound and dnsdist with doors for DoT and DoH as well, on one thread as before."""

from __future__ import annotations

from bench.peers.dnsdist import Dnsdist
from bench.peers.unbound import Unbound
from tests.support.certificates import Authority, Issued
from tests.support.ports import free_port

DOH_PATH = "/dns-query"
_CONNECTIONS = 200  # at once, more than the load opens


class EncryptedUnbound(Unbound):
    """As `Unbound`, with a certificate of its own."""

    def prepare(self, upstream: int, listed: int, features: bool) -> list[str]:
        command = super().prepare(upstream, listed, features)
        self.dot_port, self.doh_port = free_port(), free_port()
        with (self.folder / "unbound.conf").open("a") as config:
            config.write(unbound_doors(_issued(self), self.dot_port, self.doh_port))
        return command


class EncryptedDnsdist(Dnsdist):
    """As `Dnsdist`, with a certificate of its own."""

    def prepare(self, upstream: int, listed: int, features: bool) -> list[str]:
        command = super().prepare(upstream, listed, features)
        self.dot_port, self.doh_port = free_port(), free_port()
        with (self.folder / "dnsdist.conf").open("a") as config:
            config.write(dnsdist_doors(_issued(self), self.dot_port, self.doh_port))
        return command


def unbound_doors(issued: Issued, dot_port: int, doh_port: int) -> str:
    return f"""\
server:
  interface: 127.0.0.1@{dot_port}
  interface: 127.0.0.1@{doh_port}
  tls-port: {dot_port}
  https-port: {doh_port}
  http-endpoint: "{DOH_PATH}"
  tls-service-pem: "{issued.certificate}"
  tls-service-key: "{issued.key}"
  incoming-num-tcp: {_CONNECTIONS}
"""


def dnsdist_doors(issued: Issued, dot_port: int, doh_port: int) -> str:
    files = f'"{issued.certificate}", "{issued.key}"'
    return f"""\
addTLSLocal("127.0.0.1:{dot_port}", {files})
addDOHLocal("127.0.0.1:{doh_port}", {files}, "{DOH_PATH}")
"""


def _issued(server: Unbound | Dnsdist) -> Issued:
    return Authority(server.folder / "tls").issue("resolver.isp.example", ips=("127.0.0.1",))
