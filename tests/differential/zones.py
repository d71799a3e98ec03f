"""Zones full of odd shapes, served by a real knotd that signs two of them, with a validating unbound in front."""

from __future__ import annotations

from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype

from tests.support.ports import free_port
from tests.support.processes import Child
from tests.support.tools import require

PLAIN, NSEC, NSEC3, BOGUS = "plain.test.", "nsec.test.", "nsec3.test.", "bogus.test."
CHAIN_MAX = 15
TEXT_STRINGS = 254
"""Of 255 bytes each: one TXT record of 65,024 bytes, as large as a message can carry."""

_TYPES = """\
many 300 A 192.0.2.1
many 300 AAAA 2001:db8::1
many 300 MX 10 mail
many 300 MX 20 mail.elsewhere.test.
many 300 TXT "one" "two \\"quoted\\" \\255\\000"
many 300 SRV 1 2 443 mail
many 300 NAPTR 10 20 "s" "SIP+D2U" "" _sip._udp
many 300 CAA 0 issue "ca.test"
many 300 SSHFP 4 2 0102030405060708091011121314151617181920212223242526272829303132
many 300 TLSA 3 1 1 0102030405060708091011121314151617181920212223242526272829303132
many 300 HINFO "cpu" "os"
many 300 RP owner text
many 300 LOC 35 41 22.0 N 139 41 30.0 E 40m
many 300 URI 10 1 "https://many.test/"
many 300 SVCB 1 mail alpn=h2 port=8443 ipv4hint=192.0.2.9
many 300 HTTPS 1 . alpn=h2,h3
many 300 TYPE65280 \\# 5 0102030405
many 300 TYPE1234 \\# 0
many 300 DNSKEY 256 3 13 AQID
many 300 AFSDB 1 mail
many 300 NSEC3PARAM 1 0 0 -
many 300 CDS 0 0 0 00
many 300 EUI48 00-00-5e-00-53-2a
many 300 PTR many
mail 240 A 192.0.2.25
mail 240 AAAA 2001:db8::25
owner 240 TXT "somebody"
zero 0 A 192.0.2.3
week 604800 A 192.0.2.4
year 31536000 A 192.0.2.5
*.wild 120 A 192.0.2.6
*.wild 120 TXT "wild"
deep.*.wild 120 A 192.0.2.7
real.wild 120 A 192.0.2.8
a.b.c.empty 240 A 192.0.2.10
tree 240 DNAME target.tree.elsewhere
target.tree.elsewhere 240 A 192.0.2.11
x.target.tree.elsewhere 240 A 192.0.2.12
xx.yy.target.tree.elsewhere 240 CNAME many
out 240 CNAME many.nsec.test.
out3 240 CNAME many.nsec3.test.
nowhere 240 CNAME gone
nodata 240 CNAME mail
\\000\\001\\255 240 A 192.0.2.13
a\\.dot 240 A 192.0.2.14
MiXeD 240 A 192.0.2.15
_dmarc 240 TXT "v=DMARC1; p=none"
_8443._tcp 240 TLSA 3 1 1 0102030405060708091011121314151617181920212223242526272829303132
1.2.3 240 PTR many
cut 240 NS ns.cut
ns.cut 240 A 192.0.2.53
"""
_UNSIGNED_ONLY = {"DNSKEY", "NSEC3PARAM", "CDS", "year"}
"""A signing server makes the first three itself, and signs nothing for so long as the last would be kept."""


def zone_text(name: str, *, signed: bool) -> str:
    """One zone with every shape; `$ORIGIN` is its own name."""
    lines = [line for line in _TYPES.splitlines() if not signed or not _UNSIGNED_ONLY & set(line.split())]
    lines += [f"chain{number} 90 CNAME chain{number - 1}" for number in range(1, CHAIN_MAX + 1)]
    lines += ["chain0 90 A 192.0.2.100"]
    lines += [f"crowd 60 A 198.51.100.{number}" for number in range(1, 255)]
    lines += [f"n{number} {number + 30} A 203.0.113.{number}" for number in range(1, 101)]
    lines += [f"{'l' * 63}.{'m' * 63}.{'n' * 63} 60 A 192.0.2.16", ".".join("d" * 100) + " 60 A 192.0.2.17"]
    lines += ["text 60 TXT " + " ".join(f'"{"t" * 255}"' for _ in range(TEXT_STRINGS))]
    head = f"$ORIGIN {name}\n@ 3600 SOA ns admin 1 3600 600 86400 120\n@ 3600 NS ns\nns 3600 A 127.0.0.1\n"
    return head + "\n".join(lines) + "\n"


_POLICY = "    single-type-signing: on\n    rrsig-lifetime: 30d\n    rrsig-refresh: 10d\n"


class Servers:
    """knotd for the zones, unbound before it; both on loopback ports of their own."""

    def __init__(self, folder: Path) -> None:
        tools = require("knotd", "unbound")
        self.folder = folder
        self.authority, self.resolver = free_port(), free_port()
        for name in (PLAIN, NSEC, NSEC3, BOGUS):
            (folder / f"{name}zone").write_text(zone_text(name, signed=name != PLAIN))
        self._knotd = Child([tools["knotd"], "-c", str(self._knot_config())], folder / "knotd.out")
        self._knotd.wait_for(self._all_signed, "the signed zones")
        self._unbound = Child([tools["unbound"], "-d", "-p", "-c", str(self._unbound_config())], folder / "unbound.out")
        self._unbound.wait_for(lambda: self._answers(self.resolver, "mail." + NSEC3, "A"), "unbound")

    def stop(self) -> None:
        self._unbound.stop()
        self._knotd.stop()

    def _all_signed(self) -> bool:
        return all(self._answers(self.authority, name, "DNSKEY") for name in (NSEC, NSEC3, BOGUS))

    def _answers(self, port: int, name: str, rtype: str) -> bool:
        query = dns.message.make_query(name, rtype)
        try:
            return bool(dns.query.tcp(query, "127.0.0.1", port=port, timeout=0.5).answer)
        except (OSError, dns.exception.DNSException):
            return False

    def _knot_config(self) -> Path:
        zones = f"  - domain: {PLAIN}\n    file: {PLAIN}zone\n" + "".join(
            f"  - domain: {name}\n    file: {name}zone\n    dnssec-signing: on\n    dnssec-policy: {policy}\n"
            for name, policy in ((NSEC, "chain"), (NSEC3, "hashed"), (BOGUS, "chain"))
        )
        (self.folder / "knot-db").mkdir()
        config = self.folder / "knot.conf"
        config.write_text(
            f"server:\n  listen: 127.0.0.1@{self.authority}\n  rundir: {self.folder}\n"
            f"database:\n  storage: {self.folder / 'knot-db'}\nlog:\n  - target: stderr\n    any: error\n"
            f"policy:\n  - id: chain\n{_POLICY}  - id: hashed\n{_POLICY}"
            "    nsec3: on\n    nsec3-iterations: 0\n    nsec3-salt-length: 4\n"
            f"template:\n  - id: default\n    storage: {self.folder}\n    zonefile-sync: -1\nzone:\n{zones}"
        )
        return config

    def _unbound_config(self) -> Path:
        """It trusts the keys of two zones, and for the third a key that is not the one it is signed with."""
        anchors = {NSEC: self._key(NSEC), NSEC3: self._key(NSEC3), BOGUS: self._key(NSEC)}
        lines = "".join(f'  trust-anchor: "{name} DNSKEY {key}"\n' for name, key in anchors.items())
        stubs = "".join(
            f'stub-zone:\n  name: "{name}"\n  stub-addr: 127.0.0.1@{self.authority}\n  stub-prime: no\n'
            for name in (PLAIN, NSEC, NSEC3, BOGUS)
        )
        config = self.folder / "unbound.conf"
        config.write_text(
            f'server:\n  interface: 127.0.0.1\n  port: {self.resolver}\n  username: ""\n  chroot: ""\n  pidfile: ""\n'
            f'  directory: "{self.folder}"\n  use-syslog: no\n  verbosity: 0\n  do-not-query-localhost: no\n'
            '  module-config: "validator iterator"\n  num-threads: 1\n  ede: yes\n  minimal-responses: no\n'
            '  local-zone: "test." nodefault\n  tcp-upstream: yes\n  cache-max-ttl: 31536000\n'
            f"{lines}remote-control:\n  control-enable: no\n{stubs}"
        )
        return config

    def _key(self, zone: str) -> str:
        answer = dns.query.tcp(dns.message.make_query(zone, "DNSKEY"), "127.0.0.1", port=self.authority, timeout=5)
        rrset = answer.get_rrset(answer.answer, dns.name.from_text(zone), dns.rdataclass.IN, dns.rdatatype.DNSKEY)
        assert rrset is not None
        return next(str(key.to_text()) for key in rrset)
