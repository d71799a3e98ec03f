"""The folder of the machine with the online keys: which of its keys root names now.

A new key lies beside the old one (`timestamp.pem`, `timestamp-2.pem`, `timestamp.hsm.json`) until a new root names it;
the signer then goes on with the new one, without a restart and without a moment in which no key counts.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from attrs import define, field
from securesystemslib.signer import Signer
from tuf.api.metadata import Root

from blocklist.errors import OperatorFault
from blocklist.publish.keys.hsm import SUFFIX, TokenKey, TokenSigner
from blocklist.publish.keys.keyfiles import load_signing_key
from blocklist.publish.publication.admission import parse
from blocklist.publish.publication.outlet import ONLINE_ROLES, OnlineKeys

ONLINE: Final = "online"  # whose secret opens the key files
PIN: Final = "pin"  # the token's


@define
class OnlineFolder:
    """A folder of online keys; `secret` gives the passphrase (`online`) or the PIN (`pin`), and is asked once each."""

    folder: Path
    secret: Callable[[str], bytes]
    _secrets: dict[str, bytes] = field(factory=dict, init=False, repr=False)
    _tokens: dict[Path, TokenSigner] = field(factory=dict, init=False)

    def keys_for(self, root: bytes) -> OnlineKeys:
        """The keys `root` names; raises `OperatorFault` when one of them is not here."""
        signed = parse(root, Root).signed
        return OnlineKeys(*(self._signer(role, signed) for role in ONLINE_ROLES))

    def _signer(self, role: str, root: Root) -> Signer:
        unopened: list[Path] = []
        for signer in (*self._in_tokens(role), *self._in_files(role, unopened)):
            if signer.public_key.keyid in root.roles[role].keyids:
                return signer
        hint = f"; {len(unopened)} key files there do not open with this passphrase" if unopened else ""
        raise OperatorFault(
            "online_key", f"{self.folder} holds no {role} key that root version {root.version} names{hint}"
        )

    def _in_tokens(self, role: str) -> Iterator[Signer]:
        for path in sorted(self.folder.glob(f"{role}*{SUFFIX}")):
            if path not in self._tokens:  # kept: it remembers a refused PIN
                self._tokens[path] = TokenKey.load(path).signer(lambda: self._asked(PIN))
            yield self._tokens[path]

    def _in_files(self, role: str, unopened: list[Path]) -> Iterator[Signer]:
        for path in sorted(self.folder.glob(f"{role}*.pem")):
            try:
                yield load_signing_key(path, self._asked(ONLINE))
            except OperatorFault:
                unopened.append(path)

    def _asked(self, holder: str) -> bytes:
        if holder not in self._secrets:
            self._secrets[holder] = self.secret(holder)
        return self._secrets[holder]
