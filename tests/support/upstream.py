"""The upstream of the acceptance tests: a validating unbound in front of knotd with an unsigned and two signed zones.

The zones are signed here, with keys made for the run: nothing waits for a daemon to sign, and the anchor is known.
"""

from __future__ import annotations

from pathlib import Path

import dns.dnssec
import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.rdtypes.ANY.DNSKEY
import dns.zone
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.ports import free_port
from tests.support.processes import Child
from tests.support.tools import require

ZONES = Path(__file__).parent / "zones"
Key = tuple[ec.EllipticCurvePrivateKey, dns.rdtypes.ANY.DNSKEY.DNSKEY]


class Upstream:
    """knotd (authoritative) and unbound (validating resolver) on loopback ports of their own."""

    def __init__(self, folder: Path) -> None:
        tools = require("knotd", "unbound")
        self.folder = folder
        self.knot_port, self.port = free_port(), free_port()
        self.anchor = self._write_zones()
        self._knotd = Child([tools["knotd"], "-c", str(self._knot_config())], folder / "knotd.out")
        self._knotd.wait_for(lambda: _answers(self.knot_port, "www.example."), "knotd")
        self._unbound_command = [tools["unbound"], "-d", "-p", "-c", str(self._unbound_config())]
        self.start_resolver()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start_resolver(self) -> None:
        self._unbound = Child(self._unbound_command, self.folder / "unbound.out")
        self._unbound.wait_for(lambda: _answers(self.port, "www.signed.test."), "unbound")

    def stop_resolver(self) -> None:
        self._unbound.stop()

    def stop(self) -> None:
        self._unbound.stop()
        self._knotd.stop()

    def _write_zones(self) -> dns.rdtypes.ANY.DNSKEY.DNSKEY:
        (self.folder / "example.zone").write_text((ZONES / "example.zone").read_text())
        child_key, parent_key = _new_key(), _new_key()
        child = dns.zone.from_file(str(ZONES / "signed-child.zone"), origin="blk.signed.test.", relativize=False)
        self._sign(child, child_key, "signed-child.zone")
        parent = dns.zone.from_file(str(ZONES / "signed.zone"), origin="signed.test.", relativize=False)
        ds = dns.dnssec.make_ds("blk.signed.test.", child_key[1], "SHA256")
        parent.find_rdataset("blk.signed.test.", dns.rdatatype.DS, create=True).add(ds, 300)
        self._sign(parent, parent_key, "signed.zone")
        return parent_key[1]

    def _sign(self, zone: dns.zone.Zone, key: Key, file: str) -> None:
        dns.dnssec.sign_zone(zone, keys=[key], lifetime=86400)
        zone.to_file(str(self.folder / file), relativize=False)

    def _knot_config(self) -> Path:
        zones = {"example": "example.zone", "signed.test": "signed.zone", "blk.signed.test": "signed-child.zone"}
        blocks = "".join(f"  - domain: {name}\n    file: {self.folder / file}\n" for name, file in zones.items())
        config = self.folder / "knot.conf"
        config.write_text(
            f"server:\n  listen: 127.0.0.1@{self.knot_port}\n  rundir: {self.folder}\n"
            f"database:\n  storage: {self.folder / 'knot-db'}\n"
            "log:\n  - target: stderr\n    any: warning\n"
            f"template:\n  - id: default\n    zonefile-sync: -1\n    journal-content: none\nzone:\n{blocks}"
        )
        return config

    def _unbound_config(self) -> Path:
        stubs = "".join(
            f'stub-zone:\n  name: "{name}"\n  stub-addr: 127.0.0.1@{self.knot_port}\n  stub-prime: no\n'
            for name in ("example", "signed.test", "blk.signed.test")
        )
        zones = (
            (".", "static"),
            ("example.", "transparent"),
            ("signed.test.", "transparent"),
        )  # no test asks the Internet
        options = "ede: yes\n  minimal-responses: no" + "".join(
            f'\n  local-zone: "{name}" {kind}' for name, kind in zones
        )
        return _write_unbound_config(self.folder, self.port, self.anchor, options, stubs)


class Validator:
    """An unbound that forwards all questions to one resolver (`address@port`) and validates what it says.

    With `ca` it asks over DoT, and the forwarder's name (`address@port#name`) is verified.
    """

    def __init__(
        self, folder: Path, forwarder: str, anchor: dns.rdtypes.ANY.DNSKEY.DNSKEY, ca: Path | None = None
    ) -> None:
        self.port = free_port()
        options = "ede: yes" if ca is None else f'ede: yes\n  tls-cert-bundle: "{ca}"'
        forward = f'forward-zone:\n  name: "."\n  forward-addr: {forwarder}\n  forward-tls-upstream: {_yes(ca)}\n'
        config = _write_unbound_config(folder, self.port, anchor, options, forward)
        command = [require("unbound")["unbound"], "-d", "-p", "-c", str(config)]
        self._unbound = Child(command, folder / "unbound.out")
        self._unbound.wait_for(lambda: _answers(self.port, "www.signed.test."), "the unbound behind the resolver")

    def stop(self) -> None:
        self._unbound.stop()


def _yes(what: object) -> str:
    return "yes" if what else "no"


def _write_unbound_config(
    folder: Path, port: int, anchor: dns.rdtypes.ANY.DNSKEY.DNSKEY, options: str, zones: str
) -> Path:
    """A validating unbound on loopback: `options` in its server clause, `zones` behind it."""
    config = folder / "unbound.conf"
    config.write_text(
        f'server:\n  interface: 127.0.0.1\n  port: {port}\n  username: ""\n  chroot: ""\n  pidfile: ""\n'
        f'  directory: "{folder}"\n  use-syslog: no\n  verbosity: 0\n  do-not-query-localhost: no\n'
        f'  module-config: "validator iterator"\n  num-threads: 1\n  {options}\n'
        '  local-zone: "test." nodefault\n  domain-insecure: "example"\n'
        f'  trust-anchor: "signed.test. DNSKEY {anchor.to_text()}"\n'
        f"remote-control:\n  control-enable: no\n{zones}"
    )
    return config


def _new_key() -> Key:
    private = ec.generate_private_key(ec.SECP256R1())
    return private, dns.dnssec.make_dnskey(private.public_key(), "ECDSAP256SHA256", flags=257)


def _answers(port: int, name: str) -> bool:
    query = dns.message.make_query(name, "A")
    try:
        return bool(dns.query.udp(query, "127.0.0.1", port=port, timeout=0.3).answer)
    except (dns.exception.DNSException, OSError):
        return False
