"""What can go wrong with a list, named by whose fault it is.

No message carries a listed name, a query name or a client address: a message says what is wrong, where (line, field,
file) and, for operators, what to do. ``code`` is a fixed word, safe as a metric label.
"""


class BlocklistError(Exception):
    """Base of everything this package raises on purpose; ``code`` is a fixed word, the message holds no name."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PublisherFault(BlocklistError):
    """The list body made something that breaks the format; nothing at the ISP can repair it."""


class TransferFault(BlocklistError):
    """A network, a mirror or a disk got in the way; trying again may help."""


class OperatorFault(BlocklistError):
    """Something here is wrong: a setting, a key, a file of this host."""


class IndexFault(BlocklistError):
    """A compiled index is damaged; the one in force stays. ``code`` names the damaged part."""

    def __init__(self, part: str) -> None:
        super().__init__(part, f"the compiled index is damaged: {part}")


class EntryFault(PublisherFault):
    """One entry, name or URL breaks a rule. ``reason`` is a fixed word, ``line`` (from 1) where it stands, if known."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        where = "" if line is None else f"line {line}: "
        super().__init__("entry", where + reason.replace("_", " "))
        self.reason = reason
        self.line = line

    def at(self, line: int) -> "EntryFault":
        """Return the same fault with its line number."""
        return EntryFault(self.reason, line)
