"""What a thief with one editor's keys and the shared desk can do to it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from blocklist.publish.desk import Desk
from tests.support.listbody import entry


def slip(folder: Path, passphrase: bytes, name: str) -> None:
    """Build and sign, as alice, a version with an entry that bob's forged approval lets in."""
    desk = Desk.open(folder)
    try:
        alice = desk.unlock("alice", passphrase)
        slipped = entry(name)
        desk.insert([slipped], alice)
        desk.approve(alice, [slipped.id])
        desk._master.put_approvals("bob", [(slipped.id, bytes(64))])  # nobody but his key can make a real one
        now = datetime.now(UTC)
        desk.build(alice, now)
        desk.sign(alice, now)
    finally:
        desk.close()
