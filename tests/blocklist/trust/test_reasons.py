"""The closed set of reasons."""

from __future__ import annotations

import re

import pytest
from tuf.api import exceptions as tuf

from blocklist.errors import EntryFault, OperatorFault, PublisherFault, TransferFault
from blocklist.trust.reasons import REASONS, Reason, classify, explain


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TransferFault("slow", ""), Reason.SLOW),
        (TransferFault("unheard of", ""), Reason.CUT),
        (PublisherFault("file_damaged", ""), Reason.LIST_FILE),
        (PublisherFault("wrong_list", ""), Reason.WRONG_LIST),
        (EntryFault("empty_label"), Reason.INDEX),
        (OperatorFault("subscriber_key", ""), Reason.SETTING),
        (tuf.ExpiredMetadataError(), Reason.EXPIRED),
        (tuf.EqualVersionNumberError(), Reason.ROLLBACK),
        (tuf.UnsignedMetadataError(), Reason.SIGNATURES),
        (tuf.LengthOrHashMismatchError(), Reason.TAMPERED),
        (tuf.RepositoryError(), Reason.METADATA),
        (tuf.DownloadHTTPError("", 404), Reason.HTTP_STATUS),
        (tuf.DownloadError(), Reason.CUT),
        (OSError(28, "full"), Reason.DISK),
        (RecursionError(), Reason.INTERNAL),
    ],
)
def test_each_error_has_its_reason(error: Exception, reason: Reason) -> None:
    """Whatever ends an update falls into exactly one known word."""
    assert classify(error) is reason


def test_reasons_are_good_label_values() -> None:
    """Reasons are short words, each once."""
    assert all(re.fullmatch(r"[a-z_]{3,20}", reason) for reason in REASONS)
    assert len(set(REASONS)) == len(REASONS)


def test_foreign_text_is_not_repeated() -> None:
    """Our own messages are made for operators; of a foreign exception only the type is said."""
    assert explain(PublisherFault("index", "index: version is missing")) == "index: version is missing"
    assert explain(ValueError("n1.listed.example")) == "ValueError"
