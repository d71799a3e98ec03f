"""Opening `withdraw/current`: what is refused, and what goes on from file to file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from attrs import evolve

from blocklist import stream
from blocklist.errors import PublisherFault
from blocklist.trust.rules.mask import NO_MASK
from blocklist.trust.rules.withdrawals import LIMITS, Seen, Withdrawals
from blocklist.trust.storage.store import StoredVersion
from blocklist.trust.transfer.repository import Repository
from blocklist.trust.withdraw_file import WithdrawFile, fetch, take
from blocklist.withdrawal import WITHDRAW_PATH, Withdrawal
from tests.blocklist.trust.conftest import MIRROR
from tests.blocklist.trust.list_body import LIST_ID, NOW, PURPOSE, ListBody, MemoryTransport, SetClock, names
from tests.blocklist.trust.packed import numbers, tokens


@pytest.fixture
def stored(body: ListBody) -> StoredVersion:
    return StoredVersion(body.publish(names(1)).to_bytes(), body.secrets[1], body.records(names(1)), NO_MASK)


def sealed(body: ListBody, plain: bytes, path: str = WITHDRAW_PATH, purpose: str = PURPOSE) -> WithdrawFile:
    context = stream.FileContext(body.secrets[1], LIST_ID, purpose, 1, path)
    return WithdrawFile("ab", stream.seal(plain, stream.Kind.WITHDRAW, context, os.urandom(32)), 5.0)


def plain(*named: int, epoch: int = 1, serial: int = 3) -> bytes:
    return Withdrawal(epoch, serial, tuple(tokens(number) for number in named)).to_bytes()


def test_file_replaces_the_one_before_and_its_sightings_stay(stored: StoredVersion, body: ListBody) -> None:
    """The newest file is the whole truth about what is named; what was seen when is not in it."""
    seen = (Seen(1.0, 2, True, True, tokens(1)),)
    before = Withdrawals(1, 2, "cd", tokens(1), seen)
    after = take(sealed(body, plain(2, 3)), stored, before, 3.0)
    assert (after.epoch, after.serial, after.digest, numbers(after.named)) == (1, 3, "ab", {2, 3})
    assert after.seen == seen
    assert take(sealed(body, plain(2)), stored, evolve(before, epoch=0), 3.0).seen == ()


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (plain(1, serial=1), {}),
        (plain(1, serial=4 + int(LIMITS.serial_ahead)), {}),
        (plain(1, epoch=2), {}),
        (plain(1)[:-1], {}),
        (plain(1), {"path": "withdraw/other"}),
        (plain(1), {"purpose": "other"}),
    ],
)
def test_file_that_does_not_fit_is_refused(
    stored: StoredVersion, body: ListBody, content: bytes, fields: dict[str, str]
) -> None:
    """A lower serial, one from the future, another epoch, a cut form, or a file made for another place."""
    with pytest.raises(PublisherFault) as caught:
        take(sealed(body, content, **fields), stored, Withdrawals(1, 2), 3.0)
    assert caught.value.code == "withdraw"


def test_full_file_in_its_place_is_refused(stored: StoredVersion, body: ListBody) -> None:
    """The kind is part of the file."""
    context = stream.FileContext(body.secrets[1], LIST_ID, PURPOSE, 1, WITHDRAW_PATH)
    swapped = stream.seal(plain(1), stream.Kind.FULL, context, os.urandom(32))
    with pytest.raises(PublisherFault):
        take(WithdrawFile("ab", swapped, None), stored, Withdrawals(1, 2), 3.0)


def test_known_digest_costs_no_transfer(body: ListBody, tmp_path: Path) -> None:
    """The digest stands in verified metadata."""
    body.publish(names(1))
    transport = MemoryTransport({MIRROR: body.files})
    visit = Repository(tmp_path / "tuf", body.pinned, transport, SetClock()).visit(MIRROR)
    assert visit is not None
    file = fetch(visit, "")
    assert file is not None
    assert file.signed_at == NOW.timestamp()
    asked = len(transport.asked)
    assert fetch(visit, file.digest) is None
    assert len(transport.asked) == asked
