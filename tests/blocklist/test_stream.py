"""Encryption of list files."""

import pytest
from attrs import evolve
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st

from blocklist.errors import PublisherFault
from blocklist.stream import CHUNK_BYTES, FileContext, Kind, seal, unseal

CONTEXT = FileContext(b"s" * 32, "demo", "csam", 1, "match/1/1.full")
SALT = bytes(range(32))


@pytest.mark.parametrize("length", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_a_file_opens_to_what_was_sealed(length: int) -> None:
    """Every length round the chunk border works and costs 40 bytes and 16 a chunk."""
    plain = bytes(length)
    sealed = seal(plain, Kind.FULL, CONTEXT, SALT)
    assert unseal(sealed, Kind.FULL, CONTEXT) == plain
    assert len(sealed) == 40 + length + 16 * max(1, -(-length // CHUNK_BYTES))


@pytest.mark.parametrize(
    "context",
    [
        evolve(CONTEXT, secret=b"t" * 32),
        evolve(CONTEXT, list_id="other"),
        evolve(CONTEXT, purpose="other"),
        evolve(CONTEXT, epoch=2),
        evolve(CONTEXT, path="match/1/2.full"),
    ],
)
def test_a_file_opens_only_in_its_own_place(context: FileContext) -> None:
    """A good file of another list, purpose, epoch, version or secret is a damaged file."""
    with pytest.raises(PublisherFault, match="damaged"):
        unseal(seal(b"records", Kind.FULL, CONTEXT, SALT), Kind.FULL, context)


def test_a_file_opens_only_as_its_own_kind() -> None:
    """A full file is no delta."""
    with pytest.raises(PublisherFault) as caught:
        unseal(seal(b"records", Kind.FULL, CONTEXT, SALT), Kind.DELTA, CONTEXT)
    assert caught.value.code == "file_header"


SEALED = seal(bytes(2 * CHUNK_BYTES + 100), Kind.FULL, CONTEXT, SALT)


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_any_changed_byte_is_found(position: int, difference: int) -> None:
    """Header and body are protected alike."""
    damaged = bytearray(SEALED)
    damaged[position] ^= difference
    with pytest.raises(PublisherFault):
        unseal(bytes(damaged), Kind.FULL, CONTEXT)


@given(st.integers(0, len(SEALED) - 1))
def test_any_cut_is_found(length: int) -> None:
    """A file cut anywhere, at a chunk border too, does not open."""
    with pytest.raises(PublisherFault):
        unseal(SEALED[:length], Kind.FULL, CONTEXT)


def test_chunks_cannot_be_moved_added_or_left_out() -> None:
    """Counter and last flag pin each chunk to its place."""
    header, size = SEALED[:40], CHUNK_BYTES + 16
    first, second, last = SEALED[40 : 40 + size], SEALED[40 + size : 40 + 2 * size], SEALED[40 + 2 * size :]
    for chunks in ([second, first, last], [first, last], [first, second], [first, second, last, last]):
        with pytest.raises(PublisherFault):
            unseal(header + b"".join(chunks), Kind.FULL, CONTEXT)


def test_a_file_has_one_form_only() -> None:
    """A full chunk is not followed by an empty last one, although its tags are good."""
    header = b"MAMORI\0F" + SALT
    cipher = ChaCha20Poly1305(CONTEXT.key(SALT))
    first = cipher.encrypt(bytes(12), bytes(CHUNK_BYTES), header)
    last = cipher.encrypt(bytes(10) + b"\1\1", b"", header)
    with pytest.raises(PublisherFault, match="empty chunk"):
        unseal(header + first + last, Kind.FULL, CONTEXT)


def test_a_salt_has_its_length() -> None:
    """A short salt is a programming error, not a file."""
    with pytest.raises(ValueError, match="32 bytes"):
        seal(b"", Kind.FULL, CONTEXT, b"short")
