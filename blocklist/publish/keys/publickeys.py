"""What a new key holder hands over for a ceremony: the public halves of her keys, in one file anybody may read.

She makes the keys on her own machine, and tells the fingerprint of the file by another way than the file.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from attrs import frozen
from securesystemslib.signer import SSlibKey

from blocklist import canonical
from blocklist.errors import OperatorFault
from blocklist.keyring import generate_private, public_bytes
from blocklist.publish.files import make_folder
from blocklist.publish.keys.keyfiles import check_holder_name, load_reading_key, new_reading_key, new_signing_key

FORMAT: Final = 1
ROOT: Final = "root"
EDITOR: Final = "editor"
DUTY: Final = "duty"
ONLINE_KINDS: Final = ("snapshot", "timestamp")
KINDS: Final = (ROOT, EDITOR, DUTY, *ONLINE_KINDS)
FINGERPRINT_CHARS: Final = 32  # 128 bits, read out in groups of four


@frozen
class PublicKeys:
    """One holder's public keys; `reading` (1,216 bytes) and `keyring` only where her kind has them."""

    kind: str
    name: str
    signing: SSlibKey
    keyring: SSlibKey | None = None
    reading: bytes = b""
    duty: SSlibKey | None = None  # of an editor who is a duty officer, too

    @property
    def keyids(self) -> tuple[str, ...]:
        """Ids of all that can sign."""
        return tuple(key.keyid for key in (self.signing, self.keyring, self.duty) if key is not None)

    @property
    def fingerprint(self) -> str:
        """What is compared by telephone."""
        digest = sha256(self.to_bytes()).hexdigest()[:FINGERPRINT_CHARS]
        return " ".join(digest[start : start + 4] for start in range(0, FINGERPRINT_CHARS, 4))

    def to_plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "name": self.name,
            "signing": _to_plain(self.signing),
            "keyring": _to_plain(self.keyring),
            "reading": self.reading.hex(),
            "duty": _to_plain(self.duty),
        }

    def to_bytes(self) -> bytes:
        """The file: RFC 8785 JSON."""
        return canonical.dumps(self.to_plain())

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Read it back. Raises `OperatorFault` for what is no such thing."""
        try:
            made = cls(
                kind=plain["kind"],
                name=check_holder_name(plain["name"]),
                signing=key_from_plain(plain["signing"]),
                keyring=None if plain["keyring"] is None else key_from_plain(plain["keyring"]),
                reading=bytes.fromhex(plain["reading"]),
                duty=None if plain["duty"] is None else key_from_plain(plain["duty"]),
            )
        except (KeyError, ValueError, TypeError, AttributeError):
            made = None
        if made is None or plain.get("format") != FORMAT or made.kind not in KINDS or not made._is_whole():
            raise OperatorFault("public_keys", "this is no public key file: its holder makes it with `mamori-list key`")
        return made

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a file back."""
        return cls.from_plain(canonical.loads(data, "public_keys"))

    def _is_whole(self) -> bool:
        return (self.kind == EDITOR) == (self.keyring is not None) and (self.kind in (EDITOR, DUTY)) == bool(
            self.reading
        )


def make_keys(folder: Path, kind: str, name: str, passphrase: bytes, *, with_duty: bool = False) -> PublicKeys:
    """Make a holder's key files in `folder` and return what she hands over; no file is ever overwritten."""
    check_key_name(kind, name)
    make_folder(folder)
    if kind not in (EDITOR, DUTY):
        return PublicKeys(kind, name, new_signing_key(folder / f"{name}.pem", passphrase).public_key)
    suffix = "sign" if kind == EDITOR else "duty"
    signing = new_signing_key(folder / f"{name}.{suffix}.pem", passphrase).public_key
    keyring = new_signing_key(folder / f"{name}.keyring.pem", passphrase).public_key if kind == EDITOR else None
    both = kind == EDITOR and with_duty
    duty = new_signing_key(folder / f"{name}.duty.pem", passphrase).public_key if both else None
    return PublicKeys(kind, name, signing, keyring, _reading(folder / f"{name}.read.pem", passphrase, kind), duty)


def _reading(path: Path, passphrase: bytes, kind: str) -> bytes:
    """A new reading key; a duty officer who is an editor goes on with the one she has."""
    if kind == DUTY and path.exists():
        return public_bytes(load_reading_key(path, passphrase))
    private = generate_private()
    new_reading_key(path, private, passphrase)
    return public_bytes(private)


def check_key_name(kind: str, name: str) -> str:
    """Refuse a name that cannot be a file's, or one by which the online signer would not find the key."""
    if kind in ONLINE_KINDS and not name.startswith(kind):
        raise OperatorFault("holder_name", f"a {kind} key's name begins with {kind!r}, as {kind}-2")
    return check_holder_name(name)


def key_from_plain(plain: Mapping[str, Any]) -> SSlibKey:
    """A public key from JSON; `ValueError`, `KeyError` or `TypeError` when it is none."""
    fields = dict(plain)
    return SSlibKey.from_dict(fields.pop("keyid"), fields)


def _to_plain(key: SSlibKey | None) -> dict[str, Any] | None:
    return None if key is None else {"keyid": key.keyid, **key.to_dict()}
