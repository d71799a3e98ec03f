"""Withdrawals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist.errors import PublisherFault
from blocklist.withdrawal import Withdrawal

NUMBER = st.integers(0, 2**64 - 1)
TOKENS = st.sets(st.binary(min_size=16, max_size=16), max_size=20)


@given(NUMBER, NUMBER, TOKENS)
def test_what_is_written_is_read(epoch: int, serial: int, tokens: set[bytes]) -> None:
    """In the one form: 20 bytes of header and the tokens in order."""
    withdrawal = Withdrawal(epoch, serial, tuple(sorted(tokens)))
    data = withdrawal.to_bytes()
    assert Withdrawal.from_bytes(data) == withdrawal
    assert data[:20] == epoch.to_bytes(8, "big") + serial.to_bytes(8, "big") + len(tokens).to_bytes(4, "big")
    assert data[20:] == b"".join(sorted(tokens))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "cut short"),
        (bytes(19), "cut short"),
        (bytes(19) + b"\1", "count"),
        (bytes(36), "count"),
        (bytes(16) + b"\xff" * 4, "count"),
        (bytes(19) + b"\2" + b"b" * 16 + b"a" * 16, "strictly increasing"),
        (bytes(19) + b"\2" + b"a" * 32, "strictly increasing"),
    ],
)
def test_a_broken_withdrawal_is_refused(data: bytes, message: str) -> None:
    """Each rule refuses on its own, under the one code."""
    with pytest.raises(PublisherFault, match=message) as caught:
        Withdrawal.from_bytes(data)
    assert caught.value.code == "withdrawal"


def test_its_repr_shows_no_token() -> None:
    """A token in a log could be tested against candidates by whoever has the key."""
    assert "tokens" not in repr(Withdrawal(1, 2, (b"t" * 16,)))
