"""How a list's mirrors are trusted, and how this host is shown to them where they ask for a certificate."""

from __future__ import annotations

import ssl
from pathlib import Path

from attrs import frozen

from blocklist.errors import OperatorFault


@frozen
class TlsFiles:
    """PEM files: `ca` instead of the system's authorities, and `certificate` with `key` for the mirrors that ask."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return what a connection is made with, read anew, so that a renewed certificate needs no restart.

        Raises OperatorFault for a file that is missing or no such thing.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key, password=_no_passphrase)
        except (OSError, ValueError):
            text = "`tls`: a file is missing, is no PEM, has a passphrase, or the key is not the certificate's: mend it"
            raise OperatorFault("setting", text) from None
        return context


def _no_passphrase() -> str:
    """Stand in for OpenSSL's own prompt, at which a daemon would wait for ever."""
    raise ValueError("the key has a passphrase")
