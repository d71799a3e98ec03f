"""The minutes of a ceremony: what was done, by whom, with which keys and when, signed by everybody who took part.

RFC 8785 JSON. Each signature covers the facts, the signer's name and her own time; the facts hold the digest of what
she signed besides. The same in readable lines for the binder.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Self

from attrs import evolve, field, frozen
from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import Key, Signature, Signer

from blocklist import canonical
from blocklist.canonical import format_instant
from blocklist.errors import OperatorFault, PublisherFault

FORMAT: Final = 1
_FIRST: Final = ("list_id", "ceremony", "reason", "changes")  # what a person looks for


@frozen
class Witness:
    """One who took part: her seat, her key, when she signed, and her signature (hex)."""

    holder: str
    keyid: str
    signed_at: str
    signature: str = field(repr=False)

    def said(self, facts: Mapping[str, Any]) -> bytes:
        """What was signed."""
        return statement(facts, self.holder, self.signed_at)


@frozen
class Minutes:
    """The facts of one ceremony and who stands for them."""

    facts: Mapping[str, Any]
    witnesses: tuple[Witness, ...] = ()

    def signed(self, holder: str, signer: Signer, now: datetime) -> Self:
        """The minutes with one more signature; a second one by the same key changes nothing."""
        keyid = signer.public_key.keyid
        if any(one.keyid == keyid for one in self.witnesses):
            return self
        at = format_instant(now.replace(microsecond=0))
        made = signer.sign(statement(self.facts, holder, at)).signature
        return evolve(self, witnesses=(*self.witnesses, Witness(holder, keyid, at, made)))

    def proven(self, keys: Mapping[str, Key]) -> tuple[Witness, ...]:
        """Those whose signature one of `keys` (by id) proves."""
        return tuple(one for one in self.witnesses if one.keyid in keys and _verifies(keys[one.keyid], one, self.facts))

    def to_bytes(self) -> bytes:
        """The file."""
        witnesses = [
            {"holder": one.holder, "keyid": one.keyid, "signed_at": one.signed_at, "signature": one.signature}
            for one in self.witnesses
        ]
        return canonical.dumps({"format": FORMAT, "facts": dict(self.facts), "witnesses": witnesses})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read the file back. Raises `OperatorFault`."""
        try:
            plain = canonical.loads(data, "minutes")
            texts = [[*one.values()] for one in plain["witnesses"]]
            made = cls(plain["facts"], tuple(Witness(**one) for one in plain["witnesses"]))
            whole = isinstance(made.facts, dict) and all(isinstance(text, str) for one in texts for text in one)
            if plain["format"] == FORMAT and whole:
                return made
        except (KeyError, TypeError, AttributeError, PublisherFault):
            pass
        raise OperatorFault("minutes", "these minutes are damaged: take them from another holder's copy")

    def text(self) -> str:
        """For people."""
        return "\n".join((*_lines(self.facts), "Signed by", *map(_witness, self.witnesses), ""))


def statement(facts: Mapping[str, Any], holder: str, signed_at: str) -> bytes:
    """The bytes one witness signs."""
    return canonical.dumps({"minutes": dict(facts), "holder": holder, "signed_at": signed_at})


def _verifies(key: Key, witness: Witness, facts: Mapping[str, Any]) -> bool:
    try:
        key.verify_signature(Signature(witness.keyid, witness.signature), witness.said(facts))
    except (UnverifiedSignatureError, VerificationError):
        return False
    return True


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    for name in (*_FIRST, *sorted(facts.keys() - set(_FIRST))):
        value, label = facts.get(name), name.replace("_", " ").capitalize()
        if isinstance(value, list):
            yield f"{label}: {'' if value else 'none'}".rstrip()
            yield from (line for change in value for line in _change(change))
        elif value is not None:
            yield f"{label}: {value}"


def _change(change: Mapping[str, Any]) -> Iterator[str]:
    yield f"  {change['seat']} ({change['kind']}): now {change['holder']}"
    yield from (f"    out {keyid}" for keyid in change["out"])
    yield from (f"    in  {keyid}" for keyid in change["in"])


def _witness(one: Witness) -> str:
    return f"  {one.holder} at {one.signed_at} with key {one.keyid}"
