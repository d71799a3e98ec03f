"""What an editor's Ed25519 key signs at the desk, and how her tool knows its own signature again.

Statements are RFC 8785 bytes: an entry's own, or a small object for a removal or a subscriber. No two kinds share
their fields, so none can stand for another.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from attrs import evolve
from securesystemslib.signer import CryptoSigner

from blocklist import canonical
from blocklist.entries import Entry
from blocklist.publish.keys.keyfiles import EditorKeys
from blocklist.publish.master.statements import Statement
from blocklist.publish.records import Subscriber

LEAVING: Final = "leave "  # before the id of a subscriber and the epoch, in the item of an editor's word


def sign_entries(entries: Iterable[Entry], keys: EditorKeys) -> Iterator[tuple[str, bytes]]:
    """The editor's approval of each entry, as (id, 64-byte signature over the entry's RFC 8785 bytes)."""
    for entry in entries:
        yield entry.id, _signature(keys.signing, entry.to_bytes())


def draft_statement(entry: Entry, list_id: str) -> bytes:
    """What whoever adds an entry signs: not that she approves it, but that the words are hers."""
    return b'{"draft":%b,"list_id":"%b"}' % (entry.to_bytes(), list_id.encode())


def sign_draft(entry: Entry, list_id: str, keys: EditorKeys) -> bytes:
    """The editor's word that she added this entry as it stands."""
    return _signature(keys.signing, draft_statement(entry, list_id))


def sign_statement(statement: Statement, list_id: str, keys: EditorKeys) -> Statement:
    """The statement with the editor's signature."""
    return evolve(statement, signature=_signature(keys.signing, statement.body(list_id)))


def sign_subscriber(subscriber: Subscriber, list_id: str, keys: EditorKeys) -> tuple[str, bytes]:
    """The editor's word that this ISP may read the list."""
    return subscriber.id, _signature(keys.signing, subscriber_statement(subscriber, list_id))


def subscriber_statement(subscriber: Subscriber, list_id: str) -> bytes:
    """What is signed of an ISP."""
    return canonical.dumps({"list_id": list_id, "subscriber": subscriber.id, "label": subscriber.label})


def sign_leaving(subscriber: str, epoch: int, list_id: str, keys: EditorKeys) -> tuple[str, bytes]:
    """The editor's word, in this epoch, that an ISP may read no later one, as (item, signature)."""
    return leaving_item(subscriber, epoch), _signature(keys.signing, leaving_statement(subscriber, epoch, list_id))


def leaving_item(subscriber: str, epoch: int) -> str:
    """What that word is kept under."""
    return f"{LEAVING}{subscriber} {epoch}"


def read_leaving(item: str) -> tuple[str, int]:
    """(subscriber, epoch) of such an item."""
    subscriber, epoch = item.removeprefix(LEAVING).split(" ")
    return subscriber, int(epoch)


def leaving_statement(subscriber: str, epoch: int, list_id: str) -> bytes:
    """What is signed of an ISP that is let go."""
    return canonical.dumps({"list_id": list_id, "remove_subscriber": subscriber, "epoch": epoch})


def sign_seen(digest: str, list_id: str, keys: EditorKeys) -> bytes:
    """The editor's word that her tool showed her the desk in the state `digest`."""
    return _signature(keys.signing, canonical.dumps({"list_id": list_id, "seen": digest}))


def sign_holders(digest: str, list_id: str, signer: CryptoSigner) -> bytes:
    """The editor's word that the key holders of a `desk.json` with this SHA-256 are the right ones."""
    return _signature(signer, canonical.dumps({"list_id": list_id, "holders": digest}))


def removal_statement(entry_id: str, list_id: str) -> bytes:
    """What was signed of a removal before removals were statements with a code and a date."""
    return canonical.dumps({"list_id": list_id, "remove": entry_id})


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
