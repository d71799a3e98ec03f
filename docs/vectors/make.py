"""Writes the test vectors of the list format beside itself: ``python docs/vectors/make.py``.

Everything is fixed but the HPKE wrapping, which is random by nature: the wrapped secret already published is kept as
long as it opens. The test suite refuses files that differ from what this script would write.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from blocklist import delta as deltas
from blocklist import keyring, merkle, public_log
from blocklist.attributes import Attributes, expiry_instant
from blocklist.compiling import ListImage, compile_index
from blocklist.criteria import DEMO
from blocklist.entries import checked
from blocklist.errors import BlocklistError, EntryFault
from blocklist.index import Index, Match
from blocklist.manifest import Bulk, DeltaRef, FileRef, LogHead, Manifest, RekeyOf, delta_path, full_path
from blocklist.matchfile import build, set_digest
from blocklist.names import canonical_name, is_ip_literal, suffixes, to_wire
from blocklist.stream import FileContext, Kind, seal
from blocklist.tokens import domain_token, host_token, token_key
from blocklist.urls import canonical_url
from blocklist.withdrawal import WITHDRAW_PATH, Withdrawal

FOLDER = Path(__file__).parent
SECRET = bytes(range(32))
SALT = bytes(range(32, 64))
LOG_KEY = bytes(range(64, 96))
LIST_ID, EPOCH, PURPOSE = "demo", 3, "csam"
KEY = token_key(SECRET, LIST_ID, EPOCH)
BASE = date(2026, 10, 1)
NOW = datetime(2026, 10, 10, tzinfo=UTC)


def names() -> dict[str, Any]:
    """Spellings of names, refused ones, wire forms and addresses."""
    good = ["BLK.Example.", "_dmarc.blk.example", "faß.example", "BÜCHER.example", "例え。テスト", "ｂｌｋ．example",
            "xn--bcher-kva.example", "trailing-.example", "1.2.3.4.example"]  # fmt: skip
    bad = ["", ".", "blk..example", "-blk.example", "a" * 64 + ".example", ".".join(["a" * 63] * 4), "*.blk.example",
           "blk example", "☃.example", "192.0.2.1", "0300.0.2.1", "0xC0000201", "192.513", "[2001:db8::1]"]  # fmt: skip
    addresses = ["127.0.0.1", "0x7f.1", "017700000001", "127.1", "[::1]", "2001:db8::1", "1.example", "blk.example"]
    wire = to_wire("a.blk.example")
    return {
        "canonical": [{"text": text, "name": canonical_name(text), "wire": _wire(text)} for text in good],
        "refused": [{"text": text, "reason": reason(canonical_name, text)} for text in bad],
        "ip_literal": [{"text": text, "is": is_ip_literal(text)} for text in addresses],
        "suffixes": {"wire": wire.hex(), "each": [part.hex() for part in suffixes(wire)]},
    }


def urls() -> dict[str, Any]:
    """Spellings of URLs and refused ones."""
    good = ["HTTP://Blk.Example:80/a/./b/../c#x", "https://blk.example:80/", "http://blk.example/%7euser/%c3%a9%2f",
            "http://blk.example/%257e", "http://blk.example/?q=%7e&Q=%2f", "http://blk.example/a?",
            "http://bücher.example/", "http://0x7f.1/", "http://[2001:DB8:0::1]/", "blk.example", "blk.example:80/a",
            "blk.example:443/a"]  # fmt: skip
    bad = ["ftp://blk.example/", "http://", "http://blk.example:99999/", "http://user@blk.example/",
           "http://blk..example/", "http://blk.example/" + "a" * 2048, "http://blk.example/%%37e"]  # fmt: skip
    return {
        "canonical": [{"text": text} | _url(text) for text in good],
        "refused": [{"text": text, "reason": reason(canonical_url, text)} for text in bad],
    }


def tokens() -> dict[str, Any]:
    """Token key and tokens."""
    wires = [to_wire(name) for name in ("blk.example", "a.blk.example", "xn--bcher-kva.example")]
    return {
        "secret": SECRET.hex(),
        "list_id": LIST_ID,
        "epoch": EPOCH,
        "token_key": KEY.hex(),
        "tokens": [
            {"wire": wire.hex(), "host": host_token(KEY, wire).hex(), "domain": domain_token(KEY, wire).hex()}
            for wire in wires
        ],
    }


def attributes() -> dict[str, Any]:
    """The two attribute bytes, their end of validity after base_date, and refused words."""
    all_of_them = [
        Attributes(1, 0),
        Attributes(511, 7, True, True),
        Attributes(30, 2, True),
        Attributes(90, 1, test=True),
    ]
    return {
        "base_date": BASE.isoformat(),
        "packed": [
            {
                "expiry_days": each.expiry_days,
                "basis": each.basis,
                "all_types": each.all_types,
                "test": each.test,
                "word": f"{each.pack():04x}",
                "ends_at": expiry_instant(BASE, each.expiry_days),
            }
            for each in all_of_them
        ],
        "refused": ["0000", "0070", "0081", "0082"],
    }


def matchfile() -> dict[str, Any]:
    """A plain full file out of unsorted records with a shared token, and refused files."""
    first, second = bytes(15) + b"\1", b"\xff" * 16
    items = [(second, Attributes(9, 2)), (first, Attributes(9, 2, True, True)), (first, Attributes(30, 1))]
    records = build(items)
    return {
        "items": [{"token": token.hex(), "word": f"{each.pack():04x}"} for token, each in items],
        "records": records.hex(),
        "set_sha256": set_digest(records),
        "refused": ["", records[:-1].hex(), (records[18:] + records[:18]).hex(), (records[:18] * 2).hex()],
    }


def delta() -> dict[str, Any]:
    """Two sets of records, the plain delta from the first to the second, and deltas that do not fit the first."""
    kept, gone, renewed, fresh = (bytes([number]) * 16 for number in (0x10, 0x20, 0x30, 0x25))
    old = build([(kept, Attributes(9, 0)), (gone, Attributes(9, 0)), (renewed, Attributes(9, 0))])
    new = build([(kept, Attributes(9, 0)), (fresh, Attributes(30, 1)), (renewed, Attributes(40, 0))])
    made = deltas.make(old, new)
    assert made is not None
    none, one = bytes(4), (1).to_bytes(4, "big")
    refused = [made[:-1], one + none + fresh[:8], one + one + gone[:8] + gone + b"\1\0", none + one + fresh + b"\0\1"]
    return {"old": old.hex(), "new": new.hex(), "delta": made.hex(), "refused": [each.hex() for each in refused]}


def withdrawal() -> dict[str, Any]:
    """A plain withdrawal, the same one sealed, and refused ones."""
    tokens = (bytes([0x10]) * 16, bytes([0x20]) * 16)
    plain = Withdrawal(EPOCH, 1_791_590_400, tokens).to_bytes()
    context = FileContext(SECRET, LIST_ID, PURPOSE, EPOCH, WITHDRAW_PATH)
    return {
        "epoch": EPOCH,
        "serial": 1_791_590_400,
        "tokens": [token.hex() for token in tokens],
        "plain": plain.hex(),
        "salt": SALT.hex(),
        "sealed": seal(plain, Kind.WITHDRAW, context, SALT).hex(),
        "refused": ["", plain[:-1].hex(), (plain[:20] + plain[36:] + plain[20:36]).hex()],
    }


def log() -> dict[str, Any]:
    """A public log of three versions, its size and root after each, salts and commitments, and an opened entry."""
    listed = [checked(json.loads(each["line"]), DEMO) for each in entries()["entries"][:5]]
    lines: list[bytes] = []
    heads = []
    frontier = merkle.Frontier()
    for version, (length, adds, removals) in enumerate(((2, 2, 0), (5, 2, 0), (4, 0, 1)), 1):
        over = public_log.commitment(listed[:length], LOG_KEY, list_id=LIST_ID, version=version)
        count = len({entry.token(KEY) for entry in listed[:length]} - {None})  # one of them DNS cannot enforce
        line = public_log.LogLine(list_id=LIST_ID, version=version, signed_at=NOW, count=count, adds=adds,
                                  removals=removals, commitment=over)  # fmt: skip
        lines.append(line.to_bytes())
        frontier = frontier.append(merkle.leaf_hash(lines[-1]))
        heads.append({"size": frontier.size, "root": frontier.root().hex()})
    opening = public_log.open_entry(listed[2].id, listed, LOG_KEY, lines=lines, place=1)
    assert opening is not None
    return {
        "log_key": LOG_KEY.hex(),
        "entries": [entry.to_bytes().decode() for entry in listed],
        "salts_of_version_2": [public_log.salt(LOG_KEY, LIST_ID, 2, entry.id).hex() for entry in listed],
        "lines": [line.decode() for line in lines],
        "heads": heads,
        "frontier": frontier.to_json(),
        "opening": opening.to_bytes().decode(),
    }


def stream() -> dict[str, Any]:
    """Encrypted files. ``plain`` is that many bytes, each 0x61; long files are given by their SHA-256."""
    path = full_path(EPOCH, 7)
    context = FileContext(SECRET, LIST_ID, PURPOSE, EPOCH, path)
    files = []
    for length in (0, 1, 65_536, 65_537):
        sealed = seal(b"a" * length, Kind.FULL, context, SALT)
        digest = hashlib.sha256(sealed).hexdigest()
        case: dict[str, Any] = {"plain": length, "bytes": len(sealed), "sha256": digest}
        files.append(case | ({"sealed": sealed.hex()} if length < 100 else {}))
    context_of = {"secret": SECRET.hex(), "list_id": LIST_ID, "purpose": PURPOSE, "epoch": EPOCH, "path": path}
    return {"context": context_of, "type": "F", "salt": SALT.hex(), "files": files}


def wrap() -> dict[str, Any]:
    """A wrapped epoch secret and the keyring that carries it."""
    private = bytes(range(96))
    public = keyring.public_bytes(private)
    subscriber = keyring.subscriber_id(public)
    wrapped = _published_wrap(private) or keyring.wrap(SECRET, public, list_id=LIST_ID, epoch=EPOCH)
    ring = keyring.Keyring(LIST_ID, (keyring.WrappedKey(EPOCH, keyring.MATCH_PROFILE, subscriber, wrapped),))
    return {
        "private": private.hex(),
        "public": public.hex(),
        "subscriber": subscriber,
        "list_id": LIST_ID,
        "epoch": EPOCH,
        "profile": keyring.MATCH_PROFILE,
        "secret": SECRET.hex(),
        "wrapped": wrapped.hex(),
        "keys_current": ring.to_bytes().decode(),
    }


def manifest() -> dict[str, Any]:
    """Two index.json: without the optional fields, and with all of them."""
    common: dict[str, Any] = {
        "list_id": LIST_ID,
        "purpose": PURPOSE,
        "version": 7,
        "signed_at": NOW,
        "epoch": EPOCH,
        "base_date": BASE,
        "count": 2,
        "set_sha256": "ab" * 32,
        "full": FileRef(full_path(EPOCH, 7), 92),
        "basis": DEMO.basis,
        "criteria_set": DEMO.id,
    }
    old = RekeyOf(2, 6, "cd" * 32, 2, FileRef(full_path(2, 6), 92), (DeltaRef(5, 6, delta_path(2, 6), 82),))
    whole = Manifest(
        **common,
        rekey_of=old,
        deltas=(DeltaRef(6, 7, delta_path(EPOCH, 7), 82),),
        selftest=("selftest.example",),
        withdrawals_seen=4,
        log=LogHead(7, "ef" * 32),
        bulk=Bulk(8, 1000, 10),
        min_wait=3600,
    )
    return {"documents": [Manifest(**common).to_bytes().decode(), whole.to_bytes().decode()]}


def entries() -> dict[str, Any]:
    """Entry lines in their one RFC 8785 form, the criteria set they obey, and their tokens."""
    common = {
        "criterion": "dns_cumulative",
        "basis": "law",
        "last_resort": "hosted_abroad",
        "decided_on": "2026-10-01",
        "verified": "2026-10-02",
        "review_by": "2026-10-20",
        "not_after": "2026-10-31",
    }
    url: dict[str, Any] = {"type": "url", "name": "url.example", "path": "/a", "path_match": "prefix", "query": "q=1"}
    kinds: list[dict[str, Any]] = [
        {"type": "host", "name": "exact.example"},
        {"type": "domain", "name": "blk.example", "all_types": True},
        {"type": "host", "name": "selftest.example", "criterion": "self_test", "test": True},
        url,
        url | {"scheme": "https", "port": 8443, "dns_ok": True},
        {"type": "ip", "name": "192.0.2.1"},
    ]
    lines = []
    for number, kind in enumerate(kinds):
        entry = checked(common | {"id": f"01ARZ3NDEKTSV4RRFFQ69G5FA{number}"} | kind, DEMO)
        token = entry.token(KEY)
        word = entry.attributes(BASE, DEMO).pack()
        lines.append({"line": entry.to_bytes().decode(), "token": token and token.hex(), "word": f"{word:04x}"})
    return {"criteria_set": DEMO.to_bytes().decode(), "entries": lines}


def lookup() -> dict[str, Any]:
    """Verdicts: most specific wins, at equal depth the exemption, expired records never match."""
    rules = [("domain", "blk.example", 30), ("host", "exact.example", 30), ("domain", "deep.ex.blk.example", 30),
             ("host", "both.example", 30), ("host", "old.blk.example", 8), ("host", "old.example", 8),
             ("host", "last-day.example", 9)]  # fmt: skip
    exempt = [("domain", "ex.blk.example"), ("host", "both.example"), ("host", "one.blk.example")]
    asked = ["blk.example", "www.blk.example", "notblk.example", "example", "exact.example", "child.exact.example",
             "ex.blk.example", "x.ex.blk.example", "deep.ex.blk.example", "both.example", "one.blk.example",
             "x.one.blk.example", "old.blk.example", "old.example", "last-day.example"]  # fmt: skip
    records = build((_token(kind, name), Attributes(days, 0)) for kind, name, days in rules)
    exempt_tokens = frozenset(_token(kind, name) for kind, name in exempt)
    packed = compile_index([ListImage(LIST_ID, KEY, BASE, records, exempt_tokens)], clock_offset=NOW.timestamp())
    index = Index(packed)
    return {
        "base_date": BASE.isoformat(),
        "now": int(NOW.timestamp()),
        "listed": [{"type": kind, "name": name, "expiry_days": days} for kind, name, days in rules],
        "exempt": [{"type": kind, "name": name} for kind, name in exempt],
        "verdicts": [{"name": name, "verdict": _verdict(index.match(to_wire(name), 0.0))} for name in asked],
    }


DOCUMENTS: tuple[Callable[[], dict[str, Any]], ...] = (
    names, urls, tokens, attributes, matchfile, delta, withdrawal, stream, wrap, manifest, entries, log, lookup,
)  # fmt: skip


def documents() -> Iterator[tuple[Path, str]]:
    """Yield each file and its text."""
    for make in DOCUMENTS:
        content = {"about": (make.__doc__ or "").strip()} | make()
        yield FOLDER / f"{make.__name__}.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def reason(read: Callable[[str], object], text: str) -> str:
    """Return why a text is refused."""
    try:
        read(text)
    except EntryFault as fault:
        return fault.reason
    raise AssertionError("a vector that must be refused was read")


def _wire(text: str) -> str:
    return to_wire(canonical_name(text)).hex()


def _url(text: str) -> dict[str, Any]:
    url = canonical_url(text)
    return {"scheme": url.scheme, "host": url.host, "port": url.port, "path": url.path, "query": url.query}


def _token(kind: str, name: str) -> bytes:
    return (host_token if kind == "host" else domain_token)(KEY, to_wire(name))


def _verdict(match: Match | None) -> str:
    return "not listed" if match is None else "exempt" if match.exempt else "listed"


def _published_wrap(private: bytes) -> bytes | None:
    try:
        wrapped = bytes.fromhex(json.loads((FOLDER / "wrap.json").read_text())["wrapped"])
        keyring.unwrap(wrapped, private, list_id=LIST_ID, epoch=EPOCH)
    except (OSError, ValueError, KeyError, BlocklistError):
        return None  # none yet, or none that still opens: a new one is made
    return wrapped


def write(files: Iterable[tuple[Path, str]]) -> None:
    """Write the files."""
    for path, text in files:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(documents())
