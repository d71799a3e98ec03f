"""unbound, one thread, the list as RPZ, everything else forwarded and kept."""

from __future__ import annotations

from bench.peers.rpz import write_zone
from bench.peers.server import Server
from bench.peers.tools import find

RATE = 1_000_000  # queries a second an address may ask, where the rate limit is measured


class Unbound(Server):
    name = "unbound"

    def prepare(self, upstream: int, listed: int, features: bool) -> list[str]:
        zone = write_zone(self.folder / "rpz.zone", listed)
        config = self.folder / "unbound.conf"
        config.write_text(configuration(self.port, upstream, str(self.folder), str(zone), features=features))
        return [find("unbound"), "-d", "-p", "-c", str(config)]


def configuration(port: int, upstream: int, folder: str, zone: str, *, features: bool = False) -> str:
    """Caches that hold every name of the workloads; buffers of 4 MiB, as all peers have them."""
    limit = f"  ip-ratelimit: {RATE}\n" if features else ""
    return f"""\
server:
  interface: 127.0.0.1
  interface: ::1
  port: {port}
  access-control: 127.0.0.0/8 allow
  access-control: ::1/128 allow
  username: ""
  chroot: ""
  pidfile: ""
  directory: "{folder}"
  use-syslog: no
  verbosity: 0
  statistics-interval: 0
  extended-statistics: no
  num-threads: 1
  so-rcvbuf: 4m
  so-sndbuf: 4m
  module-config: "respip iterator"
  do-not-query-localhost: no
  minimal-responses: yes
  prefetch: no
  msg-cache-size: 512m
  rrset-cache-size: 1024m
  msg-cache-slabs: 1
  rrset-cache-slabs: 1
  infra-cache-slabs: 1
  key-cache-slabs: 1
  outgoing-range: 8192
  num-queries-per-thread: 4096
{limit}rpz:
  name: rpz.test
  zonefile: "{zone}"
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@{upstream}
remote-control:
  control-enable: no
"""
