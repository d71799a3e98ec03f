"""The minutes of a ceremony."""

from __future__ import annotations

import pytest
from attrs import evolve

from blocklist.errors import OperatorFault
from blocklist.publish.minutes import Minutes
from tests.blocklist.publish.signers import new_signer
from tests.blocklist.publish.support import NOW

FACTS = {
    "list_id": "demo",
    "root_after": 2,
    "root_expires": None,
    "changes": [{"seat": "root-1", "out": ["aa"], "in": ["bb", "cc"]}],
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
    """Lines; what does not apply is left out."""
    text = Minutes(FACTS).signed("root-1", new_signer(), NOW).text()
    assert (
        "List id: demo\nRoot after: 2\nChanges:\n  seat root-1, out aa, in bb cc\nSigned by\n  root-1 at 2026" in text
    )
    assert "expires" not in text


@pytest.mark.parametrize("data", [b"", b"{}", b'{"facts":[],"format":1,"witnesses":[]}', b'{"facts":{},"format":2}'])
def test_damaged_minutes_are_told(data: bytes) -> None:
    """With where to get good ones."""
    with pytest.raises(OperatorFault, match="another holder's copy"):
        Minutes.from_bytes(data)
