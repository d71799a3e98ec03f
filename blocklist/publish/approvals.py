"""What an editor's Ed25519 key signs at the desk, and how her tool knows its own signature again.

Statements are RFC 8785 bytes: an entry's own, or a small object for a removal or a subscriber. No two kinds share
their fields, so none can stand for another.
"""

from collections.abc import Iterable, Iterator, Mapping

from securesystemslib.signer import CryptoSigner

from blocklist import canonical
from blocklist.entries import Entry
from blocklist.publish.keyfiles import EditorKeys
from blocklist.publish.records import Subscriber


def sign_entries(entries: Iterable[Entry], keys: EditorKeys) -> Iterator[tuple[str, bytes]]:
    """The editor's approval of each entry, as (id, 64-byte signature over the entry's RFC 8785 bytes)."""
    for entry in entries:
        yield entry.id, _signature(keys.signing, entry.to_bytes())


def sign_subscriber(subscriber: Subscriber, list_id: str, keys: EditorKeys) -> tuple[str, bytes]:
    """The editor's word that this ISP may read the list."""
    statement = {"list_id": list_id, "subscriber": subscriber.id, "label": subscriber.label}
    return subscriber.id, _signature(keys.signing, canonical.dumps(statement))


def sign_removal(entry_id: str, list_id: str, keys: EditorKeys) -> bytes:
    """The editor's word that this entry comes off."""
    return _signature(keys.signing, canonical.dumps({"list_id": list_id, "remove": entry_id}))


def approved_entries(entries: Iterable[Entry], mine: Mapping[str, bytes], keys: EditorKeys) -> Iterator[Entry]:
    """Those entries this editor approved exactly as they stand; `mine` are the signatures stored under her name.

    Ed25519 is deterministic (RFC 8032): signing again and comparing proves what verifying does, three times as fast.
    """
    for entry in entries:
        stored = mine.get(entry.id)
        if stored is not None and stored == _signature(keys.signing, entry.to_bytes()):
            yield entry


def approved_subscribers(
    subscribers: Iterable[Subscriber], list_id: str, mine: Mapping[str, bytes], keys: EditorKeys
) -> Iterator[Subscriber]:
    """Those subscribers this editor approved."""
    for subscriber in subscribers:
        if mine.get(subscriber.id) == sign_subscriber(subscriber, list_id, keys)[1]:
            yield subscriber


def _signature(signer: CryptoSigner, statement: bytes) -> bytes:
    return bytes.fromhex(signer.sign(statement).signature)
