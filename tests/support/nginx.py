"""nginx as a child of a test: its own configuration, folders and loopback ports; and certificates for it."""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
import subprocess
from pathlib import Path

from attrs import define, field, frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.support.processes import Child
from tests.support.tools import require

HOST = "127.0.0.1"


@define
class Nginx:
    """One nginx that includes `site` (text for the http context) and listens on `port` of 127.0.0.1 once started."""

    folder: Path
    port: int
    child: Child | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}/"

    @property
    def configuration(self) -> Path:
        return self.folder / "nginx.conf"

    def configure(self, site: str) -> Path:
        """Write the configuration round `site`, and have nginx check it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = "".join(
            f"{kind}_temp_path {self.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;\n" if os.geteuid() == 0 else ""  # else nginx would give up the right to read a test's folder
        self.configuration.write_text(
            f"daemon off;\n{user}worker_processes 1;\npid {self.folder}/pid;\nerror_log stderr warn;\n"
            f"events {{ worker_connections 256; }}\nhttp {{\n{temporary}{site}}}\n"
        )
        checked = subprocess.run([*self._command(), "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        return self.configuration

    def start(self, site: str) -> Nginx:
        """Configure, start, and wait until it accepts connections."""
        self.configure(site)
        self.child = Child(self._command(), self.folder / "output")
        self.child.wait_for(self._answers, "nginx")
        return self

    def stop(self) -> None:
        """End it; a second call does nothing."""
        if self.child is not None:
            self.child.stop()
            self.child = None

    def _command(self) -> list[str]:
        return [require("nginx")["nginx"], "-p", str(self.folder), "-e", "stderr", "-c", str(self.configuration)]

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0


@frozen
class Certified:
    """A certificate and its key in PEM files."""

    certificate: Path
    key: Path


@define
class Authority:
    """A certificate authority for 127.0.0.1 and for clients; `ca` is its own certificate."""

    folder: Path
    _key: ec.EllipticCurvePrivateKey = field(factory=lambda: ec.generate_private_key(ec.SECP256R1()), init=False)
    _name: x509.Name = field(factory=lambda: _name("Test Authority"), init=False)

    def __attrs_post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        builder = self._builder(self._name, self._key).add_extension(x509.BasicConstraints(True, None), True)
        self.ca.write_bytes(self._signed(builder.add_extension(usage, True)))

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def issue(self, name: str) -> Certified:
        """A certificate for the server 127.0.0.1 (`localhost`), good for a client too."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(HOST))])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = self._builder(_name(name), key).add_extension(names, False).add_extension(usage, False)
        made = Certified(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        made.certificate.write_bytes(self._signed(builder.add_extension(authority, False)))
        made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return made

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(identifier, False)
        )

    def _signed(self, builder: x509.CertificateBuilder) -> bytes:
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
