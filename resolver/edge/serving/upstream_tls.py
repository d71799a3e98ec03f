"""Who an upstream over TLS must be: the strict profile of RFC 8310 (section 5), with no way back to clear text.

Names are checked here, inside OpenSSL's own look at the certificate and closed by default: any fault of ours while we
look means that the certificate is refused.
"""

from ipaddress import ip_address
from pathlib import Path

from OpenSSL import SSL
from OpenSSL.crypto import X509
from service_identity import CertificateError, VerificationError
from service_identity.hazmat import DNS_ID, IPAddress_ID, verify_service_identity
from service_identity.pyopenssl import extract_patterns
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.protocols.tls import TLSMemoryBIOProtocol
from zope.interface import implementer

from resolver.core.trouble import Trouble

_DATES = frozenset({9, 10})
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""


@implementer(IOpenSSLClientConnectionCreator)
class StrictTls:
    """Makes the TLS side of connections to one server.

    `name` is a host name or an IP address, to be found in the certificate's subjectAltName; `ca` a PEM file of
    authorities, None for the system's. OSError: the file cannot be read or holds no certificate.
    """

    def __init__(self, name: str, ca: Path | None) -> None:
        self._context = _context(ca)
        # Once for all: each connection's own `set_verify` would leave a cycle, and no collector walks old objects.
        self._context.set_verify(SSL.VERIFY_PEER, self._check)
        self._identity: DNS_ID | IPAddress_ID
        if _is_address(name):
            self._server_name, self._identity = None, IPAddress_ID(name)
        else:
            self._server_name, self._identity = name.encode("ascii"), DNS_ID(name)

    def clientConnectionForTLS(self, protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """Twisted asks for the TLS state of a new connection; `protocol` wraps one that takes note of trouble."""
        connection = SSL.Connection(self._context, None)
        if self._server_name is not None:  # an address is no server name (RFC 6066 section 3)
            connection.set_tlsext_host_name(self._server_name)
        return connection

    def _check(self, connection: SSL.Connection, certificate: X509, error: int, depth: int, is_sound: int) -> bool:
        trouble = self._look(certificate, error, depth, is_sound)
        if trouble:
            connection.get_app_data().wrappedProtocol.note(trouble)  # its app data is Twisted's protocol around ours
        return not trouble

    def _look(self, certificate: X509, error: int, depth: int, is_sound: int) -> Trouble:
        if not is_sound:
            return Trouble.OUT_OF_DATE if error in _DATES else Trouble.UNTRUSTED
        if depth:
            return Trouble.NONE
        try:
            verify_service_identity(extract_patterns(certificate), [self._identity], [])
        except (VerificationError, CertificateError, ValueError):  # the last for names that are not well formed
            return Trouble.WRONG_NAME
        return Trouble.NONE


def _context(ca: Path | None) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # each connection looks at the certificate anew
    if ca is None:
        context.set_default_verify_paths()
        return context
    try:
        context.load_verify_locations(str(ca))
    except SSL.Error:
        raise OSError("cannot be read, or holds no certificate") from None
    return context


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
