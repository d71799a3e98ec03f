"""Faults say whose they are."""

from blocklist.errors import BlocklistError, EntryFault, IndexFault, OperatorFault, PublisherFault, TransferFault


def test_an_entry_fault_says_line_and_reason() -> None:
    """The line number is in the text once it is known, and the reason stays a fixed word."""
    fault = EntryFault("empty_label").at(7)
    assert (str(fault), fault.reason, fault.line, fault.code) == ("line 7: empty label", "empty_label", 7, "entry")
    assert isinstance(fault, PublisherFault)


def test_every_fault_has_a_code_for_counters() -> None:
    """A metric label can be taken from any fault."""
    faults = [PublisherFault("a", "x"), TransferFault("b", "x"), OperatorFault("c", "x"), IndexFault("d")]
    assert [fault.code for fault in faults] == ["a", "b", "c", "d"]
    assert all(isinstance(fault, BlocklistError) for fault in faults)
