"""dnsdist with a packet cache and batches of 64 datagrams, the list as a rule before the cache."""

from __future__ import annotations

from bench.peers.server import Server
from bench.peers.tools import find
from bench.peers.unbound import RATE
from bench.questions import ZONE
from tests.support.daemon import NOTICE_V4

CACHE_ENTRIES = 2_000_000


class Dnsdist(Server):
    name = "dnsdist"

    def prepare(self, upstream: int, listed: int, features: bool) -> list[str]:
        config = self.folder / "dnsdist.conf"
        config.write_text(configuration(self.port, upstream, listed, features=features))
        return [find("dnsdist"), "--supervised", "--disable-syslog", "-C", str(config)]


def configuration(port: int, upstream: int, listed: int, *, features: bool = False) -> str:
    """Rules are looked through in order: the limit, then the list; what neither stops meets the cache.

    `cookieHashing` stays off, so that clients' cookies do not part the cache. dnsdist 1.7 makes no server cookies.
    """
    limit = f"addAction(MaxQPSIPRule({RATE}), DropAction())\n" if features else ""
    return f"""\
setLocal("127.0.0.1:{port}")
addLocal("[::1]:{port}")
setACL({{"127.0.0.0/8", "::1/128"}})
setUDPMultipleMessagesVectorSize(64)
setUDPSocketBufferSizes(4194304, 4194304)
setSecurityPollSuffix("")
setMaxUDPOutstanding(65535)
newServer({{address="127.0.0.1:{upstream}", checkInterval=60}})
getPool(""):setCache(newPacketCache({CACHE_ENTRIES}, {{maxTTL=86400, numberOfShards=1}}))
{limit}local listed = newSuffixMatchNode()
for number = 0, {listed - 1} do
  listed:add(newDNSName(string.format("l%07d.{ZONE}.", number)))
end
addAction(SuffixMatchNodeRule(listed), SpoofAction("{NOTICE_V4}"))
"""
