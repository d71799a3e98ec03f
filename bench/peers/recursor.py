"""pdns-recursor, one thread, the list as RPZ, everything else forwarded and kept in its packet cache."""

from __future__ import annotations

from bench.peers.rpz import write_zone
from bench.peers.server import Server
from bench.peers.tools import find


class Recursor(Server):
    name = "pdns-recursor"

    def prepare(self, upstream: int, listed: int, features: bool) -> list[str]:
        zone = write_zone(self.folder / "rpz.zone", listed)
        lists = self.folder / "lists.lua"
        lists.write_text(f'rpzFile("{zone}", {{policyName="bench"}})\n')
        (self.folder / "recursor.conf").write_text(configuration(self.port, upstream, str(self.folder), str(lists)))
        return [find("pdns_recursor"), f"--config-dir={self.folder}"]


def configuration(port: int, upstream: int, folder: str, lists: str) -> str:
    """It has no setting for the size of its UDP buffers, and no rate limit."""
    return f"""\
local-address=127.0.0.1, ::1
local-port={port}
allow-from=127.0.0.0/8, ::1/128
daemon=no
disable-syslog=yes
quiet=yes
loglevel=3
threads=1
pdns-distributes-queries=no
reuseport=no
socket-dir={folder}
write-pid=no
security-poll-suffix=
dnssec=off
qname-minimization=no
dont-query=
forward-zones-recurse=.=127.0.0.1:{upstream}
lua-config-file={lists}
max-cache-entries=4000000
max-packetcache-entries=4000000
packetcache-ttl=86400
max-mthreads=8192
"""
