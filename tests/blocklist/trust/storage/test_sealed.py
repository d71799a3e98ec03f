"""Files sealed under the host key."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st

from blocklist.errors import OperatorFault
from blocklist.tokens import derive, encode_fields
from blocklist.trust.storage.sealed import CHUNK_BYTES, read_sealed, seal, unseal, write_sealed

KEY = bytes(range(32))


def sealed(*plain: bytes) -> bytes:
    return b"".join(seal(plain, KEY, "here"))


@pytest.mark.parametrize(
    "lengths", [(0,), (0, 0), (CHUNK_BYTES,), (CHUNK_BYTES + 1,), (1, CHUNK_BYTES), (1, 2 * CHUNK_BYTES, 5)]
)
def test_a_long_file_is_the_same_in_whatever_pieces_it_came(lengths: tuple[int, ...]) -> None:
    """At, below and above the border of a chunk; one chunk left out or put elsewhere is noticed."""
    pieces = [bytes([number]) * length for number, length in enumerate(lengths)]
    data = sealed(*pieces)
    assert unseal(data, KEY, "here") == b"".join(pieces)
    chunk = CHUNK_BYTES + 16
    body = [data[at : at + chunk] for at in range(40, len(data), chunk)]
    assert len(body) == max(1, -(-sum(lengths) // CHUNK_BYTES))
    for spoilt in (body[:-1], body[1:], body[::-1]):
        if spoilt != body:
            with pytest.raises(OperatorFault):
                unseal(data[:40] + b"".join(spoilt), KEY, "here")


def test_what_release_0_1_sealed_still_opens() -> None:
    """One piece under a nonce of zeros."""
    header = b"MAMORI\0S" + bytes(32)
    key = derive(KEY, encode_fields(b"mamori/1 host", b"here"), bytes(32))
    data = header + ChaCha20Poly1305(key).encrypt(bytes(12), b"plain", header)
    assert unseal(data, KEY, "here") == b"plain"


@given(st.binary(max_size=200))
def test_what_is_sealed_opens(plain: bytes) -> None:
    """A sealed file opens to what it was made of, and shows none of it."""
    data = sealed(plain)
    assert unseal(data, KEY, "here") == plain
    assert len(plain) < 8 or plain not in data[8:]  # behind the magic


@given(st.data())
def test_any_changed_bit_is_noticed(data: st.DataObject) -> None:
    """Header, salt, text and tag are all covered."""
    changed = bytearray(sealed(b"some entry"))
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(OperatorFault) as caught:
        unseal(bytes(changed), KEY, "here")
    assert caught.value.code == "sealed"


@pytest.mark.parametrize(("key", "purpose"), [(bytes(32), "here"), (KEY, "there")])
def test_another_key_or_place_does_not_open(key: bytes, purpose: str) -> None:
    """A file of another host, or put in another's place, is refused."""
    with pytest.raises(OperatorFault):
        unseal(sealed(b"x"), key, purpose)


def test_cut_file_is_refused() -> None:
    """Any truncation is noticed."""
    whole = sealed(b"some entry")
    for length in range(len(whole)):
        with pytest.raises(OperatorFault):
            unseal(whole[:length], KEY, "here")


def test_sealed_file_on_disk(tmp_path: Path) -> None:
    """Written and read back; none at all is None; an unreadable one is a fault."""
    path = tmp_path / "file"
    assert read_sealed(path, KEY, "here") is None
    write_sealed(path, b"plain", KEY, "here")
    assert read_sealed(path, KEY, "here") == b"plain"
    with pytest.raises(OperatorFault):
        read_sealed(tmp_path, KEY, "here")
