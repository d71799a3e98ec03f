"""The search that all tests of secrecy lean on finds a marker in every form, and does not find what is not there."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import random
from pathlib import Path

import dns.name
import pytest

from tests.support.markers import ALIGNMENTS, forms, found, found_in_files

NAME = "mk7q2x9vkumo.hidden.test"
LABEL = "mk7q2x9vkumo"
ADDRESSES = ("198.18.201.77", "2001:db8:6b75:6d6f::c1")
NOISE = random.Random(5).randbytes(1 << 16)

NAME_WRITTEN = {
    "plain": NAME.encode(),
    "lower and upper mixed": b"Mk7Q2x9VKUMO.HiddEn.tEst",
    "capitals": NAME.upper().encode(),
    "wire": dns.name.from_text(NAME).to_wire(),
    "wire in capitals": dns.name.from_text(NAME.upper()).to_wire(),
    "utf-16 little": NAME.encode("utf-16-le"),
    "utf-16 big": NAME.upper().encode("utf-16-be"),
    "hex": NAME.encode().hex().upper().encode(),
    "hex of wire": dns.name.from_text(NAME).to_wire().hex().encode(),
    "repr of bytes": repr(b"\xe3\x81\x82" + NAME.encode()).encode(),
    "sha256": hashlib.sha256(NAME.encode()).hexdigest().encode(),
    "raw sha256 of wire": hashlib.sha256(dns.name.from_text(NAME).to_wire()).digest(),
    **{f"base64, {n} before": base64.b64encode(b"~" * n + NAME.encode() + b"~~") for n in range(ALIGNMENTS)},
    **{f"base64url, {n} before": base64.urlsafe_b64encode(b"~" * n + NAME.encode() + b"~") for n in range(ALIGNMENTS)},
}


@pytest.mark.parametrize("written", NAME_WRITTEN.values(), ids=NAME_WRITTEN.keys())
def test_a_name_is_found_however_it_is_written(written: bytes) -> None:
    """Positive control of each form, in the middle of noise and at its end."""
    assert found(NOISE + written + NOISE[:100], [NAME])
    assert found(NOISE + written, [NAME])


@pytest.mark.parametrize("before", range(ALIGNMENTS))
def test_a_label_is_found_in_a_whole_query_in_base64url(before: int) -> None:
    """A DoH path holds the query in base64url: the marker's label is found wherever in the group it begins."""
    query = bytes(12) + b"\x01a" * before + dns.name.from_text(NAME).to_wire() + b"\0\1\0\1"
    assert found(b"GET /dns-query?dns=" + base64.urlsafe_b64encode(query).rstrip(b"="), [LABEL])


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_found_however_it_is_written(text: str) -> None:
    """Positive control of each form of an address."""
    address = ipaddress.ip_address(text)
    written = {
        "text": text.encode(),
        "exploded": address.exploded.upper().encode(),
        "packed": address.packed,
        "hex": address.packed.hex().encode(),
        "number": str(int(address)).encode(),
        "reversed": address.reverse_pointer.encode(),
        "reversed wire": dns.name.from_text(address.reverse_pointer).to_wire(),
        "utf-16": text.encode("utf-16-le"),
        "base64": base64.b64encode(b"~~" + text.encode() + b"~~"),
        "sha256": hashlib.sha256(address.packed).digest(),
    }
    assert [form for form, data in written.items() if not found(NOISE + data, [text])] == []


def test_nothing_is_found_in_noise() -> None:
    """Random bytes and a name that differs in one letter hold no marker."""
    data = NOISE + NAME.replace("q", "p").encode() + LABEL[:-1].encode()
    assert found(data, [NAME, LABEL, *ADDRESSES]) == set()


def test_every_form_has_its_own_needle() -> None:
    """No form is empty or so short that anything would match it, and all are told apart."""
    for marker in (NAME, LABEL, *ADDRESSES):
        assert min(map(len, forms(marker).values())) >= 4


def test_files_are_searched_with_their_paths(tmp_path: Path) -> None:
    """A marker across two pieces of a big file, in a hidden file and in a file's name is found, and where it was."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / ".big").write_bytes(bytes((1 << 24) - 5) + NAME.encode() + b"\0")
    (tmp_path / f"{LABEL}.txt").touch()
    hits = found_in_files(tmp_path, [LABEL])
    assert f"deep/.big: {LABEL} (text)" in hits
    assert f"{LABEL}.txt: {LABEL} (text) in the path" in hits
