"""Fetching and opening `withdraw/current`. Whatever is wrong with it is an alarm and stops nothing."""

from __future__ import annotations

from typing import Final

from attrs import evolve, field, frozen
from tuf.api.exceptions import ExpiredMetadataError

from blocklist import stream
from blocklist.errors import PublisherFault
from blocklist.trust.limits import MIB
from blocklist.trust.rules.withdrawals import LIMITS, Withdrawals
from blocklist.trust.storage.store import StoredVersion
from blocklist.trust.transfer.repository import Visit
from blocklist.withdrawal import WITHDRAW_PATH, Withdrawal

MOST_BYTES: Final = 16 * MIB  # of the sealed file: a million tokens


@frozen
class WithdrawFile:
    """A `withdraw/current` not worked through yet, as its duty officer sealed it."""

    digest: str  # SHA-256 (hex)
    data: bytes = field(repr=False)
    signed_at: float | None  # POSIX


def fetch(visit: Visit, known: str) -> WithdrawFile | None:
    """Return the file, or None for the one whose digest is known: that costs no transfer.

    Raises PublisherFault `withdraw_missing` or `withdraw_expired`, TransferFault, or an exception of python-tuf.
    """
    try:
        digest = visit.digest(WITHDRAW_PATH)
    except ExpiredMetadataError:
        text = "the signature over withdraw/current has expired: the list body must sign it again"
        raise PublisherFault("withdraw_expired", text) from None
    if digest is None:
        raise PublisherFault("withdraw_missing", "the list body signs no withdraw/current")
    if digest == known:
        return None
    return WithdrawFile(digest, visit.target(WITHDRAW_PATH, MOST_BYTES), visit.withdrawn_at)


def take(file: WithdrawFile, stored: StoredVersion, before: Withdrawals, now: float) -> Withdrawals:
    """Open the file for the enforced version, at `now` (POSIX); what it names is still to be weighed.

    Serials never fall and are POSIX seconds: one far ahead would shut out every later file, and no version's
    `withdrawals_seen` could overrule it. Raises PublisherFault `withdraw` for such a serial, a lower one, another epoch
    or a wrong form.
    """
    manifest = stored.manifest
    context = stream.FileContext(stored.secret, manifest.list_id, manifest.purpose, manifest.epoch, WITHDRAW_PATH)
    try:
        withdrawal = Withdrawal.from_bytes(stream.unseal(file.data, stream.Kind.WITHDRAW, context))
    except PublisherFault as fault:
        text = f"withdraw/current does not open with the keys of epoch {manifest.epoch}, which is enforced: {fault}"
        raise PublisherFault("withdraw", text) from None
    if withdrawal.epoch != manifest.epoch:
        raise PublisherFault("withdraw", f"withdraw/current is not of epoch {manifest.epoch}, which is enforced")
    if withdrawal.serial < before.serial:
        raise PublisherFault("withdraw", "withdraw/current has a lower serial than one already taken")
    if withdrawal.serial > now + LIMITS.serial_ahead:
        raise PublisherFault("withdraw", "withdraw/current has a serial from the future: is a duty key stolen?")
    known = before if before.epoch == manifest.epoch else Withdrawals()
    named = b"".join(withdrawal.tokens)
    return evolve(known, epoch=manifest.epoch, serial=withdrawal.serial, digest=file.digest, named=named)
