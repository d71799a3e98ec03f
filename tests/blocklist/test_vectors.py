"""The published test vectors are up to date, and a second reading of the format finds the same bytes."""

import base64
import hashlib
import hmac
import json
import runpy
from pathlib import Path
from typing import Any

import dns.name
import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from blocklist import attributes, delta, keyring, matchfile, public_log
from blocklist.criteria import CriteriaSet
from blocklist.entries import parse_entry
from blocklist.errors import PublisherFault
from blocklist.manifest import Manifest
from blocklist.withdrawal import Withdrawal

FOLDER = Path(__file__).parents[2] / "docs" / "vectors"


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def hkdf(secret: bytes, salt: bytes, *fields: bytes) -> bytes:
    """RFC 5869 for one block, over the length-prefixed fields."""
    info = b"".join(len(field).to_bytes(2, "big") + field for field in fields)
    return hmac.digest(hmac.digest(salt, secret, "sha256"), info + b"\1", "sha256")


def test_the_files_are_what_the_script_would_write() -> None:
    """A change of the format shows as a change of its vectors."""
    for path, text in runpy.run_path(str(FOLDER / "make.py"))["documents"]():
        assert path.read_text(encoding="utf-8") == text, f"run {FOLDER.name}/make.py: {path.name} is out of date"


@pytest.mark.parametrize("case", load("names")["canonical"])
def test_wire_forms_are_those_of_dnspython(case: dict[str, str]) -> None:
    """Another DNS library encodes the canonical name to the same bytes."""
    assert dns.name.from_text(case["name"]).to_wire().hex() == case["wire"]


def test_tokens_are_made_of_standard_parts() -> None:
    """HKDF-SHA256 by hand and keyed BLAKE2b of the standard library."""
    vector = load("tokens")
    epoch = vector["epoch"].to_bytes(8, "big")
    key = hkdf(bytes.fromhex(vector["secret"]), b"", b"mamori/1 token", vector["list_id"].encode(), epoch)
    assert key.hex() == vector["token_key"]
    for case in vector["tokens"]:
        for kind, tag in (("host", b"H"), ("domain", b"D")):
            content = tag + bytes.fromhex(case["wire"])
            assert hashlib.blake2b(content, digest_size=16, key=key).hexdigest() == case[kind]


def test_attribute_words_unpack_to_their_fields() -> None:
    """Shifts and masks only."""
    vector = load("attributes")
    for case in vector["packed"]:
        word = int(case["word"], 16)
        assert (word >> 7, word >> 4 & 7) == (case["expiry_days"], case["basis"])
        assert (bool(word & 8), bool(word & 4)) == (case["all_types"], case["test"])
    for word in vector["refused"]:
        with pytest.raises(PublisherFault):
            attributes.Attributes.unpack(int(word, 16))


def test_match_files_are_sorted_records() -> None:
    """The good file has its digest; each refused one is refused."""
    vector = load("matchfile")
    records = bytes.fromhex(vector["records"])
    assert hashlib.sha256(matchfile.parse(records)).hexdigest() == vector["set_sha256"]
    for refused in vector["refused"]:
        with pytest.raises(PublisherFault):
            matchfile.parse(bytes.fromhex(refused))


def test_a_delta_is_counts_prefixes_and_records() -> None:
    """Taken apart by hand it leads from the old set to the new one; each refused one does not fit."""
    vector = load("delta")
    old, new, made = (bytes.fromhex(vector[name]) for name in ("old", "new", "delta"))
    removals, additions = int.from_bytes(made[:4], "big"), int.from_bytes(made[4:8], "big")
    gone = [made[8 + 8 * n : 16 + 8 * n] for n in range(removals)]
    records = {old[n : n + 16]: old[n + 16 : n + 18] for n in range(0, len(old), 18) if old[n : n + 8] not in gone}
    at = 8 + 8 * removals
    assert len(made) == at + 18 * additions
    records |= {made[n : n + 16]: made[n + 16 : n + 18] for n in range(at, len(made), 18)}
    assert b"".join(token + records[token] for token in sorted(records)) == new == delta.apply(old, made)
    for refused in vector["refused"]:
        with pytest.raises(PublisherFault):
            delta.apply(old, bytes.fromhex(refused))


def test_a_withdrawal_is_a_header_and_tokens() -> None:
    """Opened with a bare cipher; each refused one is refused."""
    vector = load("withdrawal")
    texts = (b"demo", b"csam", vector["epoch"].to_bytes(8, "big"), b"withdraw/current")
    key = hkdf(bytes.fromhex(load("tokens")["secret"]), bytes.fromhex(vector["salt"]), b"mamori/1 file", *texts)
    sealed = bytes.fromhex(vector["sealed"])
    assert sealed[:40] == b"MAMORI\0W" + bytes.fromhex(vector["salt"])
    plain = ChaCha20Poly1305(key).decrypt(bytes(11) + b"\1", sealed[40:], sealed[:40])
    numbers = (vector["epoch"].to_bytes(8, "big"), vector["serial"].to_bytes(8, "big"), (2).to_bytes(4, "big"))
    assert plain == bytes.fromhex(vector["plain"]) == b"".join(numbers) + bytes.fromhex("".join(vector["tokens"]))
    assert Withdrawal.from_bytes(plain).to_bytes() == plain
    for refused in vector["refused"]:
        with pytest.raises(PublisherFault):
            Withdrawal.from_bytes(bytes.fromhex(refused))


def tree(leaves: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, as written, over leaf hashes."""
    if len(leaves) == 1:
        return leaves[0]
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + tree(leaves[:left]) + tree(leaves[left:])).digest()


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def test_the_log_commits_to_its_lines_and_they_to_their_entries() -> None:
    """Roots, salts and the commitment of version 2, computed with HMAC and SHA-256 alone."""
    vector = load("log")
    leaves = [leaf(line.encode()) for line in vector["lines"]]
    assert [tree(leaves[:size]).hex() for size in (1, 2, 3)] == [head["root"] for head in vector["heads"]]
    entries = [(json.loads(text)["id"], text.encode()) for text in vector["entries"]]
    fields = [(b"mamori/1 leaf", b"demo", (2).to_bytes(8, "big"), number.encode()) for number, _ in entries]
    infos = [b"".join(len(field).to_bytes(2, "big") + field for field in each) for each in fields]
    salts = [hmac.digest(bytes.fromhex(vector["log_key"]), info, "sha256") for info in infos]
    assert [salt.hex() for salt in salts] == vector["salts_of_version_2"]
    committed = tree([leaf(salt + text) for salt, (_, text) in zip(salts, entries, strict=True)])
    assert committed.hex() == json.loads(vector["lines"][1])["commitment"]


def test_the_opening_is_a_path_to_the_head() -> None:
    """Followed by hand from the entry to its commitment and from the line to the signed root; our reader agrees."""
    vector = load("log")
    opening = json.loads(vector["opening"])
    node = leaf(bytes.fromhex(opening["salt"]) + opening["entry"].encode())
    for step in opening["path"]:
        pair = (bytes.fromhex(step[1:]), node) if step[0] == "L" else (node, bytes.fromhex(step[1:]))
        node = hashlib.sha256(b"\1" + b"".join(pair)).digest()
    assert node.hex() == json.loads(opening["line"])["commitment"]
    first, third = (leaf(vector["lines"][place].encode()) for place in (0, 2))
    assert opening["log_path"] == [first.hex(), third.hex()]
    head = vector["heads"][-1]
    read = public_log.verify(public_log.Opening.from_bytes(vector["opening"].encode()), head["root"], head["size"])
    assert read.to_bytes().decode() == vector["lines"][1] == opening["line"]


def test_an_encrypted_file_opens_with_a_bare_cipher() -> None:
    """Key and nonce written out by hand open the short files."""
    vector = load("stream")
    place = vector["context"]
    texts = (place["list_id"].encode(), place["purpose"].encode(), place["epoch"].to_bytes(8, "big"))
    salt = bytes.fromhex(vector["salt"])
    key = hkdf(bytes.fromhex(place["secret"]), salt, b"mamori/1 file", *texts, place["path"].encode())
    for case in vector["files"][:2]:
        sealed = bytes.fromhex(case["sealed"])
        assert sealed[:40] == b"MAMORI\0" + vector["type"].encode() + salt
        plain = ChaCha20Poly1305(key).decrypt(bytes(11) + b"\1", sealed[40:], sealed[:40])
        assert plain == b"a" * case["plain"]


def test_the_wrapped_secret_opens() -> None:
    """With the private key alone, and out of the keyring document."""
    vector = load("wrap")
    private, wrapped = bytes.fromhex(vector["private"]), bytes.fromhex(vector["wrapped"])
    place = {"list_id": vector["list_id"], "epoch": vector["epoch"], "profile": vector["profile"]}
    assert keyring.unwrap(wrapped, private, **place).hex() == vector["secret"]
    assert hashlib.sha256(bytes.fromhex(vector["public"])).hexdigest() == vector["subscriber"]
    (key,) = json.loads(vector["keys_current"])["keys"]
    assert (base64.b64decode(key["wrapped"]), key["subscriber"]) == (wrapped, vector["subscriber"])


def test_signed_documents_and_entries_are_read() -> None:
    """Every published document and line passes the strict readers unchanged."""
    for text in load("manifest")["documents"]:
        assert Manifest.from_bytes(text.encode()).to_bytes() == text.encode()
    vector = load("entries")
    criteria = CriteriaSet.from_bytes(vector["criteria_set"].encode())
    for case in vector["entries"]:
        assert parse_entry(case["line"].encode(), criteria).to_bytes() == case["line"].encode()
