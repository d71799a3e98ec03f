"""Which of the servers behind one address this is: for those who look for faults, and only where the operator wants it.

The names are those of RFC 4892 (`id.server.`) and of BIND (`hostname.bind.`), TXT in class CH. The version of the
software is nobody's business: `version.bind.` and `version.server.` are refused like every other name of that class.
"""

from blocklist.names import to_wire
from resolver.core import codes
from resolver.core.answer import Answer, record

_NAMES = frozenset({to_wire("id.server"), to_wire("hostname.bind")})


def identity_answer(name: bytes, nsid: str) -> Answer | None:
    """Return the answer to a TXT question of class CH, None where it is to be refused."""
    if not nsid or name not in _NAMES:
        return None
    text = nsid.encode()
    txt = record(codes.TXT, 0, bytes([len(text)]) + text, rclass=codes.CH)
    return Answer(codes.QR | codes.RA, counts=(1, 0, 0), sections=txt)
