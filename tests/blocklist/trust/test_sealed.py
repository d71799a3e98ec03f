"""Files sealed under the host key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist.errors import OperatorFault
from blocklist.trust.sealed import read_sealed, seal, unseal, write_sealed

KEY = bytes(range(32))


@given(st.binary(max_size=200))
def test_what_is_sealed_opens(plain: bytes) -> None:
    """A sealed file opens to what it was made of, and shows none of it."""
    data = seal(plain, KEY, "here")
    assert unseal(data, KEY, "here") == plain
    assert len(plain) < 8 or plain not in data[8:]  # behind the magic


@given(st.data())
def test_any_changed_bit_is_noticed(data: st.DataObject) -> None:
    """Header, salt, text and tag are all covered."""
    sealed = bytearray(seal(b"some entry", KEY, "here"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(OperatorFault) as caught:
        unseal(bytes(sealed), KEY, "here")
    assert caught.value.code == "sealed"


@pytest.mark.parametrize(("key", "purpose"), [(bytes(32), "here"), (KEY, "there")])
def test_another_key_or_place_does_not_open(key: bytes, purpose: str) -> None:
    """A file of another host, or put in another's place, is refused."""
    with pytest.raises(OperatorFault):
        unseal(seal(b"x", KEY, "here"), key, purpose)


def test_cut_file_is_refused() -> None:
    """Any truncation is noticed."""
    sealed = seal(b"some entry", KEY, "here")
    for length in range(len(sealed)):
        with pytest.raises(OperatorFault):
            unseal(sealed[:length], KEY, "here")


def test_sealed_file_on_disk(tmp_path: Path) -> None:
    """Written and read back; none at all is None; an unreadable one is a fault."""
    path = tmp_path / "file"
    assert read_sealed(path, KEY, "here") is None
    write_sealed(path, b"plain", KEY, "here")
    assert read_sealed(path, KEY, "here") == b"plain"
    with pytest.raises(OperatorFault):
        read_sealed(tmp_path, KEY, "here")
