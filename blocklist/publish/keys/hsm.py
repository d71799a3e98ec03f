"""Online keys in a PKCS#11 token: the machine that publishes can use them, and nobody can carry them away.

A small public file beside the other key files says where a key is: `timestamp.hsm.json`. ECDSA on P-256, since that is
what tokens have. The PIN is asked for once and never written. A token that refused it is not asked again: the third
wrong one would lock it. Needs `mamori[hsm]` (python-pkcs11, for the signer of securesystemslib).
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

from attrs import frozen
from securesystemslib.exceptions import UnsupportedLibraryError
from securesystemslib.signer import HSMSigner, Key, SecretsHandler, Signature, Signer, SSlibKey

from blocklist.errors import OperatorFault
from blocklist.publish.files import read_file, write_atomically
from blocklist.publish.keys.publickeys import key_from_plain

SUFFIX: Final = ".hsm.json"
FORMAT: Final = 1
CURVE: Final = "secp256r1"
MODULE_VARIABLE: Final = "PYKCS11LIB"  # how securesystemslib is told of the token's library
_NO_LIBRARY: Final = "keys in a token need python-pkcs11: install mamori[hsm]"


@frozen
class TokenKey:
    """Where a key is: the token's library, securesystemslib's URI (`hsm:2?label=TOKEN`), and the public half."""

    module: Path
    uri: str
    public: SSlibKey

    def save(self, path: Path) -> None:
        """Write the file; one that is there is never overwritten."""
        if path.exists():
            raise OperatorFault("key_exists", f"{path} is there already: a key file is never overwritten")
        public = {"keyid": self.public.keyid, **self.public.to_dict()}
        plain = {"format": FORMAT, "module": str(self.module), "uri": self.uri, "public": public}
        write_atomically(path, json.dumps(plain, indent=2).encode() + b"\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file."""
        try:
            plain = json.loads(read_file(path, "token key file"))
            if plain["format"] == FORMAT:
                return cls(Path(plain["module"]), str(plain["uri"]), key_from_plain(plain["public"]))
        except (ValueError, KeyError, TypeError):
            pass
        raise OperatorFault("token_key", f"{path} is no token key file: make it again with `mamori-list hsm import`")

    def signer(self, pin: Callable[[], bytes]) -> "TokenSigner":
        """What signs with it."""
        os.environ[MODULE_VARIABLE] = str(self.module)
        try:
            return TokenSigner(HSMSigner.from_priv_key_uri(self.uri, self.public, _handler(pin)))
        except UnsupportedLibraryError:
            raise OperatorFault("hsm_missing", _NO_LIBRARY) from None


class TokenSigner(Signer):
    """securesystemslib's signer, which turns to the token each time; after a refused PIN it does so no more."""

    def __init__(self, inner: HSMSigner) -> None:
        self._inner = inner
        self._refused = False

    @property
    def public_key(self) -> Key:
        """The public half."""
        return self._inner.public_key

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> "TokenSigner":
        """As securesystemslib makes one."""
        return cls(HSMSigner.from_priv_key_uri(priv_key_uri, public_key, secrets_handler))

    def sign(self, payload: bytes) -> Signature:
        """Sign; raises `OperatorFault` for a token that is not there or does not let us."""
        if self._refused:
            raise _fault("PinIncorrect")
        try:
            return self._inner.sign(payload)
        except (ValueError, RuntimeError) as error:  # PKCS11Error is a RuntimeError
            self._refused = type(error).__name__.startswith("Pin")
            raise _fault(type(error).__name__) from None


def make_key(module: Path, token: str, number: int, pin: bytes) -> TokenKey:
    """Make a key that never leaves the token; raises `OperatorFault` when the token says no."""
    pkcs11 = _library()
    from pkcs11.util.ec import encode_named_curve_parameters  # an optional package

    try:
        found = pkcs11.lib(str(module)).get_token(token_label=token)
        with found.open(rw=True, user_pin=pin.decode()) as session:
            template = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(CURVE)}
            parameters = session.create_domain_parameters(pkcs11.KeyType.EC, template, local=True)
            kept = {pkcs11.Attribute.EXTRACTABLE: False, pkcs11.Attribute.SENSITIVE: True}
            parameters.generate_keypair(store=True, id=bytes([number]), label=f"mamori-{number}", private_template=kept)
    except (ValueError, RuntimeError) as error:
        raise _fault(type(error).__name__) from None
    return import_key(module, token, number, pin)


def import_key(module: Path, token: str, number: int, pin: bytes) -> TokenKey:
    """Read the public half of a key that is in the token already."""
    _library()
    os.environ[MODULE_VARIABLE] = str(module)
    try:
        uri, public = HSMSigner.import_(number, token, _handler(lambda: pin))
    except (ValueError, RuntimeError) as error:
        raise _fault(type(error).__name__) from None
    return TokenKey(module, uri, public)


def _handler(pin: Callable[[], bytes]) -> SecretsHandler:
    return lambda _: pin().decode()


def _library() -> Any:
    try:
        import pkcs11  # an optional package
    except ImportError:
        raise OperatorFault("hsm_missing", _NO_LIBRARY) from None
    return pkcs11


def _fault(kind: str) -> OperatorFault:
    if kind.startswith("Pin"):
        return OperatorFault("pin", "the token refused the PIN: it is not tried again, or it would lock; start anew")
    return OperatorFault("token", f"the token does not sign ({kind}): is it there, with that label and key?")
