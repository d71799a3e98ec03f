"""Names at rest: the data key that opens the master's name, path and query cells, and how one cell is sealed.

A random 32-byte data key is wrapped with HPKE to each editor's reading key. A cell is nonce (12) ‖ ChaCha20-Poly1305,
padded to 64 bytes so that its length says little, bound to list, entry and column. A twin is the HMAC-SHA256 of what
an entry points at: it finds duplicates without a readable name.
"""

import hmac
import os
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from attrs import define, field
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from blocklist.errors import OperatorFault
from blocklist.tokens import derive, encode_fields

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
PAD_BYTES: Final = 64
DATA_KEY_PROFILE: Final = "desk"  # HPKE profile of the wrapped data key; no subscriber's profile has this name
SEALED_FIELDS: Final = ("name", "path", "query")
_TWIN_FIELDS: Final = ("type", "name", "scheme", "port", "path", "query", "path_match")


@define
class Vault:
    """Seals and opens the cells of one desk, for the length of one command."""

    list_id: str
    data_key: bytes = field(repr=False)
    _cipher: ChaCha20Poly1305 = field(init=False, repr=False)
    _twin_key: bytes = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Derive one key for each use, so that no key serves two purposes."""
        list_id = self.list_id.encode()
        self._cipher = ChaCha20Poly1305(derive(self.data_key, encode_fields(b"mamori/1 cell", list_id)))
        self._twin_key = derive(self.data_key, encode_fields(b"mamori/1 twin", list_id))

    def seal(self, entry_id: str, column: str, text: str) -> bytes:
        """Seal one cell."""
        plain = text.encode()
        nonce = os.urandom(NONCE_BYTES)
        padded = plain.ljust(-(-len(plain) // PAD_BYTES) * PAD_BYTES, b"\0")
        return nonce + self._cipher.encrypt(nonce, padded, _place(entry_id, column))

    def open(self, entry_id: str, column: str, cell: bytes) -> str:
        """Open one cell; `OperatorFault` when the master was changed behind the tool's back."""
        try:
            padded = self._cipher.decrypt(cell[:NONCE_BYTES], cell[NONCE_BYTES:], _place(entry_id, column))
        except (InvalidTag, ValueError):  # ValueError: cut short
            raise OperatorFault(
                "master_damaged", f"entry {entry_id}: its {column} does not open; restore the master from its backup"
            ) from None
        return padded.rstrip(b"\0").decode()

    def twin(self, facts: Mapping[str, object]) -> bytes:
        """The duplicate mark of an entry's plain fields: equal for two entries that point at the same thing."""
        texts = [str(facts[name]).encode() if facts.get(name) is not None else b"" for name in _TWIN_FIELDS]
        return hmac.digest(self._twin_key, encode_fields(*texts), sha256)


def _place(entry_id: str, column: str) -> bytes:
    return f"{entry_id} {column}".encode()
