"""Tokens and the derivation of their key, against RFC texts written out by hand."""

import hashlib
import hmac

from blocklist.names import to_wire
from blocklist.tokens import domain_token, encode_fields, host_token, number_field, token_key


def test_fields_are_length_prefixed() -> None:
    """Two bytes of length, then the bytes; numbers are eight bytes."""
    assert encode_fields(b"ab", b"", number_field(258)) == b"\0\2ab\0\0\0\x08\0\0\0\0\0\0\1\2"


def test_the_token_key_is_plain_hkdf() -> None:
    """RFC 5869 with an empty salt, done here with nothing but HMAC."""
    info = b"\0\x0emamori/1 token\0\4demo\0\x08\0\0\0\0\0\0\0\3"
    pseudorandom = hmac.digest(bytes(32), b"s" * 32, "sha256")
    assert token_key(b"s" * 32, "demo", 3) == hmac.digest(pseudorandom, info + b"\1", "sha256")


def test_tokens_are_keyed_blake2b_over_tag_and_wire_name() -> None:
    """Host and domain differ by the tag alone."""
    wire = to_wire("blk.example")
    for token, tag in ((host_token, b"H"), (domain_token, b"D")):
        assert token(b"k" * 32, wire) == hashlib.blake2b(tag + wire, digest_size=16, key=b"k" * 32).digest()


def test_lists_and_epochs_share_no_token() -> None:
    """The same name looks different in another list and in the next epoch."""
    keys = {token_key(b"s" * 32, list_id, epoch) for list_id in ("a", "b") for epoch in (1, 2)}
    assert len({host_token(key, to_wire("blk.example")) for key in keys}) == 4
