"""What a thief can do with one person's keys and the whole desk folder in her hands: nothing that lasts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from securesystemslib.signer import CryptoSigner

from blocklist.publish import ceremony, takeover
from blocklist.publish.faults import Refusal
from blocklist.publish.minutes import Minutes, Witness
from tests.blocklist.publish.support import NOW, Office
from tests.blocklist.publish.test_rotation import change


def planned(office: Office, folder: Path) -> ceremony.Ceremony:
    """Carol's duty key is replaced: two editors must sign the minutes."""
    return ceremony.plan(
        folder / "c", office.folder / "desk", "lost", [change(folder / "new", "carol", "duty", "eve")], NOW
    )


def rewritten(made: ceremony.Ceremony, *witnesses: Witness) -> ceremony.Ceremony:
    """Minutes written by hand."""
    (made.folder / "minutes.json").write_bytes(evolve(made.minutes, witnesses=witnesses).to_bytes())
    return ceremony.Ceremony.open(made.folder)


def test_one_editor_is_one_witness_however_often_she_signs(office: Office, tmp_path: Path) -> None:
    """Her signature copied, and made again a second later, is no second editor's: no duty key is replaced so."""
    made = planned(office, tmp_path)

    def witness(signer: CryptoSigner, seconds: int) -> Witness:
        return Minutes(made.minutes.facts).signed("alice", signer, NOW + timedelta(seconds=seconds)).witnesses[0]

    first, later = witness(office.alice.signing, 0), witness(office.alice.signing, 1)
    for minutes in ((first, first), (first, later)):
        crafted = rewritten(made, *minutes)
        assert crafted.missing() == (1, 0)
        with pytest.raises(Refusal, match="needs 1 more"):
            takeover.take_up(office.folder / "desk", crafted, office.alice, NOW)


def test_minutes_in_the_binder_name_nobody_who_did_not_sign(office: Office, tmp_path: Path) -> None:
    """A witness made up in the ceremony's folder is not kept."""
    made = planned(office, tmp_path)
    made = made.sign("alice", office.alice.signing, NOW).sign("bob", office.bob.signing, NOW)
    made_up = Witness("carol", office.carol.signing.public_key.keyid, "2026-11-22T03:00:00Z", "00" * 64)
    taken = takeover.take_up(office.folder / "desk", rewritten(made, *made.minutes.witnesses, made_up), office.bob, NOW)
    kept = Minutes.from_bytes(taken.minutes.read_bytes()).witnesses
    assert [one.holder for one in kept] == ["alice", "bob"]
