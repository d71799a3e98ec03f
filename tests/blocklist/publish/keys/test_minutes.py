"""The minutes of a ceremony."""

from __future__ import annotations

import pytest
from attrs import evolve

from blocklist.errors import OperatorFault
from blocklist.publish.keys.minutes import Minutes
from tests.blocklist.publish.signers import new_signer
from tests.blocklist.publish.support import NOW

FACTS = {
    "list_id": "demo",
    "root_after": 2,
    "root_expires": None,
    "changes": [{"seat": "bob", "kind": "editor", "holder": "dora", "out": ["aa"], "in": ["bb", "cc"]}],
}


def test_each_witness_signs_facts_name_and_time() -> None:
    """Only a signature by a known key over exactly this proves anything; the same key twice is one witness."""
    one, two, stranger = new_signer(), new_signer(), new_signer()
    minutes = Minutes(FACTS).signed("root-1", one, NOW).signed("root-1", one, NOW).signed("root-2", two, NOW)
    minutes = Minutes.from_bytes(minutes.signed("root-9", stranger, NOW).to_bytes())
    keys = {signer.public_key.keyid: signer.public_key for signer in (one, two)}
    assert [witness.holder for witness in minutes.proven(keys)] == ["root-1", "root-2"]
    first = minutes.witnesses[0]
    for forged in (
        evolve(minutes, facts={**FACTS, "root_after": 3}),
        evolve(minutes, witnesses=(evolve(first, holder="root-3"),)),
        evolve(minutes, witnesses=(evolve(first, signed_at="2026-11-22T03:00:01Z"),)),
        evolve(minutes, witnesses=(evolve(first, signature="00"),)),
    ):
        assert forged.proven(keys) == ()


def test_people_can_read_them() -> None:
    """Lines, the change first; what does not apply is left out."""
    lines = Minutes(FACTS).signed("root-1", new_signer(), NOW).text().splitlines()
    assert lines[:6] == [
        "List id: demo",
        "Changes:",
        "  bob (editor): now dora",
        "    out aa",
        "    in  bb",
        "    in  cc",
    ]
    assert lines[6:8] == ["Root after: 2", "Signed by"]
    assert lines[8].startswith("  root-1 at 2026-11-22T03:00:00Z with key ")
    assert Minutes({"changes": []}).text() == "Changes: none\nSigned by\n"


@pytest.mark.parametrize("data", [b"", b"{}", b'{"facts":[],"format":1,"witnesses":[]}', b'{"facts":{},"format":2}'])
def test_damaged_minutes_are_told(data: bytes) -> None:
    """With where to get good ones."""
    with pytest.raises(OperatorFault, match="another holder's copy"):
        Minutes.from_bytes(data)
