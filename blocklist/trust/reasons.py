"""Why an update failed, as a closed set of words: they are metric labels, fixed at start."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from tuf.api import exceptions as tuf

from blocklist.errors import BlocklistError, OperatorFault, PublisherFault, TransferFault


class Reason(StrEnum):
    """One word for each thing that can go wrong with an update, grouped by whose fault it is."""

    # the way to the mirror, or the mirror
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    SLOW = "slow"
    CUT = "cut"
    TOO_LONG = "too_long"
    HTTP_STATUS = "http_status"
    REDIRECT = "redirect"
    # what the mirror serves is not what the body signed, or no longer
    SIGNATURES = "signatures"
    METADATA = "metadata"
    TAMPERED = "tampered"
    ROLLBACK = "rollback"
    EXPIRED = "expired"
    # the list body
    TIMESTAMP_LIFE = "timestamp_life"
    SIGNED_AHEAD = "signed_ahead"
    WRONG_LIST = "wrong_list"
    INDEX = "index"
    LIST_FILE = "list_file"
    EPOCH_CHANGE = "epoch_change"
    KEYRING = "keyring"
    KEYS_MISSING = "keys_missing"
    KEYS_EXPIRED = "keys_expired"
    NOT_SUBSCRIBED = "not_subscribed"
    GUARD = "guard"
    CANARY = "canary"
    BREAKER = "breaker"
    DELTA = "delta"
    WITHDRAW = "withdraw"
    WITHDRAW_MISSING = "withdraw_missing"
    WITHDRAW_EXPIRED = "withdraw_expired"
    WITHDRAW_CAP = "withdraw_cap"
    WITHDRAW_LAPSED = "withdraw_lapsed"
    LOG = "log"
    LOG_INCONSISTENT = "log_inconsistent"
    # here
    CLOCK = "clock"
    DISK = "disk"
    SEALED = "sealed"
    NO_PREVIOUS = "no_previous"
    SETTING = "setting"
    INTERNAL = "internal"


REASONS: Final = tuple(reason.value for reason in Reason)

_CODES: Final = {
    "file_header": Reason.LIST_FILE,
    "file_size": Reason.LIST_FILE,
    "file_damaged": Reason.LIST_FILE,
    "match_file": Reason.LIST_FILE,
    "attributes": Reason.LIST_FILE,
    "withdrawal": Reason.WITHDRAW,
    "empty_list": Reason.LIST_FILE,
    "state_folder": Reason.DISK,
}

_CLASSES: Final[tuple[tuple[type[Exception], Reason], ...]] = (  # first match counts
    (TransferFault, Reason.CUT),
    (PublisherFault, Reason.INDEX),
    (OperatorFault, Reason.SETTING),
    (tuf.ExpiredMetadataError, Reason.EXPIRED),
    (tuf.BadVersionNumberError, Reason.ROLLBACK),
    (tuf.UnsignedMetadataError, Reason.SIGNATURES),
    (tuf.LengthOrHashMismatchError, Reason.TAMPERED),
    (tuf.RepositoryError, Reason.METADATA),
    (tuf.DownloadHTTPError, Reason.HTTP_STATUS),
    (tuf.DownloadLengthMismatchError, Reason.TOO_LONG),
    (tuf.SlowRetrievalError, Reason.SLOW),
    (tuf.DownloadError, Reason.CUT),
    (OSError, Reason.DISK),
)


def classify(error: Exception) -> Reason:
    """Return the reason of any exception that ended an update; `internal` is a bug here."""
    if isinstance(error, BlocklistError):
        if error.code in REASONS:
            return Reason(error.code)
        if error.code in _CODES:
            return _CODES[error.code]
    return next((reason for kind, reason in _CLASSES if isinstance(error, kind)), Reason.INTERNAL)


def explain(error: Exception) -> str:
    """Return what an operator may read: our own messages hold no name, foreign ones are not repeated."""
    return str(error) if isinstance(error, BlocklistError) else type(error).__name__
