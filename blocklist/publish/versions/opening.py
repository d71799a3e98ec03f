"""Telling the owner of a name what the list said about it, and nobody anything about another entry.

The owner first shows control of the name: a word only this desk can make, put where only the owner can put it. Then an
*opening* proves from the public record that the entry was in a version, with its own salt and hashes of the rest.
"""

import base64
import hmac
from collections.abc import Iterable, Sequence
from typing import Final

from blocklist import public_log
from blocklist.entries import Entry
from blocklist.errors import OperatorFault
from blocklist.public_log import LogLine, Opening
from blocklist.publish.faults import Refusal
from blocklist.publish.records import shown
from blocklist.tokens import encode_fields

CONTROL: Final = "mamori-control="  # before the word
DNS_LABEL: Final = "_mamori-control"  # below the name, type TXT
WELL_KNOWN: Final = "/.well-known/mamori-control"  # on the name's own Web server
_WORD_BYTES: Final = 20  # 32 characters of base32


def control_word(key: bytes, list_id: str, ticket: str, entry_id: str) -> str:
    """What the owner publishes to show control of the name, for this ticket and this entry only."""
    about = encode_fields(b"mamori/1 control", list_id.encode(), ticket.encode(), entry_id.encode())
    return CONTROL + base64.b32encode(hmac.digest(key, about, "sha256")[:_WORD_BYTES]).decode().lower()


def check_control(expected: str, seen: str) -> None:
    """Refuse anything but the word that was asked for, quotes and spaces around it aside."""
    if not hmac.compare_digest(expected.encode(), seen.strip().strip('"').lower().encode()):
        raise Refusal("control", "this is not the word that was asked for with this ticket: nothing was opened")


def open_entry(entry_id: str, entries: Iterable[Entry], key: bytes, *, lines: Sequence[bytes], version: int) -> Opening:
    """The opening of one entry of a published version; `entries` are that version's."""
    place = next((at for at, line in enumerate(lines) if LogLine.from_bytes(line).version == version), None)
    if place is None:
        raise OperatorFault("not_recorded", f"version {version} has no line in the public record")
    opening = public_log.open_entry(entry_id, entries, key, lines=lines, place=place)
    if opening is None:
        raise OperatorFault("entry_unknown", f"{shown(entry_id)}: no entry of version {version}")
    return opening
