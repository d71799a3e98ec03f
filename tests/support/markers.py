"""Marker names and addresses, and a search for them in every form a program may write them down.

A marker stands nowhere else in the world: where it is found, it was brought there by the query that held it. Letter
case does not matter for text: what was asked with mixed letters (draft "0x20") is found too.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ALIGNMENTS = 3  # base64 of a text looks different by the number of bytes before it, modulo this
DIGEST_BYTES = 8  # the beginning of a hash that is looked for; who shortens one rarely keeps less
OVERLAP = 4096  # bytes: more than any form of a name of 255 bytes


def forms(name_or_address: str) -> dict[str, bytes]:
    """What to look for, by the name of the form. Text forms are in lower case, and meant for text in lower case."""
    return dict(_forms(name_or_address))


def found(data: bytes, markers: Iterable[str]) -> set[str]:
    """Markers (with their form) that stand in `data`, as `marker (form)`."""
    lowered = data.lower()
    return {
        f"{marker} ({form})"
        for marker in markers
        for form, needle in _forms(marker).items()
        if needle in (lowered if is_text(form) else data)
    }


def found_in_files(folder: Path, markers: Iterable[str]) -> set[str]:
    """Markers that stand in any file under `folder`, its path or its attributes, as `path: marker (form)`."""
    markers = tuple(markers)
    hits: set[str] = set()
    for path in sorted(folder.rglob("*")):
        short = str(path.relative_to(folder))
        hits |= {f"{short}: {hit} in the path" for hit in found(short.encode(errors="surrogateescape"), markers)}
        hits |= {f"{short}: {hit} beside the content" for hit in found(_beside_content(path), markers)}
        if path.is_file() and not path.is_symlink():
            hits |= {f"{short}: {hit}" for chunk in _chunks(path) for hit in found(chunk, markers)}
    return hits


def _beside_content(path: Path) -> bytes:
    """Where a link leads, and a file's extended attributes; nothing where it is gone meanwhile."""
    try:
        names = os.listxattr(path, follow_symlinks=False)
        told = [*map(os.fsencode, names), *(os.getxattr(path, name, follow_symlinks=False) for name in names)]
        return b"\n".join([*told, os.fsencode(path.readlink()) if path.is_symlink() else b""])
    except OSError:
        return b""


def digested(data: bytes, names: Iterable[str]) -> set[str]:
    """Names of which a plain hash stands in `data`, as `found` tells them."""
    lowered = data.lower()
    return {
        f"{name} ({form})"
        for name in names
        for form, needle in _forms(name).items()
        if form.startswith(("hex of sha", "hex of md5", "digest")) and needle in (lowered if is_text(form) else data)
    }


def is_text(form: str) -> bool:
    """Whether letter case is of no account in this form."""
    return not form.startswith(("base64", "packed", "digest"))


@cache
def _forms(marker: str) -> dict[str, bytes]:
    try:
        address = ipaddress.ip_address(marker)
    except ValueError:
        return _name_forms(marker.rstrip(".").lower())
    return _address_forms(address)


def _name_forms(name: str) -> dict[str, bytes]:
    text = name.encode()
    labels = text.split(b".")
    wire = b"".join(bytes([len(label)]) + label for label in labels)
    return {
        "text": text,
        "wire": wire,
        "hex": text.hex().encode(),
        "hex of wire": wire.hex().encode(),
        **_sixteen(name),
        **_base64(text, ""),
        **_base64(text.upper(), " of capitals"),
        **_digests(text, ""),
        **_digests(wire + b"\0", " of wire"),
    }


def _address_forms(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> dict[str, bytes]:
    text, packed = str(address), address.packed
    return {
        "text": text.encode(),
        "long text": address.exploded.encode(),
        "packed": packed,
        "hex": packed.hex().encode(),
        "hex of text": text.encode().hex().encode(),
        "decimal": str(int(address)).encode(),
        "reversed": address.reverse_pointer.encode(),
        "reversed wire": b"".join(bytes([len(part)]) + part.encode() for part in address.reverse_pointer.split(".")),
        **_sixteen(text),
        **_base64(text.encode(), ""),
        **(_base64(packed, " of packed") if address.version == 6 else {}),  # four bytes: found everywhere
        **_digests(text.encode(), ""),
        **_digests(packed, " of packed"),
    }


def _sixteen(text: str) -> dict[str, bytes]:
    return {f"utf-16-{order}": text.encode(f"utf-16-{order}") for order in ("le", "be")}


def _base64(data: bytes, what: str) -> dict[str, bytes]:
    """Those characters that depend on `data` alone, for each number of bytes before it."""
    found_forms = {}
    for before in range(ALIGNMENTS):
        whole = (len(data) + before) // ALIGNMENTS * ALIGNMENTS - before  # bytes that end with a group
        first = -(-before * 8 // 6)  # characters that hold bits of what stands before
        for kind, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            found_forms[f"{kind}{what}, {before} before"] = encode(bytes(before) + data[:whole])[first:]
    return found_forms


def _digests(data: bytes, what: str) -> dict[str, bytes]:
    """A hash without a secret key, also a shortened one, tells the name to whoever has a list of names."""
    hashes = {kind: hashlib.new(kind, data, usedforsecurity=False).digest() for kind in ("sha256", "sha1", "md5")}
    begins = {kind: each[:DIGEST_BYTES] for kind, each in hashes.items()}
    texts = {f"hex of {kind}{what}": each.hex().encode() for kind, each in begins.items()}
    return texts | {f"digest {kind}{what}": each for kind, each in begins.items()}


def _chunks(path: Path, size: int = 1 << 24) -> Iterator[bytes]:
    """Return a file's bytes, in overlapping pieces; nothing where it is gone meanwhile."""
    try:
        with path.open("rb") as file:
            kept = b""
            while piece := file.read(size):
                yield kept + piece
                kept = piece[-OVERLAP:]
    except OSError:
        return
