"""The folder of the machine with the online keys: which of its keys root names now.

A new key lies beside the old one (`timestamp.pem`, `timestamp-2.pem`) until a new root names it; the signer then goes
on with the new one, without a restart and without a moment in which no key counts.
"""

from pathlib import Path

from attrs import field, frozen
from securesystemslib.signer import Signer
from tuf.api.metadata import Root

from blocklist.errors import OperatorFault
from blocklist.publish.admission import parse
from blocklist.publish.keyfiles import load_signing_key
from blocklist.publish.outlet import ONLINE_ROLES, OnlineKeys


@frozen
class OnlineFolder:
    """A folder of online keys and what opens them."""

    folder: Path
    passphrase: bytes = field(repr=False)

    def keys_for(self, root: bytes) -> OnlineKeys:
        """The keys `root` names; raises `OperatorFault` when one of them is not here."""
        signed = parse(root, Root).signed
        return OnlineKeys(*(self._signer(role, signed) for role in ONLINE_ROLES))

    def _signer(self, role: str, root: Root) -> Signer:
        unopened = 0
        for path in sorted(self.folder.glob(f"{role}*.pem")):
            try:
                signer = load_signing_key(path, self.passphrase)
            except OperatorFault:
                unopened += 1
                continue
            if signer.public_key.keyid in root.roles[role].keyids:
                return signer
        hint = f"; {unopened} key files there do not open with this passphrase" if unopened else ""
        raise OperatorFault(
            "online_key", f"{self.folder} holds no {role} key that root version {root.version} names{hint}"
        )
