"""A certificate is looked at before a client sees it."""

from __future__ import annotations

import contextlib
import datetime as dt
import ssl
import subprocess
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolver.settings.certificate import (
    FILE_BYTES_MOST,
    Pair,
    PairFault,
    pair_faults,
    pair_warnings,
    read_pair,
    time_fault,
)
from resolver.settings.transports import Tls
from tests.support.certificates import Authority
from tests.support.tools import require

NAME = "resolver.isp.example"


class Files:
    """A sound pair, to be bent."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.authority = folder, Authority(folder)
        self.issued = self.authority.issue(NAME, ips=["127.0.0.1"])
        self.tls = Tls(certificate=self.issued.certificate, key=self.issued.key, name=NAME)
        self.now = dt.datetime.now(dt.UTC)
        self.sound = self.read()

    def read(self, name: str = NAME) -> Pair:
        return read_pair(Tls(certificate=self.tls.certificate, key=self.tls.key, name=name))

    def fault(self, name: str = NAME) -> str:
        with pytest.raises(PairFault) as caught:
            self.read(name)
        return str(caught.value.fault)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_a_sound_pair_is_read(files: Files) -> None:
    """With its end, its names and its addresses."""
    pair = files.read()
    assert len(pair.chain) == 2
    assert pair.names == (NAME,)
    assert pair.addresses == {ip_address("127.0.0.1")}
    assert dt.timedelta(minutes=30) < pair.not_after - files.now < dt.timedelta(hours=2)
    assert not list(pair_faults(files.tls))
    assert time_fault(pair, files.now) is None


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.integers(0, 1), place=st.integers(0, 10_000), change=st.integers(1, 255))
def test_a_broken_certificate_is_a_fault_and_nothing_else(files: Files, number: int, place: int, change: int) -> None:
    """Whatever a library thinks of its version, key, curve or signature: no other exception reaches the supervisor."""
    chain = [bytearray(each.public_bytes(serialization.Encoding.DER)) for each in files.sound.chain]
    chain[number][place % len(chain[number])] ^= change
    files.tls.certificate.write_text("".join(ssl.DER_cert_to_PEM_cert(bytes(each)) for each in chain))
    with contextlib.suppress(PairFault):
        assert files.read().certificate == files.tls.certificate.read_bytes()


def test_a_curve_nobody_knows_is_a_fault(files: Files) -> None:
    """The one beside P-256 in OpenSSL's numbering, which it refuses to load."""
    own, above = (each.public_bytes(serialization.Encoding.DER) for each in files.sound.chain)
    odd = own.replace(bytes.fromhex("2a8648ce3d030107"), bytes.fromhex("2a8648ce3d030162"))
    assert odd != own
    files.tls.certificate.write_text(ssl.DER_cert_to_PEM_cert(odd) + ssl.DER_cert_to_PEM_cert(above))
    assert files.fault() == "tls.certificate: is broken, or of a kind that is not known here: get another one"


@pytest.mark.parametrize("which", ["certificate", "key"])
def test_a_file_that_cannot_be_read_is_named(files: Files, which: str) -> None:
    """With what the system says."""
    getattr(files.tls, which).unlink()
    fault = files.fault()
    assert fault.startswith(f"tls.{which}: cannot read ")
    assert "No such file" in fault


def test_a_file_is_not_read_without_end(files: Files) -> None:
    """Somebody named the wrong one."""
    files.tls.certificate.write_bytes(bytes(FILE_BYTES_MOST + 1))
    assert "is longer than" in files.fault()


@pytest.mark.parametrize("which", ["certificate", "key"])
def test_a_file_of_something_else_is_refused(files: Files, which: str) -> None:
    """PEM begins with dashes."""
    getattr(files.tls, which).write_text("nothing of the kind")
    assert f"tls.{which}: holds no " in files.fault()


def test_a_key_under_a_passphrase_is_refused(files: Files) -> None:
    """Nobody is there to type it."""
    _write_key(files, ec.generate_private_key(ec.SECP256R1()), serialization.BestAvailableEncryption(b"secret"))
    assert "passphrase" in files.fault()


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 1024),
        ec.generate_private_key(ec.SECP521R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["short", "curve", "kind"],
)
def test_a_key_clients_would_refuse_is_refused(
    files: Files, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
) -> None:
    """What Mozilla's profile allows is named."""
    _write_key(files, key)
    assert "use ECDSA on secp256r1 or secp384r1, or RSA of 2048 bits or more" in files.fault()


def test_the_key_of_another_certificate_is_refused(files: Files) -> None:
    """Half a renewal among them."""
    files.tls.key.write_bytes(files.authority.issue("other.example").key.read_bytes())
    assert "tls.key: does not belong" in files.fault()


def test_a_chain_in_the_wrong_order_is_refused(files: Files) -> None:
    """Ours first; then each signed the one before."""
    own, above = _split(files.tls.certificate.read_bytes())
    files.tls.certificate.write_bytes(above + own)
    assert "tls.key: does not belong to the first" in files.fault()
    stranger = Authority(files.folder / "other", "stranger.test").pem.read_bytes()
    files.tls.certificate.write_bytes(own + stranger)
    assert "number 2 did not sign the one before it" in files.fault()


def test_a_weak_signature_is_refused(files: Files) -> None:
    """Clients have not taken SHA-1 for years; made by openssl, because our own library signs none any more."""
    tool, folder = require("openssl")["openssl"], files.folder
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    for arguments in (
        ["req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca.test"],
        ["req", *new, "-keyout", "own.key", "-out", "own.csr", "-subj", "/CN=a.test"],
        ["x509", "-req", "-in", "own.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-sha1", "-out", "own.pem"],
    ):
        subprocess.run([tool, *arguments], cwd=folder, check=True, capture_output=True)
    with pytest.raises(PairFault, match="number 1 is signed with sha1"):
        read_pair(Tls(certificate=folder / "own.pem", key=folder / "own.key", name="a.test"))


def test_a_certificate_out_of_its_time_is_warned_of(files: Files) -> None:
    """Ended, or not begun: then the clock may be wrong, and the resolver has to start for it to be put right."""
    late, early = files.now + dt.timedelta(days=1), files.now - dt.timedelta(days=1)
    assert "ended on " in str(time_fault(files.read(), late))
    assert "check this machine's clock" in str(time_fault(files.read(), early))
    assert not list(pair_faults(files.tls))
    assert ["ended on " in str(each) for each in pair_warnings(files.tls, [], late)] == [True]


def test_a_certificate_for_another_name_is_refused(files: Files) -> None:
    """With the names it is for."""
    assert "tls.name: other.example is not in the certificate, which is for resolver.isp.example" in files.fault(
        "other.example"
    )


def test_a_wildcard_stands_for_one_label(files: Files) -> None:
    """RFC 9525 section 6.3."""
    issued = files.authority.issue("*.Example")
    files.tls = Tls(certificate=issued.certificate, key=issued.key, name=NAME)
    assert files.read("isp.example").is_for("other.example")
    assert "is not in the certificate" in files.fault("a.isp.example")


def test_a_certificate_without_names_is_refused(tmp_path: Path) -> None:
    """An authority's own, for instance."""
    files = Files(tmp_path)
    own, above = _split(files.tls.certificate.read_bytes())
    assert own != above
    pair = Pair(b"", b"", files.read().chain[1:])
    assert pair.names == ()
    assert not pair.is_for(NAME)


def test_what_works_today_is_warned_of(files: Files) -> None:
    """The end is near; an address is missing, where DDR would ask for it. Loopback of IPv6 is one, `::` is none."""
    listening = [ip_address(each) for each in ("127.0.0.1", "::1", "::1", "::", "0.0.0.0")]
    found = [str(each) for each in pair_warnings(files.tls, listening, files.now)]
    assert len(found) == 2
    assert "ends on " in found[0]
    assert "does not hold the address ::1" in found[1]


def test_a_pair_at_fault_is_not_warned_of_too(files: Files) -> None:
    """Its fault is told elsewhere."""
    files.tls.key.unlink()
    assert not list(pair_warnings(files.tls, [], files.now))
    assert len(list(pair_faults(files.tls))) == 1


def _write_key(
    files: Files,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey,
    kept: serialization.KeySerializationEncryption | None = None,
) -> None:
    files.tls.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, kept or serialization.NoEncryption()
        )
    )


def _split(chain: bytes) -> list[bytes]:
    end = b"-----END CERTIFICATE-----\n"
    return [part + end for part in chain.split(end) if part.strip()]
