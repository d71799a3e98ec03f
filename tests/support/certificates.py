"""A certificate authority for one test: what it issues is trusted by nobody who was not given its PEM file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key


@frozen
class Issued:
    """PEM files: the certificate with its authority's behind it, and its private key."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates; `pem` is what its believers are given."""

    def __init__(self, folder: Path, name: str = "authority.test") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = generate_private_key(SECP256R1())
        self._name = _common_name(name)
        basics = x509.BasicConstraints(ca=True, path_length=0)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = _builder(self._name, self._name, self._key, dt.timedelta(hours=1))
        builder = builder.add_extension(basics, critical=True).add_extension(usage, critical=True)
        builder = builder.add_extension(_key_id(self._key), critical=False)
        self._certificate = builder.sign(self._key, hashes.SHA256())
        self.pem = folder / f"{name}.pem"
        self.pem.write_bytes(_pem(self._certificate))

    def issue(self, *names: str, ips: Sequence[str] = (), expired: bool = False) -> Issued:
        """A server's certificate for these names and addresses; its files are named after the first."""
        key = generate_private_key(SECP256R1())
        first = (*names, *ips)[0]
        life = dt.timedelta(minutes=-1) if expired else dt.timedelta(hours=1)
        general = [*map(x509.DNSName, names), *(x509.IPAddress(ip_address(ip)) for ip in ips)]
        builder = _builder(_common_name(first), self._name, key, life)
        builder = builder.add_extension(x509.SubjectAlternativeName(general), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        ).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
        )  # fmt: skip
        certificate = builder.sign(self._key, hashes.SHA256())
        stem = first.replace(":", "_")
        issued = Issued(self._folder / f"{stem}.cert.pem", self._folder / f"{stem}.key.pem")
        issued.certificate.write_bytes(_pem(certificate) + _pem(self._certificate))
        issued.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        issued.key.chmod(0o600)
        return issued


def authority(folder: Path, name: str = "authority.test") -> Authority:
    """An authority with its files in `folder`."""
    return Authority(folder, name)


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _key_id(key: EllipticCurvePrivateKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, life: dt.timedelta
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + life)
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
