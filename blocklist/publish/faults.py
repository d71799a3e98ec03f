"""A check that said no: the one kind of fault that is nobody's mistake of use (exit code 1, not 2)."""

from blocklist.errors import BlocklistError


class Refusal(BlocklistError):
    """A guard or a signing check refused; nothing was signed or published. `code` is a fixed word."""
