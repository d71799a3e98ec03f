"""The certificate DoT and DoH show: read from its two files and looked at before a client sees it.

Wire form: PEM. The chain begins with our own certificate, and each one after it signed the one before.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise
from pathlib import Path
from typing import Final

from attrs import frozen
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from OpenSSL import SSL

from resolver.settings.faults import Fault
from resolver.settings.transports import Tls

FILE_BYTES_MOST: Final = 48 * 1024  # both files travel in one message between our processes
RSA_BITS_LEAST: Final = 2048
HASHES: Final = ("sha256", "sha384", "sha512")
CURVES: Final = ("secp256r1", "secp384r1")
WARN_BEFORE: Final = dt.timedelta(days=14)


@frozen(slots=False)
class Pair:
    """A certificate with its chain, and its key; sound in itself."""

    certificate: bytes
    key: bytes
    chain: tuple[x509.Certificate, ...]

    @cached_property
    def not_after(self) -> dt.datetime:
        """When the first of the chain ends: clients refuse it then."""
        return min(each.not_valid_after_utc for each in self.chain)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """DNS names it is for, as they stand in it."""
        return tuple(self._alternatives().get_values_for_type(x509.DNSName))

    @cached_property
    def addresses(self) -> frozenset[IPv4Address | IPv6Address]:
        """IP addresses it is for."""
        found = self._alternatives().get_values_for_type(x509.IPAddress)
        return frozenset(each for each in found if isinstance(each, IPv4Address | IPv6Address))

    def is_for(self, name: str) -> bool:
        """Whether clients that verify `name` are content (RFC 9525 section 6.3: one label for a wildcard)."""
        wild = "*." + name.partition(".")[2]
        return any(each.lower() in (name, wild) for each in self.names)

    def _alternatives(self) -> x509.SubjectAlternativeName:
        try:
            return self.chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):  # none, or none to be read
            return x509.SubjectAlternativeName([])


class PairFault(Exception):
    """The two files cannot be used; `fault` says which, why and what to do."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.fault = Fault(f"tls.{key}", message)


def read_pair(tls: Tls) -> Pair:
    """Read and check both files. PairFault: no client could ever use what they hold."""
    certificate, key = _bytes_of("certificate", tls.certificate), _bytes_of("key", tls.key)
    try:
        return _sound_pair(certificate, key, tls.name)
    except PairFault:
        raise
    except Exception:  # noqa: BLE001  an odd key, curve, version or signature: each part of a library has its own word
        raise PairFault(
            "certificate",
            "is broken, or of a kind that is not known here: get another one",
        ) from None


def use_pair(context: SSL.Context, certificate: bytes, key: bytes) -> None:
    """Have OpenSSL show this chain (PEM). SSL.Error: it refuses to."""
    own, *between = x509.load_pem_x509_certificates(certificate)
    context.use_certificate(own)
    for each in between:
        context.add_extra_chain_cert(each)
    context.use_privatekey(load_pem_private_key(key, None))  # type: ignore[arg-type]  # `read_pair` knows the kinds
    context.check_privatekey()


def time_fault(pair: Pair, now: dt.datetime) -> Fault | None:
    """What is wrong with its time. Apart from the rest: no resolver may stay down for it, least of all by its clock."""
    if now >= pair.not_after:
        ended = f"{pair.not_after:%Y-%m-%d %H:%M} UTC"
        return Fault("tls.certificate", f"ended on {ended}: clients over TLS and HTTPS refuse it; renew it")
    begins = max(each.not_valid_before_utc for each in pair.chain)
    if now < begins:
        return Fault("tls.certificate", f"begins on {begins:%Y-%m-%d %H:%M} UTC: check this machine's clock")
    return None


def pair_faults(tls: Tls) -> Iterator[Fault]:
    """Yield what is wrong with them, whatever the time, if anything."""
    try:
        read_pair(tls)
    except PairFault as found:
        yield found.fault


def pair_warnings(tls: Tls, listening: Sequence[IPv4Address | IPv6Address], now: dt.datetime) -> Iterator[Fault]:
    """Yield what works today but should be thought about; nothing where the files are at fault."""
    try:
        pair = read_pair(tls)
    except PairFault:
        return
    if (wrong := time_fault(pair, now)) is not None:
        yield wrong
    elif pair.not_after - now < WARN_BEFORE:
        yield Fault("tls.certificate", f"ends on {pair.not_after:%Y-%m-%d}: renew it; it is taken up without a restart")
    for address in dict.fromkeys(listening):
        if not address.is_unspecified and address not in pair.addresses:
            yield Fault(
                "tls.certificate",
                f"does not hold the address {address}: devices that look for encryption by themselves there (DDR, "
                "RFC 9462) stay unencrypted; get one with it as an IP SAN",
            )


def _sound_pair(certificate: bytes, key: bytes, name: str) -> Pair:
    pair = Pair(certificate, key, _chain(certificate))
    _check_key(pair)
    _check_order(pair.chain)
    _check_signatures(pair.chain)
    _check_use(pair)
    if not pair.is_for(name):
        held = ", ".join(pair.names) or "no name at all"
        raise PairFault(
            "name",
            f"{name} is not in the certificate, which is for {held}: get one that clients accept",
        )
    return pair


def _bytes_of(key: str, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MOST + 1)
    except OSError as error:
        raise PairFault(key, f"cannot read {path}: {error.strerror}") from None
    if len(data) > FILE_BYTES_MOST:
        raise PairFault(key, f"{path} is longer than {FILE_BYTES_MOST} bytes: keep only our own chain in it")
    return data


def _chain(data: bytes) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_pem_x509_certificates(data))
    except ValueError:
        raise PairFault("certificate", "holds no certificate in PEM form: begin with -----BEGIN CERTIFICATE") from None


def _check_key(pair: Pair) -> None:
    try:
        key = load_pem_private_key(pair.key, None)
    except TypeError:
        raise PairFault("key", "is kept under a passphrase, which nobody is there to type: take it off") from None
    except (ValueError, UnsupportedAlgorithm):
        raise PairFault("key", "holds no private key in PEM form") from None
    if not _is_strong(key):
        raise PairFault("key", f"use ECDSA on {' or '.join(CURVES)}, or RSA of {RSA_BITS_LEAST} bits or more")
    ours, theirs = (
        each.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for each in (key.public_key(), pair.chain[0].public_key())
    )
    if ours != theirs:
        raise PairFault("key", "does not belong to the first certificate of the file: our own comes first, then others")


def _is_strong(key: object) -> bool:
    if isinstance(key, EllipticCurvePrivateKey):
        return key.curve.name in CURVES
    return isinstance(key, RSAPrivateKey) and key.key_size >= RSA_BITS_LEAST


def _check_order(chain: Sequence[x509.Certificate]) -> None:
    for number, (below, above) in enumerate(pairwise(chain), 2):
        try:
            below.verify_directly_issued_by(above)
        except (ValueError, TypeError, InvalidSignature):
            raise PairFault(
                "certificate",
                f"number {number} did not sign the one before it: our own first, then who issued it",
            ) from None


def _check_signatures(chain: Sequence[x509.Certificate]) -> None:
    """Nobody looks at how a root signed itself."""
    for number, each in enumerate(chain, 1):
        used = each.signature_hash_algorithm
        if used is not None and used.name not in HASHES and each.issuer != each.subject:
            raise PairFault("certificate", f"number {number} is signed with {used.name}, which clients refuse")


def _check_use(pair: Pair) -> None:
    """OpenSSL has the last word: it is what will show it."""
    try:
        use_pair(SSL.Context(SSL.TLS_SERVER_METHOD), pair.certificate, pair.key)
    except SSL.Error as error:
        why = "; ".join(reason for *_, reason in error.args[0]) or "no reason given"
        raise PairFault("certificate", f"OpenSSL refuses it ({why}): get another one") from None
