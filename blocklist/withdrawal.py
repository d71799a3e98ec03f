"""``withdraw/current``: the tokens a duty officer takes off the list at once, before the editors sign a new version.

Plain form: epoch 8 bytes, serial 8, count 4, all big-endian, then the 16-byte tokens, strictly increasing. Sealed like
every list file (``stream.Kind.WITHDRAW``) under the epoch's match secret.
"""

from itertools import pairwise
from struct import Struct, iter_unpack
from typing import Final

from attrs import field, frozen

from blocklist.errors import PublisherFault
from blocklist.limits import LIMITS
from blocklist.tokens import TOKEN_BYTES

WITHDRAW_PATH: Final = "withdraw/current"

_HEADER: Final = Struct(">QQI")


@frozen
class Withdrawal:
    """What is withdrawn of one epoch's list. A higher ``serial`` replaces the file; what is out stays out (ADR 15)."""

    epoch: int
    serial: int
    tokens: tuple[bytes, ...] = field(repr=False)  # sorted, possibly none

    def to_bytes(self) -> bytes:
        """Return the plain form."""
        return _HEADER.pack(self.epoch, self.serial, len(self.tokens)) + b"".join(self.tokens)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Withdrawal":
        """Read the plain form. Raises PublisherFault ``withdrawal``."""
        if len(data) < _HEADER.size:
            raise PublisherFault("withdrawal", "the withdrawal is cut short")
        epoch, serial, count = _HEADER.unpack_from(data)
        if count > LIMITS.entries or len(data) != _HEADER.size + count * TOKEN_BYTES:
            raise PublisherFault("withdrawal", "the withdrawal is not as long as its count says")
        tokens = tuple(token for (token,) in iter_unpack(f"{TOKEN_BYTES}s", data[_HEADER.size :]))
        if any(low >= high for low, high in pairwise(tokens)):
            raise PublisherFault("withdrawal", "the withdrawn tokens are not strictly increasing")
        return cls(epoch, serial, tokens)
