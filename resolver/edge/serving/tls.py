"""TLS for DoT and DoH: what we offer, and the certificate we show, which changes without a restart.

TLS 1.2 and 1.3 with Mozilla's "intermediate" ciphers; no renegotiation, compression, early data, session cache or
tickets (ADR 0032). A connection keeps the certificate it began with.
"""

from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.bindings.openssl.binding import Binding
from OpenSSL import SSL
from twisted.internet.interfaces import IAddress, IOpenSSLServerConnectionCreator, IProtocolFactory, IReactorTime
from twisted.internet.protocol import connectionDone
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from resolver.settings.certificate import use_pair

DOT_PROTOCOL: Final = b"dot"  # IANA's ALPN id of RFC 7858
H2_PROTOCOL: Final = b"h2"
HTTP1_PROTOCOL: Final = b"http/1.1"

# Mozilla, server side TLS 5.8, intermediate; those of TLS 1.3 are OpenSSL's three.
CIPHERS: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
CIPHERS_13: Final = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
GROUPS: Final = "X25519:secp256r1:secp384r1"
POST_QUANTUM: Final = "X25519MLKEM768"  # before them, where OpenSSL is 3.5 or newer
_PRIORITIZE_CHACHA: Final = 0x0020_0000  # SSL_OP_PRIORITIZE_CHACHA: for clients that put it first (no AES in hardware)
_NO_PROTOCOL: Final = [("", "", "no application protocol")]  # the alert of RFC 7301 section 3.2; Twisted reads the list
_OPTIONS: Final = (
    SSL.OP_NO_RENEGOTIATION
    | SSL.OP_NO_COMPRESSION
    | SSL.OP_NO_TICKET
    | SSL.OP_CIPHER_SERVER_PREFERENCE
    | _PRIORITIZE_CHACHA
)


def make_context(certificate: bytes, key: bytes, protocols: Sequence[bytes]) -> SSL.Context:
    """A context that shows the PEM chain. `protocols` are those of ALPN in our order; a client that names others only
    is refused, one that names none is not."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(_OPTIONS)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_cipher_list(CIPHERS.encode())
    context.set_tls13_ciphersuites(CIPHERS_13.encode())
    # pyOpenSSL has no verb for groups; OpenSSL's own default holds X448 and P-521 beside these.
    if not any(_set_groups(context, groups) for groups in (f"{POST_QUANTUM}:{GROUPS}", GROUPS)):
        raise SSL.Error([("", "", "no group for the key exchange")])
    use_pair(context, certificate, key)

    def choose(_connection: SSL.Connection, offered: list[bytes]) -> bytes:
        for ours in protocols:
            if ours in offered:
                return ours
        raise SSL.Error(_NO_PROTOCOL)

    context.set_alpn_select_callback(choose)
    return context


def _set_groups(context: SSL.Context, groups: str) -> bool:
    is_set: bool = Binding.lib.SSL_CTX_set1_curves_list(context._context, groups.encode()) == 1
    Binding.lib.ERR_clear_error()  # or the next fault would be told as this one
    return is_set


@implementer(IOpenSSLServerConnectionCreator)
class TlsDoor:
    """Begins TLS on each new connection of one kind, under the certificate of the moment."""

    def __init__(self, protocols: Sequence[bytes]) -> None:
        self._protocols = protocols
        self._context: SSL.Context | None = None

    def renew(self, certificate: bytes, key: bytes) -> None:
        """Show this one from now on (PEM); established connections live on."""
        self._context = make_context(certificate, key, self._protocols)

    def serverConnectionForTLS(self, protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """Twisted asks for one connection."""
        assert self._context is not None  # the supervisor hands over the certificate before the sockets
        return SSL.Connection(self._context, None)

    def around(self, plain: IProtocolFactory, clock: IReactorTime) -> TLSMemoryBIOFactory:
        """The factory that puts TLS below another's connections.

        Each write is a TLS record of its own. Twisted would gather them, but getdns and stubby take one answer out of
        a record, then wait until the socket is readable: the second answer in it they would find only with the next.
        """
        return TlsFactory(self, isClient=False, wrappedFactory=plain, clock=clock)


class TlsProtocol(TLSMemoryBIOProtocol):
    """Twisted's, which leaves nothing behind that refers to itself: nobody collects what has grown old (worker.py)."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Gone; the client's connection is not held by us, who are held by it."""
        super().connectionLost(reason)
        self._producer = None

    def _tlsShutdownFinished(self, reason: Failure | None) -> None:  # noqa: N802
        """TLS is over; `reason` and the frames it was caught in hold each other."""
        super()._tlsShutdownFinished(reason)
        if reason is not None:
            reason.cleanFailure()


class TlsFactory(TLSMemoryBIOFactory):
    """Twisted's, which takes it that whoever connects is let in."""

    noisy = False
    protocol = TlsProtocol

    def buildProtocol(  # type: ignore[override]  # every other factory may say None
        self, addr: IAddress | None
    ) -> TLSMemoryBIOProtocol | None:
        """None where the factory below lets nobody in; Twisted then closes the connection."""
        plain = self.wrappedFactory.buildProtocol(addr)
        return None if plain is None else self.protocol(self, plain)
